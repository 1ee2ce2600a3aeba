import { Packr } from 'msgpackr';

// Objects as records, whose names stand once in a record; maps stay maps, and bigints of any size bigints.
const packr = new Packr({ useRecords: true, moreTypes: true, useBigIntExtension: true });

/** States of folds as bytes: whatever they are made of, maps and bigints too. */
export function encodeStates(states: readonly unknown[]): Uint8Array {
  // A copy: the packer gives a view into its own buffer.
  return Uint8Array.prototype.slice.call(packr.pack(states));
}

/** The states again; `undefined` when they cannot be read: then they are folded anew. */
export function decodeStates(bytes: Uint8Array): readonly unknown[] | undefined {
  try {
    const states: unknown = packr.unpack(bytes);
    return Array.isArray(states) ? states : undefined;
  } catch {
    return undefined;
  }
}
