/** The part of kafkajs's Encoder that is sped up. */
export type EncoderClass = {
  sizeOfVarInt: (value: number) => number;
  sizeOfVarLong: (this: EncoderClass, value: unknown) => number;
  prototype: Encoder;
};

type Encoder = {
  writeVarInt: (value: number) => unknown;
  writeVarLong: (this: Encoder, value: unknown) => unknown;
};

const limit = 2 ** 30;

/**
 * Lets kafkajs's encoder write the time differences of records without BigInt. A varlong of a number
 * below 2^30 has the very bytes of a varint; anything else goes the old way.
 */
export function fastVarLongs(encoder: EncoderClass): void {
  const { sizeOfVarLong } = encoder;
  const { writeVarLong } = encoder.prototype;
  encoder.sizeOfVarLong = function (value) {
    return isSmall(value) ? this.sizeOfVarInt(value) : sizeOfVarLong.call(this, value);
  };
  encoder.prototype.writeVarLong = function (value) {
    return isSmall(value) ? this.writeVarInt(value) : writeVarLong.call(this, value);
  };
}

function isSmall(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value < limit && value > -limit;
}
