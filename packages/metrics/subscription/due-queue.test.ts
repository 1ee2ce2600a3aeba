import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { firstOf, withDue, withoutFirst, type Due, type DueQueue } from './due-queue.ts';

test('what is due comes in order of time, then of what asked for it, however it was added', () => {
  const any = fc.record({ at: fc.nat(20), asked: fc.nat(1_000), subscription: fc.constant('s') });
  fc.assert(
    fc.property(fc.array(fc.option(any), { maxLength: 200 }), (steps) => {
      let queue: DueQueue = [];
      let plain: Due[] = [];
      for (const due of steps) {
        if (due === null) {
          queue = withoutFirst(queue);
          plain = plain.slice(1);
        } else {
          queue = withDue(queue, due);
          plain = [...plain, due].toSorted((a, b) => a.at - b.at || a.asked - b.asked);
        }
        const first = firstOf(queue);
        assert.deepEqual([first?.at, first?.asked], [plain[0]?.at, plain[0]?.asked]);
      }
    }),
  );
});

test('a queue of n has few runs', () => {
  let queue: DueQueue = [];
  for (let index = 0; index < 10_000; index++)
    queue = withDue(queue, { at: (index * 7_919) % 10_007, asked: index, subscription: 's' });
  assert.ok(queue.length < 16, `${queue.length} runs`);
});
