import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Wakes } from './wakes.ts';

test('what is due comes out earliest first, strictly before the clock, and once', () => {
  const wakes = new Wakes();
  wakes.set('b', 20);
  wakes.set('a', 10);
  wakes.set('c', 30);
  assert.deepEqual(wakes.take(30, 10), ['a', 'b']);
  assert.deepEqual(wakes.take(30, 10), []);
  assert.deepEqual(wakes.take(31, 10), ['c']);
});

test('a changed wake leaves nothing of the old one; Infinity clears it', () => {
  const wakes = new Wakes();
  wakes.set('a', 10);
  wakes.set('a', 50);
  wakes.set('b', 10);
  wakes.set('b', Infinity);
  assert.deepEqual(wakes.take(40, 10), []);
  assert.equal(wakes.size, 1);
  assert.deepEqual(wakes.take(51, 10), ['a']);
});

test('any sequence of sets and takes agrees with a sorted list', () => {
  const operation = fc.record({
    id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
    at: fc.integer({ min: 0, max: 50 }),
    take: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 80 }), (operations) => {
      const wakes = new Wakes();
      const model = new Map<string, number>();
      for (const { id, at, take } of operations) {
        if (!take) {
          wakes.set(id, at);
          model.set(id, at);
          continue;
        }
        const due = [...model].filter(([, when]) => when < at).map(([known]) => known);
        for (const known of due) model.delete(known);
        assert.deepEqual(wakes.take(at, 100).toSorted(), due.toSorted());
        assert.equal(wakes.size, model.size);
      }
    }),
  );
});
