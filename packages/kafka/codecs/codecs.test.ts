import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { decodeRecordBatches } from '../patched/record-batches.ts';
import { decompress } from './index.ts';

// The same eight records, as org.apache.kafka.common.record.MemoryRecords of kafka-clients 4.1.1 writes them.
const java = {
  none:
    'AAAAAAAAAAAAAALp/////wIkuffAAAAAAAAHAAAAAAAAA+gAAAAAAAAD7///////////////////AAAACKwBAAAABGswmgF2' +
    'YWx1ZSAwIG9mIGEgY3VzdG9tZXIgd2hvIHBheXMgbW9udGhseSwgb2YgYSBjdXN0b21lciB3aG8gcGF5cyBtb250aGx5IHPV' +
    'GrvYnACiAQACAgRrMZABdmFsdWUgMSBvZiBhIGN1c3RvbWVyIHdobyBwYXlzIG1vbnRobHksIG9mIGEgY3VzdG9tZXIgd2hv' +
    'IHBheXMgbW9udGhseSB6AKQBAAQEBGsykgF2YWx1ZSAyIG9mIGEgY3VzdG9tZXIgd2hvIHBheXMgbW9udGhseSwgb2YgYSBj' +
    'dXN0b21lciB3aG8gcGF5cyBtb250aGx5IHp6AKYBAAYGBGszlAF2YWx1ZSAzIG9mIGEgY3VzdG9tZXIgd2hvIHBheXMgbW9u' +
    'dGhseSwgb2YgYSBjdXN0b21lciB3aG8gcGF5cyBtb250aGx5IHp6egCoAQAICARrNJYBdmFsdWUgNCBvZiBhIGN1c3RvbWVy' +
    'IHdobyBwYXlzIG1vbnRobHksIG9mIGEgY3VzdG9tZXIgd2hvIHBheXMgbW9udGhseSB6enp6AKoBAAoKBGs1mAF2YWx1ZSA1' +
    'IG9mIGEgY3VzdG9tZXIgd2hvIHBheXMgbW9udGhseSwgb2YgYSBjdXN0b21lciB3aG8gcGF5cyBtb250aGx5IHp6enp6AKwB' +
    'AAwMBGs2mgF2YWx1ZSA2IG9mIGEgY3VzdG9tZXIgd2hvIHBheXMgbW9udGhseSwgb2YgYSBjdXN0b21lciB3aG8gcGF5cyBt' +
    'b250aGx5IHp6enp6egC6AQAODgRrN6gBdmFsdWUgNyBvZiBhIGN1c3RvbWVyIHdobyBwYXlzIG1vbnRobHksIG9mIGEgY3Vz' +
    'dG9tZXIgd2hvIHBheXMgbW9udGhseSB6enp6enp6bw77aJL5AA==',
  gzip:
    'AAAAAAAAAAAAAAD5/////wJeJZc4AAEAAAAHAAAAAAAAA+gAAAAAAAAD7///////////////////AAAACB+LCAAAAAAAAP+t' +
    '0jsKwkAURuH/yiWIhCzAahZgoea1niCRwKgjJlEyq5AgImIlIkGyAl2H4FbExmasLZL6wFedmgCwHB5pHc3yWAyFmopITPI0' +
    'U/N4JTaJEsuoSMVcLbJkVgz+dJE++4/XCWdCp8NytDXuqKmrcSEwsxyXhhw3JjWuBMti6e6M6TY3NSpCt8vS2xvUawHVuBF6' +
    'PZb+wah+G6pGTbBtlsFvgKAVVuNOcByWYWXcsB1XK+eTlG98AZFL/wS4AgAA',
  snappy:
    'AAAAAAAAAAAAAAEi/////wK+G4/IAAIAAAAHAAAAAAAAA+gAAAAAAAAD7///////////////////AAAACIJTTkFQUFkAAAAA' +
    'AQAAAAEAAADduAXArAEAAAAEazCaAXZhbHVlIDAgb2YgYSBjdXN0b21lciB3aG8gcGF5cyBtb250aGx5LHogAEAgc9Uau9ic' +
    'AKIBAAICBGsxkA1YADF6OAAALHogACwgegCkAQAEBARrMpINUwAyejMAhlMAKHoApgEABgYEazOUDVQAM+5UAAlUKHoAqAEA' +
    'CAgEazSWDVUANO5VAA1VKHoAqgEACgoEazWYDVYANf5WAAFWJHoArAEADAwEazZRAQA2/lcABVcoegC6AQAODgRrN6gNrwA3' +
    '/lgACVgcem8O+2iS+QA=',
  lz4:
    'AAAAAAAAAAAAAAEO/////wJTnelnAAMAAAAHAAAAAAAAA+gAAAAAAAAD7///////////////////AAAACAQiTRhgQILOAAAA' +
    '/yKsAQAAAARrMJoBdmFsdWUgMCBvZiBhIGN1c3RvbWVyIHdobyBwYXlzIG1vbnRobHksIAAM8wIgc9Uau9icAKIBAAICBGsx' +
    'kFgAHzE4AAwPWAAOs3oApAEABAQEazKSUwAfMlMALrN6AKYBAAYGBGszlFQAHzNUAC+zegCoAQAICARrNJZVAB80VQAws3oA' +
    'qgEACgoEazWYVgAfNVYAMaR6AKwBAAwMBGs2AQIfNlcAMrN6ALoBAA4OBGs3qK8AHzdYADOAem8O+2iS+QAAAAAA',
  zstd:
    'AAAAAAAAAAAAAAD9/////wKOrskIAAQAAAAHAAAAAAAAA+gAAAAAAAAD7///////////////////AAAACCi1L/0AWAQGAEQJ' +
    'rAEAAAAEazCaAXZhbHVlIDAgb2YgYSBjdXN0b21lciB3aG8gcGF5cyBtb250aGx5LCBz1Rq72JwAogEAAgIEazGQMXoApAEA' +
    'BAQEazKSMnoApgEABgYEazOUM3oAqAEACAgEazSWNHoAqgEACgoEazWYNXoArAEADAwEazY2enoAugEADg4EazeoN3p6bw77' +
    'aJL5ABAAAkjIjCdYoUBeAoLAAHSz4DoAYlhw50GKK2RukMwK2SxIcQvZitEoKAEAAA==',
};

test('a batch in any of Kafka’s codecs holds what the plain one holds', async () => {
  const [plain] = await decodeRecordBatches(Buffer.from(java.none, 'base64'), decompress);
  assert.equal(plain?.records.length, 8);
  assert.match(String(plain.records[3]?.value), /^value 3 of a customer who pays monthly/);
  for (const codec of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    const [batch] = await decodeRecordBatches(Buffer.from(java[codec], 'base64'), decompress);
    assert.deepEqual(batch?.records, plain.records, codec);
  }
});

test('a single block of snappy is read as well as a stream of them', async () => {
  // 'abab…': a literal of two bytes and a copy that overlaps what it makes.
  const block = Buffer.from([10, 0x04, 0x61, 0x62, 0x11, 2]);
  assert.equal(String(await decompress(2, block)), 'ababababab');
});

test('bytes of another codec than the batch names are refused', async () => {
  const cases: [number, Buffer][] = [
    [1, Buffer.from('no gzip')],
    [2, Buffer.from([200, 0x01, 0xff])],
    [3, Buffer.from('no lz4 frame')],
    [3, Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0, 4, 0, 0, 0, 0x00, 9, 9, 9])],
    [4, zstdCompressSync(Buffer.from('cut off')).subarray(0, 6)],
    [7, Buffer.alloc(8)],
  ];
  for (const [codec, bytes] of cases) {
    await assert.rejects(decompress(codec, bytes), { code: 'kafka.protocol' }, String(codec));
  }
});

const overBytes = 64 * 1024 * 1024 + 1;

/** A batch of one record: a value of zeros, more than is taken. */
function bomb(codec: number, body: Buffer): Buffer {
  const batch = Buffer.from(java.none, 'base64').subarray(0, 61);
  const whole = Buffer.concat([batch, body]);
  whole.writeInt32BE(whole.length - 12, 8);
  whole.writeInt16BE(codec, 21);
  return whole;
}

/** An LZ4 frame of one literal and a match of that length. */
function lz4Of(length: number): Buffer {
  const run = Buffer.alloc(Math.floor((length - 20) / 255), 0xff);
  const block = Buffer.concat([
    Buffer.from([0x1f, 0x00, 0x01, 0x00]),
    run,
    Buffer.from([(length - 20) % 255]),
  ]);
  const frame = Buffer.concat([
    Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0]),
    Buffer.alloc(4),
    block,
    Buffer.alloc(4),
  ]);
  frame.writeUInt32LE(block.length, 7);
  return frame;
}

/** A block of snappy that says it holds so many bytes. */
function snappyOf(length: number): Buffer {
  const size = [];
  for (let left = length; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...size, left, 0x00, 0x61]);
    size.push((left % 128) + 128);
  }
}

test('a small batch that would be a large one is not unpacked, and the reader goes on behind it', async () => {
  const zeros = Buffer.alloc(overBytes);
  const bombs: [number, Buffer][] = [
    [1, gzipSync(zeros)],
    [2, snappyOf(overBytes)],
    [2, snappyOf(30_000_000_000)],
    [3, lz4Of(overBytes)],
    [4, zstdCompressSync(zeros)],
  ];
  assert.equal((await decompress(3, lz4Of(1_000_000))).length, 1_000_000);
  for (const [codec, bytes] of bombs) {
    await assert.rejects(decompress(codec, bytes), { code: 'kafka.batch-too-large' }, String(codec));
    const both = Buffer.concat([bomb(codec, bytes), Buffer.from(java.none, 'base64')]);
    const [passed, next] = await decodeRecordBatches(both, decompress);
    assert.equal(passed?.records.length, 1);
    assert.equal(passed.records[0]?.offset, passed.lastOffset);
    assert.match(
      String(passed.records[0]?.value),
      /^The batch of offsets 0 to 7 was passed over: too many bytes/,
    );
    assert.equal(next?.records.length, 8);
  }
});

test('a batch of very many empty records is passed over too', async () => {
  const many = Buffer.from(java.none, 'base64');
  many.writeInt32BE(500_001, 57);
  const [passed] = await decodeRecordBatches(many, decompress);
  assert.match(String(passed?.records[0]?.value), /passed over: 500001 records/);
});
