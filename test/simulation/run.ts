/** One run: a seed, a world, a load, faults, and a verdict. */
import { encodeRecordBatch } from '../../packages/kafka/record-batch-encoder.ts';
import type { Clock } from './clock.ts';
import { heal, injectFaults } from './faults.ts';
import { drawLoad, type Publication } from './load.ts';
import { type Planted, sound } from './planted.ts';
import { simulateTime } from './process.ts';
import { seeded } from '@tidemark/metrics/histories/draw.fixtures';
import { verdict } from './verdict.ts';
import { cartAbandonAfterMs, epochMs, groups, names, partitions, World } from './world.ts';

/** How long the load and the faults last, in milliseconds. */
const durationMs = 30_000;
/** For how long it is waited, after the last fault, until everything is counted. */
const settleMs = 240_000;
/** How often it is looked. */
const lookMs = 500;
/** Time passes until what fell due is published, and everything that is under way has come. */
const quietMs = 12_000;

/** The result of a run. */
export type Outcome = {
  readonly seed: number;
  /** The same for each run of the same seed. */
  readonly trace: string;
  /** How much happened. */
  readonly notes: number;
  /** Milliseconds on the virtual clock. */
  readonly virtualMs: number;
  /** What was wrong, a sentence each; empty when all was right. */
  readonly errors: readonly string[];
};

/**
 * Runs a seed. Several runs at the same time would disturb each other.
 *
 * @param say Gets what happens as lines.
 * @param goWrong Lets things go wrong, until the given time; at random, unless a test says otherwise.
 */
export async function simulate(
  seed: number,
  planted: Planted = sound,
  say?: (line: string) => void,
  goWrong: typeof injectFaults = injectFaults,
): Promise<Outcome> {
  const load = drawLoad(seeded(seed), { epochMs, durationMs, partitions });
  const world = new World(seed, load.families, planted, say);
  const { clock, trace } = world;
  const restore = simulateTime();
  const bug = (error: unknown): void => world.bug(error);
  process.on('unhandledRejection', bug);
  const errors: string[] = [];
  try {
    const draw = world.draw(4);
    for (const kind of ['processor', 'processor', 'sink', 'sink'] as const) world.start(world.add(kind));
    for (const publication of load.publications)
      clock.after(publication.at, () => publish(world, publication));
    goWrong(world, draw, durationMs);
    await passes(clock, durationMs);
    heal(world);
    // Whatever falls due soon after an event, falls due before it is looked.
    await passes(clock, cartAbandonAfterMs);
    errors.push(...(await settled(world)));
    if (errors.length === 0) errors.push(...(await verdict(world, load, world.wallClock - quietMs)));
    errors.unshift(...world.refused);
  } finally {
    for (const instance of world.instances) world.kill(instance);
    process.off('unhandledRejection', bug);
    restore();
  }
  return { seed, notes: trace.notes, virtualMs: clock.now, trace: trace.digest(), errors };
}

function publish(world: World, { family, partition, key, value }: Publication): void {
  const record = { key: Buffer.from(key), value };
  const nobody = { producerId: -1, producerEpoch: -1, firstSequence: -1, transactional: false };
  const batch = encodeRecordBatch([record], { ...nobody, timestamp: world.wallClock });
  world.cluster.append({ topic: names.eventsOf(family), partition }, batch);
}

/** Waits until everything is counted and in ClickHouse. @returns What is not, when it takes too long. */
async function settled(world: World): Promise<string[]> {
  const { clock, cluster, families } = world;
  const deadline = clock.now + settleMs;
  const isPast = (group: string, topic: string, ends: readonly number[]): boolean =>
    ends.every((end, partition) => (cluster.committed(group, { topic, partition })?.offset ?? 0) >= end);
  const endsOf = (topic: string): number[] =>
    Array.from({ length: partitions }, (_, partition) => cluster.log({ topic, partition })!.end);
  const topics = families.map(names.eventsOf);
  let since: number | undefined;
  while (since === undefined || clock.now - since < quietMs) {
    if (clock.now > deadline) return [`not everything is counted after ${settleMs / 1_000} s without faults`];
    await passes(clock, lookMs);
    const isCounted = topics.every((topic) => isPast(groups.processor, topic, endsOf(topic)));
    since = isCounted ? (since ?? clock.now) : undefined;
  }
  const ends = endsOf(names.facts);
  while (!isPast(groups.sink, names.facts, ends)) {
    if (clock.now > deadline)
      return [`not all facts are in ClickHouse after ${settleMs / 1_000} s without faults`];
    await passes(clock, lookMs);
  }
  return [];
}

async function passes(clock: Clock, ms: number): Promise<void> {
  const until = clock.now + ms;
  let isOver = false;
  clock.after(ms, () => {
    isOver = true;
  });
  await clock.run(() => isOver || clock.now > until);
}
