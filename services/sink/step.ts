/**
 * Orders the rows that are recorded of a partition: how often the sinks went by the tables alone, then twice the offset,
 * and one more with a plan. As UInt64: recoveries up to 65,535, offsets up to 2^47.
 */
export function stepOf(recoveries: number, offset: number, plan: string): bigint {
  return (BigInt(recoveries) << offsetBits) + 2n * BigInt(offset) + (plan === '' ? 0n : 1n);
}

/** The recoveries that a step begins with. */
export function recoveriesOf(step: bigint): number {
  return Number(step >> offsetBits);
}

const offsetBits = 48n;
