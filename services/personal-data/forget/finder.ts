/**
 * Finds any of many texts in bytes, in time that does not grow with how many they are. A text counts where it stands by itself: with its
 * length before it, as Avro, MessagePack and ClickHouse write texts, or between bytes that are no word characters. So `acme` is found
 * in `acme-2026`, and not in `acme2`.
 */
export class Finder {
  /** The bytes of the longest text. */
  readonly longest: number;
  readonly #least: number;
  /** By what the shortest of all has of bytes, and by length, the whole texts. */
  readonly #byBegin = new Map<string, Map<number, Set<string>>>();
  /** Whether a text begins with two bytes: most places are passed over by it. */
  readonly #isBegin = new Uint8Array(2 ** 16);

  /** @param texts Empty ones are left out. */
  constructor(texts: Iterable<string>) {
    const all = [...texts].filter((text) => text !== '').map((text) => Buffer.from(text));
    this.#least = all.reduce((least, { length }) => Math.min(least, length), Infinity);
    this.longest = all.reduce((most, { length }) => Math.max(most, length), 0);
    for (const text of all) {
      const [first = 0, second] = text;
      if (second === undefined) this.#isBegin.fill(1, first << 8, (first + 1) << 8);
      else this.#isBegin[(first << 8) | second] = 1;
      const byLength = ensured(this.#byBegin, text.toString('latin1', 0, this.#least), () => new Map());
      ensured(byLength, text.length, () => new Set()).add(text.toString('latin1'));
    }
  }

  /** How often they occur; at one place only one of them. */
  countIn(bytes: Buffer): number {
    let found = 0;
    for (let at = 0; at + this.#least <= bytes.length; at++) {
      if (this.#isBegin[(bytes[at]! << 8) | (bytes[at + 1] ?? 0)] === 0) continue;
      const byLength = this.#byBegin.get(bytes.toString('latin1', at, at + this.#least));
      if (byLength !== undefined && isAt(bytes, at, byLength)) found++;
    }
    return found;
  }
}

function isAt(bytes: Buffer, at: number, byLength: ReadonlyMap<number, ReadonlySet<string>>): boolean {
  for (const [length, texts] of byLength)
    if (
      at + length <= bytes.length &&
      texts.has(bytes.toString('latin1', at, at + length)) &&
      isWhole(bytes, at, length)
    )
      return true;
  return false;
}

function isWhole(bytes: Buffer, at: number, length: number): boolean {
  const before = bytes[at - 1];
  // Avro's length is doubled, and of two bytes from 64 on; a short text of MessagePack has it in its first byte.
  const lengths = [length, length < 64 ? 2 * length : (2 * length) >> 7, 0xa0 | length];
  const isLength = before !== undefined && lengths.includes(before);
  return isLength || !(isWord(before) || isWord(bytes[at + length]));
}

function ensured<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const made = map.get(key) ?? make();
  map.set(key, made);
  return made;
}

function isWord(byte: number | undefined): boolean {
  return byte !== undefined && /[0-9A-Za-z]/.test(String.fromCharCode(byte));
}
