import assert from 'node:assert/strict';
import { test } from 'node:test';
import { murmur2, partitionOf, partitionOfBytes } from './partition-of.ts';

// Printed by org.apache.kafka.common.utils.Utils.murmur2 and toPositive(…) % 6 of kafka-clients 4.1.1.
const java: [key: string, murmur2: number, ofSix: number][] = [
  ['', 275646681, 3],
  ['a', -1563381124, 4],
  ['ab', 316155434, 2],
  ['abc', 479470107, 3],
  ['abcd', -1323649548, 2],
  ['21', -973932308, 0],
  ['foobar', -790332482, 0],
  ['a-little-bit-long-string', -985981536, 2],
  ['a-little-bit-longer-string', -1486304829, 5],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971, 5],
  ['customer-1', 1939597761, 3],
  ['customer-4711', -371840612, 0],
  ['cart_0f8b', -613715787, 5],
  ['Zürich', -1551140815, 1],
  ['客户-42', -540529280, 0],
  ['🛒cart', -1513378699, 1],
  ['x'.repeat(1000), -1068453602, 0],
];

test('a key goes where Java’s client would put it', () => {
  for (const [key, hash, ofSix] of java) {
    assert.equal(murmur2(Buffer.from(key)), hash, key);
    assert.equal(partitionOf(key, 6), ofSix, key);
    assert.equal(partitionOfBytes(Buffer.from(key), 6), ofSix, key);
  }
});
