/**
 * avsc with what it lacks: decimals as bigint, all safe integers, arrays that can't claim more items than there are
 * bytes, and records that are plain objects.
 */
import avro from 'avsc';

/** The bytes of two's complement, big-endian, as few as the value needs: how Avro writes a decimal's unscaled value. */
export function bytesOfBigint(value: bigint): Buffer {
  if (value === BigInt.asIntN(48, value)) {
    const small = Number(value);
    const length = lengthOf(small);
    const bytes = Buffer.allocUnsafe(length);
    bytes.writeIntBE(small, 0, length);
    return bytes;
  }
  let length = 7;
  while (BigInt.asIntN(8 * length, value) !== value) length += 1;
  const hex = BigInt.asUintN(8 * length, value)
    .toString(16)
    .padStart(2 * length, '0');
  return Buffer.from(hex, 'hex');
}

function lengthOf(value: number): number {
  const magnitude = value < 0 ? -value - 1 : value;
  for (let length = 1; length < 6; length += 1) if (magnitude < 2 ** (8 * length - 1)) return length;
  return 6;
}

/** The value of two's complement bytes, big-endian; no bytes are 0. */
export function bigintOfBytes(bytes: Buffer): bigint {
  if (bytes.length === 0) return 0n;
  if (bytes.length <= 6) return BigInt(bytes.readIntBE(0, bytes.length));
  return BigInt.asIntN(8 * bytes.length, BigInt(`0x${bytes.toString('hex')}`));
}

/** Avro's `decimal` as its unscaled value. */
class DecimalType extends avro.types.LogicalType {
  protected override _fromValue(bytes: Buffer): bigint {
    return bigintOfBytes(bytes);
  }
  protected override _toValue(value: unknown): Buffer | undefined {
    return typeof value === 'bigint' ? bytesOfBigint(value) : undefined;
  }
  protected override _resolve(writer: avro.Type): ((value: bigint) => bigint) | undefined {
    // What the writer's type hands over is a bigint already.
    return writer instanceof DecimalType ? (value) => value : undefined;
  }
}

type Tap = {
  pos: number;
  readonly buf: Buffer;
  readLong: () => number;
  readString: () => string | undefined;
  writeLong: (value: number) => void;
};

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A string whose bytes are UTF-8 (rule 50); avsc puts U+FFFD in place of what is not, and makes two ids one. */
class StrictStringType extends avro.types.StringType {
  _read(tap: Tap): string | undefined {
    const from = tap.pos;
    const text = tap.readString();
    // Only a text with U+FFFD in it can have come from other bytes.
    if (text?.includes('\uFFFD')) {
      const end = tap.pos;
      tap.pos = from;
      tap.readLong();
      checkUtf8(tap.buf.subarray(tap.pos, end));
      tap.pos = end;
    }
    return text;
  }
}

function checkUtf8(bytes: Uint8Array): void {
  try {
    utf8.decode(bytes);
  } catch (error) {
    throw new Error('a text is not UTF-8; encode it so', { cause: error });
  }
}

/** A long up to 2⁵³ − 1; avsc's own stops one short of it. */
class SafeLongType extends avro.types.LongType {
  _check(value: unknown, _flags: unknown, hook?: (value: unknown, type: avro.Type) => void): boolean {
    const valid = Number.isSafeInteger(value);
    if (!valid) hook?.(value, this);
    return valid;
  }
  _read(tap: Tap): number {
    const value = tap.readLong();
    if (!Number.isSafeInteger(value)) throw new Error('a number is beyond 2⁵³ − 1');
    return value;
  }
  _write(tap: Tap, value: unknown): void {
    if (!Number.isSafeInteger(value)) throw new Error(`${String(value)} is no whole number up to 2⁵³ − 1`);
    tap.writeLong(value as number);
  }
}

/**
 * An array that can't claim more items than there are bytes left. avsc reads on past the end: a record of ten bytes
 * that claims 2⁵⁰ items would keep its partition busy for ever.
 */
class BoundedArrayType extends avro.types.ArrayType {
  _read(tap: Tap): unknown[] {
    const { _read: readItem } = this.itemsType as unknown as { _read: (tap: Tap) => unknown };
    const items: unknown[] = [];
    for (let count = tap.readLong(); count !== 0; count = tap.readLong()) {
      // A negative count is followed by the size of the block in bytes.
      if (count < 0) tap.readLong();
      if (!(Math.abs(count) <= tap.buf.length - tap.pos)) throw new Error(`an array claims ${count} items`);
      for (let left = Math.abs(count); left > 0; left -= 1) items.push(readItem.call(this.itemsType, tap));
    }
    return items;
  }
}

/** A type for an Avro schema: `decimal` is a bigint, an instant a number of milliseconds, a record a plain object. */
export function avroType(schema: unknown): avro.Type {
  const type = avro.Type.forSchema(schema as avro.Schema, {
    logicalTypes: { decimal: DecimalType },
    typeHook: (given, options) => {
      const name = typeof given === 'object' && 'type' in given ? given.type : given;
      if (name === 'long') return new SafeLongType();
      if (name === 'string') return new StrictStringType();
      return name === 'array' ? new BoundedArrayType(given, options) : undefined;
    },
    omitRecordMethods: true,
    wrapUnions: 'never',
  });
  plainRecords(type);
  return type;
}

/** avsc gives the objects that a record type decodes a prototype of their own; take it away. */
function plainRecords(type: avro.Type): void {
  if (type instanceof avro.types.RecordType) {
    const { recordConstructor } = type as unknown as { recordConstructor: { prototype: object } };
    recordConstructor.prototype = Object.prototype;
    for (const field of type.fields) plainRecords(field.type);
  } else if (type instanceof avro.types.ArrayType) plainRecords(type.itemsType);
}
