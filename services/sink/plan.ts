import { createHash } from 'node:crypto';

/** Offsets of one partition, both included. */
export type Range = { readonly partition: number; readonly first: number; readonly last: number };

/**
 * What one block is made of: a range of each partition that has something, by partition. Committed with the offsets of
 * all these partitions before the block is inserted, so that the next instance makes the very same block after a crash.
 */
export type Plan = readonly Range[];

/** A broker refuses longer metadata of an offset (`offset.metadata.max.bytes`, 4096 by default). */
export const planBytesMax = 4_000;

const version = 'plan1';
const rangeShape = /^(\d+):(\d+)-(\d+)$/;

/** The plan as metadata of a committed offset, e.g. `plan1 0:120-160 3:88-88`. */
export function encodePlan(plan: Plan): string {
  return [version, ...plan.map(({ partition, first, last }) => `${partition}:${first}-${last}`)].join(' ');
}

/**
 * The plan in the metadata of a committed offset; `undefined` when there is none, which means that everything before
 * the offset is in ClickHouse.
 *
 * @throws Error on metadata that is no plan: going on without it could count a block twice.
 */
export function decodePlan(metadata: string | null): Plan | undefined {
  if (metadata === null || metadata === '') return undefined;
  const [head, ...texts] = metadata.split(' ');
  const plan = texts.map((text) => {
    const [, partition, first, last] = rangeShape.exec(text) ?? [];
    return { partition: Number(partition), first: Number(first), last: Number(last) };
  });
  const fits = plan.every(({ first, last }) => Number.isSafeInteger(first) && first <= last);
  if (head !== version || plan.length === 0 || !fits) {
    throw new Error(
      `"${metadata}" is no plan of this sink: was it written by a newer version, or by another group?`,
    );
  }
  return plan;
}

/**
 * The insert-deduplication token of one kind's rows of a block: the same for the same records of the same place, and
 * for nothing else. The bytes are in it too, so that a topic made anew, whose offsets begin again, is not taken for
 * the old one.
 */
export function tokenOf(topic: string, plan: Plan, kind: string, values: readonly Buffer[]): string {
  const hash = createHash('sha256').update(`${topic}\0${encodePlan(plan)}\0${kind}\0`);
  for (const value of values) hash.update(value);
  return `${topic}/${kind}/${hash.digest('hex')}`;
}
