import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assignPartitions, type Claim, decodeClaim, encodeClaim } from './assignment.ts';

const claim = (memberId: string, owned: number[] = [], generation = 1): Claim => ({
  memberId,
  owned,
  generation,
});
const plain = (assigned: Map<string, number[]>): object => Object.fromEntries(assigned);

test('a newcomer gets its share and nobody loses more than that', () => {
  assert.deepEqual(plain(assignPartitions([claim('a', [0, 1, 2, 3, 4, 5]), claim('b')], 6)), {
    a: [0, 1, 2],
    b: [3, 4, 5],
  });
  assert.deepEqual(plain(assignPartitions([claim('a', [0, 1, 2]), claim('b', [3, 4, 5]), claim('c')], 6)), {
    a: [0, 1],
    b: [3, 4],
    c: [2, 5],
  });
});

test('those who stay keep theirs when one leaves', () => {
  const assigned = assignPartitions([claim('a', [0, 1]), claim('c', [2, 5])], 6);
  assert.deepEqual(plain(assigned), { a: [0, 1, 3], c: [2, 4, 5] });
});

test('of two that claim a partition the later owner keeps it', () => {
  const assigned = assignPartitions([claim('a', [0, 1], 3), claim('b', [0, 2], 4)], 3);
  assert.deepEqual(plain(assigned), { a: [1], b: [0, 2] });
});

const claims = fc.uniqueArray(
  fc.record({
    memberId: fc.stringMatching(/^[a-z]{1,4}$/),
    owned: fc.uniqueArray(fc.integer({ min: -1, max: 30 })),
    generation: fc.integer({ min: -1, max: 9 }),
  }),
  { minLength: 1, maxLength: 8, selector: (one) => one.memberId },
);

test('every partition has one owner, shares differ by one at most, and a settled group stays as it is', () => {
  fc.assert(
    fc.property(claims, fc.integer({ min: 0, max: 24 }), (given, count) => {
      const assigned = assignPartitions(given, count);
      const all = [...assigned.values()].flat().toSorted((a, b) => a - b);
      assert.deepEqual(
        all,
        Array.from({ length: count }, (_, n) => n),
      );
      const sizes = [...assigned.values()].map((own) => own.length);
      assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1);
      assert.equal(assigned.size, given.length);
      const settled = [...assigned].map(([memberId, owned]) => ({ memberId, owned, generation: 10 }));
      assert.deepEqual(plain(assignPartitions(settled.toReversed(), count)), plain(assigned));
    }),
  );
});

test('a claim is understood again, and anything else is no claim', () => {
  assert.deepEqual(decodeClaim('m', encodeClaim({ owned: [1], generation: 7 })), claim('m', [1], 7));
  for (const strange of [null, Buffer.alloc(0), Buffer.from('x'), Buffer.from('{"owned":1}')]) {
    assert.deepEqual(decodeClaim('m', strange), claim('m', [], -1));
  }
});
