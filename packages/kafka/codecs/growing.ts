/** Uncompressed bytes would be more than is taken. */
export class TooLarge extends Error {
  override readonly name = 'TooLarge';
}

/** Bytes that grow while they are written, up to a limit, and can be copied from what was written before. */
export class Growing {
  #bytes: Buffer;
  #length = 0;
  readonly #max: number;

  /** @throws TooLarge when the expected bytes are more than `max`. */
  constructor(expected: number, max: number) {
    if (expected > max) throw new TooLarge(`${expected} bytes are more than ${max}`);
    this.#max = max;
    this.#bytes = Buffer.allocUnsafe(Math.max(64, expected));
  }

  /** Appends `length` bytes of `source` from `at` on. */
  append(source: Buffer, at: number, length: number): void {
    if (at + length > source.length) throw new RangeError('compressed bytes end too soon');
    this.#reserve(length);
    source.copy(this.#bytes, this.#length, at, at + length);
    this.#length += length;
  }

  /** Appends `length` bytes from `distance` before the end; they may overlap what they make. */
  repeat(distance: number, length: number): void {
    if (distance <= 0 || distance > this.#length)
      throw new RangeError('compressed bytes point before their start');
    this.#reserve(length);
    const bytes = this.#bytes;
    const from = this.#length - distance;
    if (distance >= length) bytes.copyWithin(this.#length, from, from + length);
    else for (let i = 0; i < length; i++) bytes[this.#length + i] = bytes[from + i]!;
    this.#length += length;
  }

  /** What was written. */
  take(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(length: number): void {
    const needed = this.#length + length;
    if (needed > this.#max) throw new TooLarge(`${needed} bytes are more than ${this.#max}`);
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
