import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodePlan, planBytesMax } from './plan.ts';
import { type FactRecord, Queue } from './queue.ts';

const record = (offset: number, bytes: number): FactRecord => ({
  offset,
  kind: 'k',
  value: Buffer.alloc(bytes),
  headers: {},
});

test('a block has all waiting records: one range of each partition that has some', () => {
  const queue = new Queue();
  queue.push(3, [record(7, 10), record(9, 10)]);
  queue.push(1, [record(4, 10)]);
  queue.push(2, []);
  const block = queue.take(1_000);
  assert.deepEqual(block?.plan, [
    { partition: 1, first: 4, last: 4 },
    { partition: 3, first: 7, last: 9 },
  ]);
  assert.deepEqual(
    block.records.map(({ offset }) => offset),
    [4, 7, 9],
  );
  assert.equal(queue.bytes, 0);
  assert.equal(queue.take(1_000), undefined);
});

test('a record that is larger than a block gets a block of its own', () => {
  const queue = new Queue();
  queue.push(0, [record(0, 500), record(1, 5)]);
  assert.deepEqual(queue.take(100)?.plan, [{ partition: 0, first: 0, last: 0 }]);
  assert.deepEqual(queue.take(100)?.plan, [{ partition: 0, first: 1, last: 1 }]);
});

test('a plan of many partitions stays within the limit of the broker; the other partitions come next', () => {
  const queue = new Queue();
  for (let partition = 0; partition < 300; partition++) queue.push(partition, [record(2 ** 40, 1)]);
  const seen = new Set<number>();
  for (let block = queue.take(1e6); block !== undefined; block = queue.take(1e6)) {
    assert.ok(encodePlan(block.plan).length <= planBytesMax);
    for (const { partition } of block.plan) seen.add(partition);
  }
  assert.equal(seen.size, 300);
});

test('every record is in one block, in order, and no block exceeds its bytes', () => {
  const records = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 20 });
  fc.assert(
    fc.property(fc.array(records, { maxLength: 5 }), (partitions) => {
      const queue = new Queue();
      for (const [partition, sizes] of partitions.entries())
        queue.push(
          partition,
          sizes.map((size, index) => record(index * 2, size)),
        );
      const next = partitions.map(() => 0);
      for (let block = queue.take(100); block !== undefined; block = queue.take(100)) {
        assert.ok(block.records.reduce((sum, { value }) => sum + value.length, 0) <= 100);
        for (const { partition, first, last } of block.plan) {
          assert.equal(first, next[partition]);
          next[partition] = last + 2;
        }
      }
      assert.deepEqual(
        next,
        partitions.map((sizes) => sizes.length * 2),
      );
      assert.equal(queue.bytes, 0);
    }),
  );
});
