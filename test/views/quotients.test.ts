import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ViewBench, viewBench } from '../support/views.ts';

let bench: ViewBench;
before(async () => {
  bench = await viewBench();
});
after(() => bench.close());

/** What each of some expressions is, as text. */
async function values(asked: readonly string[]): Promise<string[]> {
  const [row = ''] = await bench.read(`SELECT ${asked.map((one) => `toString(${one})`).join(', ')}`);
  return row.split(' ');
}

/** Rows of a dividend, a divisor and their quotient as `half_even_divide` has it. */
async function quotients(
  ...pairs: readonly (readonly [dividend: string, divisor: string])[]
): Promise<string[]> {
  return values(pairs.map(([a, b]) => `half_even_divide(toDecimal256('${a}', 6), ${b})`));
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

test('an amount of few digits or of many is converted alike, rounded half to even', async () => {
  const converted = (amount: string, rate: string): string =>
    `converted(materialize(toDecimal128('${amount}', 6)), materialize(${rate === '' ? "CAST(NULL, 'Nullable(Decimal(38, 18))')" : `toNullable(toDecimal128('${rate}', 18))`}))`;
  const asked = [
    converted('0.000001', '0.5'),
    converted('0.000003', '0.5'),
    converted('-0.000003', '0.5'),
    converted('999999999.999999', '99999.999999999999999999'),
    converted('-1000000000', '1.000000000000000005'),
    converted('31000000000000000000000000.000001', '1.1'),
    converted('1', ''),
    converted('0', ''),
  ];
  assert.deepEqual(await values(asked), [
    '0',
    '0.000002',
    '-0.000002',
    '99999999999999.9',
    '-1000000000',
    '34100000000000000000000000.000001',
    '-',
    '0',
  ]);
});

test('MRR summed over time is money by months of 365/12 days, rounded half to even however near a tie', async () => {
  const inMonths = (sum: string, decimals = 6): string =>
    `in_months(materialize(toDecimal256('${sum}', ${decimals})))`;
  const asked = [
    inMonths('1314'),
    inMonths('3942'),
    inMonths('-3942'),
    inMonths('1314.000001'),
    inMonths('1313.999999'),
    inMonths('1314.000000000001', 24),
    inMonths('3000000000000000000000'),
    inMonths('181334809490740740740740740740740740'),
  ];
  assert.deepEqual(await values(asked), [
    '0',
    '0.000002',
    '-0.000002',
    '0.000001',
    '0',
    '0.000001',
    '1141552511415.525114',
    '69001069060403630418851119.003326',
  ]);
});
