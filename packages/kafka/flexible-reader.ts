/** Reads an answer in Kafka's flexible form: lengths are one more than they say, and tags may follow anything. */
export class FlexibleReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Passes over so many bytes. */
  skip(bytes: number): void {
    this.#at += bytes;
  }

  int16(): number {
    this.#at += 2;
    return this.#bytes.readInt16BE(this.#at - 2);
  }

  int32(): number {
    this.#at += 4;
    return this.#bytes.readInt32BE(this.#at - 4);
  }

  /** As a number: exact below 2^53. */
  int64(): number {
    this.#at += 8;
    return Number(this.#bytes.readBigInt64BE(this.#at - 8));
  }

  /** A varint without sign. */
  unsigned(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes.readUInt8(this.#at++);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  text(): string {
    const length = Math.max(0, this.unsigned() - 1);
    this.#at += length;
    return this.#bytes.toString('utf8', this.#at - length, this.#at);
  }

  /** So many bytes, as hexadecimal digits. */
  hex(bytes: number): string {
    this.#at += bytes;
    return this.#bytes.toString('hex', this.#at - bytes, this.#at);
  }

  /** What `read` makes of each element. */
  array<Element>(read: () => Element): Element[] {
    return Array.from({ length: Math.max(0, this.unsigned() - 1) }, read);
  }

  tags(): void {
    for (let tags = this.unsigned(); tags > 0; tags--) {
      this.unsigned();
      this.skip(this.unsigned());
    }
  }
}
