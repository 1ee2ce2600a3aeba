import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { crc32c } from './crc32c.ts';
import { decompress } from './codecs/index.ts';
import { decodeRecordBatches } from './patched/record-batches.ts';
import { encodedSize, encodeRecordBatch, type OutgoingRecord } from './record-batch-encoder.ts';

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const record: fc.Arbitrary<OutgoingRecord> = fc.record(
  {
    key: fc.option(bytes),
    value: fc.option(bytes),
    headers: fc.dictionary(fc.string({ minLength: 1 }), bytes),
    timestamp: fc.integer({ min: 0, max: 4e12 }),
  },
  { requiredKeys: ['key', 'value'] },
);

test('the checksum is Castagnoli’s, at every length', () => {
  assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
  assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa);
  assert.equal(crc32c(Buffer.alloc(0)), 0);
});

test('what is written is read back', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(record, { minLength: 1, maxLength: 200 }),
      fc.boolean(),
      async (records, transactional) => {
        const context = {
          timestamp: 1.7e12,
          producerId: 4711,
          producerEpoch: 3,
          firstSequence: 99,
          transactional,
        };
        const encoded = encodeRecordBatch(records, context);
        const [batch, ...more] = await decodeRecordBatches(encoded, decompress);
        assert.ok(batch !== undefined && more.length === 0);
        assert.equal(batch.lastOffset, records.length - 1);
        assert.equal(batch.producerId, 4711);
        assert.equal(batch.transactional, transactional);
        assert.deepEqual(
          batch.records.map(({ key, value, timestamp }) => ({ key, value, timestamp })),
          records.map(({ key, value, timestamp }) => ({ key, value, timestamp: timestamp ?? 1.7e12 })),
        );
        assert.deepEqual(
          batch.records.map(({ headers }) => ({ ...headers })),
          records.map(({ headers }) => ({ ...headers })),
        );
        const bound = records.reduce((sum, outgoing) => sum + encodedSize(outgoing), 61);
        assert.ok(encoded.length <= bound);
      },
    ),
    { numRuns: 100 },
  );
});
