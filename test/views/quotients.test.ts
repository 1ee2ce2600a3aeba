import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ViewBench, viewBench } from '../support/views.ts';

let bench: ViewBench;
before(async () => {
  bench = await viewBench();
});
after(() => bench.close());

/** Rows of a dividend, a divisor and their quotient as `half_even_divide` has it. */
async function quotients(
  ...pairs: readonly (readonly [dividend: string, divisor: string])[]
): Promise<string[]> {
  const asked = pairs.map(([a, b]) => `toString(half_even_divide(toDecimal256('${a}', 6), ${b}))`);
  const [row = ''] = await bench.read(`SELECT ${asked.join(', ')}`);
  return row.split(' ');
}

test('a money quotient is rounded half to even at the 6th decimal (rule 10)', async () => {
  const rounded = await quotients(
    ['0.000001', '2'],
    ['0.000003', '2'],
    ['-0.000003', '2'],
    ['2', '3'],
    ['1', '0'],
  );
  assert.deepEqual(rounded, ['0', '0.000002', '-0.000002', '0.666667', '-']);
});

// MRR of some 3e25 (the greatest amount, quantity and interval allowed) over some weeks of milliseconds once wrapped
// around: the customer's recurring revenue to date was a great negative number.
test('the greatest MRR allowed, summed over years of milliseconds, does not wrap around', async () => {
  const rounded = await quotients(
    ['181334809490740740740740740740740740', '2628000000'],
    [`1${'0'.repeat(40)}`, '2628000000'],
  );
  assert.deepEqual(rounded, ['69001069060403630418851119.003326', '3805175038051750380517503805175.038052']);
});
