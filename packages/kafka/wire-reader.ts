/** Reads an answer of a broker from its beginning, in the form before flexible versions. */
export class WireReader {
  readonly #payload: Buffer;
  #at = 0;

  /** @param payload The answer without its header. */
  constructor(payload: Buffer) {
    this.#payload = payload;
  }

  /** A BOOLEAN. */
  flag(): boolean {
    this.#at += 1;
    return this.#payload.readInt8(this.#at - 1) !== 0;
  }

  /** An INT16. */
  int16(): number {
    this.#at += 2;
    return this.#payload.readInt16BE(this.#at - 2);
  }

  /** An INT32. */
  int32(): number {
    this.#at += 4;
    return this.#payload.readInt32BE(this.#at - 4);
  }

  /** A STRING or NULLABLE_STRING; empty for null. */
  text(): string {
    return this.take(Math.max(0, this.int16())).toString();
  }

  /** BYTES; empty for null. */
  bytes(): Buffer {
    return this.take(Math.max(0, this.int32()));
  }

  /** An ARRAY, each element read by `read`; empty for null. */
  list<Element>(read: () => Element): Element[] {
    return Array.from({ length: Math.max(0, this.int32()) }, read);
  }

  /** So many bytes as they are. */
  protected take(length: number): Buffer {
    this.#at += length;
    return this.#payload.subarray(this.#at - length, this.#at);
  }
}
