/** One run: the pipeline under load, blows, and the verdict. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { between } from '../support/histories/draw.ts';
import { seeded } from '../support/histories.ts';
import { startPipeline } from '../support/pipeline.ts';
import { type Blow, Blows, type OwnExit } from './blows.ts';
import { cartAbandonAfterMs, dueWithinMs } from './living.ts';
import { type Load, type Published, startLoad } from './load.ts';
import { type Stage, startStage } from './stage.ts';
import { verdict } from './verdict.ts';

/** How to run it. */
export type FaultsOptions = {
  readonly kills: number;
  readonly seed: number;
  /** Events a second, about. */
  readonly rate: number;
  /** Most seconds between two blows. */
  readonly pause: number;
  /** No more blows after so many seconds; no limit when absent. */
  readonly seconds?: number;
  /** Where servers, state and logs are; kept when something is wrong. */
  readonly folder: string;
};

/** What a run came to. */
export type FaultsReport = {
  readonly seed: number;
  readonly blows: readonly Blow[];
  /** Members that ended of themselves, and were started again. */
  readonly ownExits: readonly OwnExit[];
  readonly published: Omit<Published, 'events'> & { readonly events: number };
  readonly seconds: number;
  /** Seconds from the last blow until everything was counted. */
  readonly secondsToSettle: number;
  /** What is wrong; empty when everything is right. */
  readonly faults: readonly string[];
};

const partitions = 3;
const settleMs = 240_000;
const warmUpMs = 2_000;
const settings = {
  CART_ABANDON_AFTER: `${cartAbandonAfterMs}ms`,
  // Hardly ever at rest: most blows fall between a write and its commit.
  COMMIT_INTERVAL: '10ms',
  SINK_BLOCK_INTERVAL: '10ms',
};

/**
 * Brings up the pipeline, deals the blows under load, lets everything be counted, and judges.
 *
 * @param say Told how it goes.
 * @param signal Breaks it off.
 */
export async function runFaults(
  options: FaultsOptions,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<FaultsReport> {
  await mkdir(options.folder, { recursive: true });
  say('Starting Kafka, ClickHouse and the services.');
  const stage = await startStage(options.folder);
  let isRight = false;
  try {
    const report = await runOn(stage, options, say, signal);
    isRight = report.faults.length === 0;
    return report;
  } finally {
    await Promise.all([stage.kafka.stop(), stage.clickhouse.stop()]);
    if (isRight) await rm(options.folder, { recursive: true, force: true });
    else say(`Data and logs are kept in ${options.folder}`);
  }
}

async function runOn(
  stage: Stage,
  options: FaultsOptions,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<FaultsReport> {
  const startedAt = performance.now();
  const seconds = (since = startedAt): number => Math.round((performance.now() - since) / 100) / 10;
  const pipeline = await startPipeline({
    servers: stage.servers,
    partitions,
    collector: true,
    env: settings,
    folder: join(options.folder, 'members'),
  });
  const load = startLoad(pipeline, options.seed, options.rate);
  const blows = new Blows(pipeline, stage, seeded(options.seed));
  try {
    await dealAll(blows, load, options, signal, ({ kind, target }, count) =>
      say(
        `${seconds()} s, ${blows.dealt.length}/${options.kills}: ${kind} (${target}); ${count} events published`,
      ),
    );
    const lastBlowAt = performance.now();
    await blows.over();
    await load.end();
    say(`${seconds()} s: all is up; waiting until everything is counted.`);
    await sleep(dueWithinMs + cartAbandonAfterMs, undefined, { signal });
    await pipeline.counted(settleMs);
    const secondsToSettle = seconds(lastBlowAt);
    const published = load.published();
    say(
      `${seconds()} s: counted; comparing every view with the batch answer of ${published.events.length} events.`,
    );
    return {
      seed: options.seed,
      blows: blows.dealt,
      ownExits: blows.ownExits,
      published: { ...published, events: published.events.length },
      seconds: seconds(),
      secondsToSettle,
      faults: await verdict(pipeline, published),
    };
  } finally {
    load.drop();
    await pipeline.close();
  }
}

/** Deals all the blows, one after the other, while the load goes on. */
async function dealAll(
  blows: Blows,
  load: Load,
  { seed, kills, pause, seconds = Infinity }: FaultsOptions,
  signal: AbortSignal,
  onBlow: (blow: Blow, published: number) => void,
): Promise<void> {
  const draw = seeded(seed + 1);
  await sleep(warmUpMs, undefined, { signal });
  const until = performance.now() + seconds * 1_000;
  while (blows.dealt.length < kills && performance.now() < until) {
    await Promise.race([sleep(between(draw, 300, pause * 1_000), undefined, { signal }), load.failed]);
    const blow = await blows.deal();
    const { kafka, http } = load.published();
    onBlow(blow, kafka.records + http.events);
  }
}
