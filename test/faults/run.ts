/** One run: the pipeline under load, faults, and the verdict. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { between } from '@tidemark/metrics/histories/draw.fixtures';
import { seeded } from '../support/histories.ts';
import { startPipeline } from '../support/pipeline.ts';
import { type Fault, FaultInjector, type OwnExit } from './injector.ts';
import { cartAbandonAfterMs, dueWithinMs } from './live-customers.ts';
import { type Load, type Published, startLoad } from './load.ts';
import { type Servers, startServers } from './servers.ts';
import { verdict } from './verdict.ts';

/** How to run it. */
export type FaultsOptions = {
  readonly kills: number;
  readonly seed: number;
  /** Events a second, about. */
  readonly rate: number;
  /** Most seconds between two faults. */
  readonly pause: number;
  /** No fault is injected after this many seconds; without it there is no limit. */
  readonly seconds?: number;
  /** Whether Kafka is three brokers with TLS and login. */
  readonly cluster?: boolean;
  /** A checkout of an earlier release: each member runs its code until it is started again. */
  readonly from?: string;
  /** Where servers, state and logs are; kept when something is wrong. */
  readonly folder: string;
};

/** The result of a run. */
export type FaultsReport = {
  readonly seed: number;
  readonly cluster: boolean;
  readonly injected: readonly Fault[];
  /** Members that ended of themselves, and were started again. */
  readonly ownExits: readonly OwnExit[];
  /** Requests to brokers that were lost, delayed or repeated, or whose answers were. */
  readonly harmedRequests: number;
  /** Files of stores that were damaged, a sentence each. */
  readonly damages: readonly string[];
  readonly published: Omit<Published, 'events'> & { readonly events: number };
  readonly seconds: number;
  /** Seconds from the last fault until everything was counted. */
  readonly secondsToSettle: number;
  /** The wrong numbers, a paragraph each; empty when everything is right. */
  readonly errors: readonly string[];
};

const partitions = 3;
const settleMs = 900_000;
const warmUpMs = 2_000;
const settings = {
  CART_ABANDON_AFTER: `${cartAbandonAfterMs}ms`,
  // The services are hardly ever idle: most faults come between a write and its commit.
  COMMIT_INTERVAL: '10ms',
  SINK_BLOCK_INTERVAL: '10ms',
};

/**
 * Starts the pipeline, injects the faults under load, waits until everything is counted, and compares.
 *
 * @param say Called with lines about the progress.
 * @param signal Stops the run.
 */
export async function runFaults(
  options: FaultsOptions,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<FaultsReport> {
  await mkdir(options.folder, { recursive: true });
  say('Starting Kafka, ClickHouse and the services.');
  const cluster = options.cluster === true ? seeded(options.seed + 2) : undefined;
  const servers = await startServers(options.folder, cluster);
  let isRight = false;
  try {
    const report = await runOn(servers, options, say, signal);
    isRight = report.errors.length === 0;
    return report;
  } finally {
    await servers.stop();
    if (isRight) await rm(options.folder, { recursive: true, force: true });
    else say(`Data and logs are kept in ${options.folder}`);
  }
}

async function runOn(
  servers: Servers,
  options: FaultsOptions,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<FaultsReport> {
  const startedAt = performance.now();
  const seconds = (since = startedAt): number => Math.round((performance.now() - since) / 100) / 10;
  const pipeline = await startPipeline({
    servers: servers.addresses,
    partitions,
    collector: true,
    // Whatever runs beside it on these brokers; a release that knows no prefix has none.
    env: { ...settings, KAFKA_PREFIX: options.from === undefined ? 'faults.' : '' },
    folder: join(options.folder, 'members'),
    firstFrom: options.from,
  });
  const load = startLoad(pipeline, options.seed, options.rate);
  const injector = new FaultInjector(pipeline, servers, seeded(options.seed));
  try {
    await injectAll(injector, load, options, signal, ({ kind, target }, count) =>
      say(
        `${seconds()} s, ${injector.injected.length}/${options.kills}: ${kind} (${target}); ${count} events published`,
      ),
    );
    const lastFaultAt = performance.now();
    await injector.over();
    for (const member of pipeline.members.filter(({ isEarlier }) => isEarlier)) {
      await member.stop();
      member.start();
      await member.ready();
    }
    await load.end();
    say(`${seconds()} s: all is up; waiting until everything is counted.`);
    const aheadMs = Math.max(0, injector.aheadUntil - Date.now());
    await sleep(Math.max(aheadMs, dueWithinMs + cartAbandonAfterMs), undefined, { signal });
    await pipeline.counted(settleMs);
    const secondsToSettle = seconds(lastFaultAt);
    const published = load.published();
    say(
      `${seconds()} s: counted; comparing every view with the batch answer of ${published.events.length} events.`,
    );
    return {
      seed: options.seed,
      cluster: options.cluster === true,
      injected: injector.injected,
      ownExits: injector.ownExits,
      harmedRequests: servers.proxies.reduce((sum, { harmed }) => sum + harmed, 0),
      damages: injector.damages,
      published: { ...published, events: published.events.length },
      seconds: seconds(),
      secondsToSettle,
      errors: await verdict(pipeline, published),
    };
  } finally {
    load.drop();
    await pipeline.close();
  }
}

/** Injects all faults, one after the other, while the load goes on. */
async function injectAll(
  injector: FaultInjector,
  load: Load,
  { seed, kills, pause, seconds = Infinity }: FaultsOptions,
  signal: AbortSignal,
  onFault: (fault: Fault, published: number) => void,
): Promise<void> {
  const draw = seeded(seed + 1);
  await sleep(warmUpMs, undefined, { signal });
  const until = performance.now() + seconds * 1_000;
  while (injector.injected.length < kills && performance.now() < until) {
    await Promise.race([sleep(between(draw, 300, pause * 1_000), undefined, { signal }), load.failed]);
    const fault = await injector.inject();
    const { kafka, http } = load.published();
    onFault(fault, kafka.records + http.events);
  }
}
