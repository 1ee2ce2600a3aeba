/** One run: the pipeline under load, blows, and the verdict. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { between } from '../support/histories/draw.ts';
import { seeded } from '../support/histories.ts';
import { startPipeline } from '../support/pipeline.ts';
import { type Blow, Blows, type OwnExit } from './blows.ts';
import { cartAbandonAfterMs, dueWithinMs } from './living.ts';
import { type Published, startLoad } from './load.ts';
import { startStage } from './stage.ts';
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
  const startedAt = performance.now();
  const seconds = (since = startedAt): number => Math.round((performance.now() - since) / 100) / 10;
  await mkdir(options.folder, { recursive: true });
  say('Starting Kafka, ClickHouse and the services.');
  const stage = await startStage(options.folder);
  const pipeline = await startPipeline({
    servers: stage.servers,
    partitions,
    collector: true,
    env: {
      CART_ABANDON_AFTER: `${cartAbandonAfterMs}ms`,
      // Hardly ever at rest: most blows fall between a write and its commit.
      COMMIT_INTERVAL: '10ms',
      SINK_BLOCK_INTERVAL: '10ms',
    },
    folder: join(options.folder, 'members'),
  });
  let faults: string[] = ['the run was broken off'];
  try {
    const draw = seeded(options.seed);
    const blows = new Blows(pipeline, stage, draw);
    const load = startLoad(pipeline, options.seed, options.rate);
    await sleep(2_000, undefined, { signal });
    const blowsFrom = performance.now();
    while (blows.dealt.length < options.kills && seconds(blowsFrom) < (options.seconds ?? Infinity)) {
      await Promise.race([
        sleep(between(draw, 300, options.pause * 1_000), undefined, { signal }),
        load.failed,
      ]);
      const { kind, target } = await blows.deal();
      const { kafka, http } = load.published();
      const count = kafka.records + http.events;
      say(
        `${seconds()} s, ${blows.dealt.length}/${options.kills}: ${kind} (${target}); ${count} events published`,
      );
    }
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
    faults = await verdict(pipeline, published);
    return {
      seed: options.seed,
      blows: blows.dealt,
      ownExits: blows.ownExits,
      published: { ...published, events: published.events.length },
      seconds: seconds(),
      secondsToSettle,
      faults,
    };
  } finally {
    await pipeline.close();
    await Promise.all([stage.kafka.stop(), stage.clickhouse.stop()]);
    if (faults.length === 0) await rm(options.folder, { recursive: true, force: true });
    else say(`Data and logs are kept in ${options.folder}`);
  }
}
