/** Which partition a key belongs to, as Kafka's Java client says. */

const seed = 0x9747b28c;
const factor = 0x5bd1e995;
const encoder = new TextEncoder();
// Keys are short: most fit here, and no buffer is made for them.
const scratch = new Uint8Array(1024);

/**
 * The partition of `key` among `partitions`, equal to that of Java's default partitioner: murmur2 of
 * the key's UTF-8 bytes, its sign bit cleared, modulo the number of partitions.
 *
 * @see https://github.com/apache/kafka/blob/4.1/clients/src/main/java/org/apache/kafka/clients/producer/internals/BuiltInPartitioner.java
 */
export function partitionOf(key: string, partitions: number): number {
  // One UTF-16 unit takes at most three bytes of UTF-8.
  if (key.length * 3 > scratch.length) return (murmur2(encoder.encode(key)) & 0x7fffffff) % partitions;
  const { written } = encoder.encodeInto(key, scratch);
  return (murmur2(scratch, written) & 0x7fffffff) % partitions;
}

/** The same for a key of bytes. */
export function partitionOfBytes(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}

/** murmur2 as in Java's `Utils.murmur2`, over the first `length` bytes: a signed 32-bit integer. */
export function murmur2(bytes: Uint8Array, length = bytes.length): number {
  let hash = seed ^ length;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    let word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    word = Math.imul(word, factor);
    word ^= word >>> 24;
    hash = Math.imul(hash, factor) ^ Math.imul(word, factor);
  }
  const rest = length - at;
  if (rest >= 3) hash ^= bytes[at + 2]! << 16;
  if (rest >= 2) hash ^= bytes[at + 1]! << 8;
  if (rest >= 1) hash = Math.imul(hash ^ bytes[at]!, factor);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, factor);
  return hash ^ (hash >>> 15);
}
