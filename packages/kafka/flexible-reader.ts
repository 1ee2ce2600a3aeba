import { WireReader } from './wire-reader.ts';

/** Reads an answer in Kafka's flexible form: lengths are varints, one more than they say, and tags may follow anything. */
export class FlexibleReader extends WireReader {
  /** Passes over so many bytes. */
  skip(bytes: number): void {
    this.take(bytes);
  }

  /** An INT64 as a number: exact below 2^53. */
  int64(): number {
    return Number(this.take(8).readBigInt64BE());
  }

  /** An UNSIGNED_VARINT. */
  unsigned(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.take(1).readUInt8();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  /** A COMPACT_STRING; empty for null. */
  override text(): string {
    return this.take(Math.max(0, this.unsigned() - 1)).toString();
  }

  /** COMPACT_BYTES; empty for null. */
  override bytes(): Buffer {
    return this.take(Math.max(0, this.unsigned() - 1));
  }

  /** So many bytes, as hexadecimal digits. */
  hex(bytes: number): string {
    return this.take(bytes).toString('hex');
  }

  /** A COMPACT_ARRAY, each element read by `read`; empty for null. */
  override list<Element>(read: () => Element): Element[] {
    return Array.from({ length: Math.max(0, this.unsigned() - 1) }, read);
  }

  /** Passes over tagged fields, but for those that `read` reads by their number, wholly. */
  tags(read: Readonly<Record<number, () => void>> = {}): void {
    for (let tags = this.unsigned(); tags > 0; tags--) {
      const [tag, size] = [this.unsigned(), this.unsigned()];
      if (read[tag] === undefined) this.skip(size);
      else read[tag]();
    }
  }
}
