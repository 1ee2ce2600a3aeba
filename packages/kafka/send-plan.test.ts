import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { planSends, type Send } from './send-plan.ts';

const send: fc.Arbitrary<Send> = fc.record({
  topic: fc.constantFrom('a', 'b'),
  partition: fc.integer({ min: 0, max: 2 }),
  records: fc.array(
    fc.nat(400).map((length) => ({ key: null, value: Buffer.alloc(length) })),
    { maxLength: 20 },
  ),
});

const recordsOf = (sends: readonly Send[], topic: string, partition: number): unknown[] =>
  sends.filter((one) => one.topic === topic && one.partition === partition).flatMap((one) => one.records);

// kafkajs loses records when an answer lacks a partition, or is about another batch of it (fault 4). So a partition may occur
// only once in the requests of one round.
test('a round holds one batch a partition; nothing is lost, doubled or out of order; no batch is too large', () => {
  fc.assert(
    fc.property(fc.array(send), (sends) => {
      const limits = { records: 7, bytes: 1_000 };
      const rounds = planSends(sends, limits);
      for (const round of rounds) {
        assert.equal(new Set(round.map((one) => `${one.topic} ${one.partition}`)).size, round.length);
        for (const { records } of round) {
          const bytes = records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
          assert.ok(records.length > 0 && records.length <= limits.records && bytes <= limits.bytes);
        }
      }
      for (const topic of ['a', 'b']) {
        for (const partition of [0, 1, 2]) {
          assert.deepEqual(recordsOf(rounds.flat(), topic, partition), recordsOf(sends, topic, partition));
        }
      }
    }),
  );
});
