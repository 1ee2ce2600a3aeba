/** One run: an upgrade and a way back, service by service under load, and the verdict. */
import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cartAbandonAfterMs, dueWithinMs } from '../faults/live-customers.ts';
import { type Load, startLoad } from '../faults/load.ts';
import { startServers } from '../faults/servers.ts';
import { verdict } from '../faults/verdict.ts';
import { nextRelease, releaseAt } from '../support/releases.ts';
import { type Member, type Pipeline, startPipeline } from '../support/pipeline.ts';

/** How to run it. */
export type UpgradeOptions = {
  /** The commit of the earlier release. */
  readonly from: string;
  /** Whether the later release has newer schemas of events; else it is this tree. */
  readonly newerSchemas: boolean;
  readonly seed: number;
  /** Events a second, about. */
  readonly rate: number;
  /** How long both stages last while no service is replaced, in seconds. */
  readonly seconds: number;
  /** Where servers, state, logs and trees are; kept when something is wrong. */
  readonly folder: string;
};

/** The result of a run. */
export type UpgradeReport = {
  readonly events: number;
  /** Replacements of a service, in order, e.g. `processor-1 to the later release`. */
  readonly replaced: readonly string[];
  /** Requests to the collectors that were made again. */
  readonly again: number;
  readonly errors: readonly string[];
};

const here = fileURLToPath(new URL('../..', import.meta.url));
const partitions = 4;
const settleMs = 240_000;
/** Who reads what another one writes is replaced before it, and goes back after it. */
const order = ['sink', 'live', 'processor', 'collector'];
/** The other way round than it should be: processors of the earlier release meet events of the later one, and wait. */
const collectorsFirst = ['collector', 'sink', 'live', 'processor'];

/**
 * Starts the earlier release, two instances of each service, and replaces them one by one by the later one, then back, then
 * forward again, while events arrive.
 *
 * @param say Called with lines about the progress.
 * @throws Error with the last lines of a service that did not become ready.
 */
export async function runUpgrade(
  options: UpgradeOptions,
  say: (line: string) => void,
): Promise<UpgradeReport> {
  const { folder, from } = options;
  await mkdir(folder, { recursive: true });
  const earlier = await releaseAt(from, join(folder, 'earlier'));
  const later = options.newerSchemas ? await nextRelease(join(folder, 'later')) : here;
  say('Starting Kafka, ClickHouse and the services of the earlier release.');
  const servers = await startServers(folder, undefined);
  let isRight = false;
  try {
    const pipeline = await startPipeline({
      servers: servers.addresses,
      partitions,
      collector: 2,
      live: 2,
      env: { CART_ABANDON_AFTER: `${cartAbandonAfterMs}ms` },
      folder: join(folder, 'members'),
      firstFrom: earlier,
    });
    const load = startLoad(pipeline, options.seed, options.rate);
    try {
      const env = { KAFKA_BROKERS: servers.addresses.brokers.join(','), PARTITIONS: String(partitions) };
      const replaced = await thereAndBack(pipeline, load, { ...options, earlier, later, env, say });
      await load.end();
      await sleep(dueWithinMs + cartAbandonAfterMs);
      await pipeline.counted(settleMs);
      const published = load.published();
      say(`Comparing every view with the batch answer of ${published.events.length} events.`);
      const errors = await verdict(pipeline, published);
      isRight = errors.length === 0;
      return { events: published.events.length, replaced, again: published.http.again, errors };
    } finally {
      load.drop();
      await pipeline.close();
    }
  } finally {
    await servers.stop();
    if (isRight) await rm(folder, { recursive: true, force: true });
    else say(`Data and logs are kept in ${folder}`);
  }
}

type Way = UpgradeOptions & {
  readonly earlier: string;
  readonly later: string;
  readonly env: Readonly<Record<string, string>>;
  readonly say: (line: string) => void;
};

async function thereAndBack(pipeline: Pipeline, load: Load, way: Way): Promise<string[]> {
  const { earlier, later, say } = way;
  const replaced: string[] = [];
  const replaceAll = async (services: readonly string[], tree: string): Promise<void> => {
    const which = tree === later ? 'later' : 'earlier';
    for (const service of services)
      for (const member of pipeline.members.filter(({ name }) => name.startsWith(`${service}-`))) {
        await replace(member, tree);
        replaced.push(`${member.name} to the ${which} release`);
        say(`${replaced.at(-1)}; ${load.published().events.length} events published`);
      }
    await Promise.race([sleep(way.seconds * 1_000), load.failed]);
  };
  await Promise.race([sleep(way.seconds * 1_000), load.failed]);
  const topics = [join(later, 'services/topics/main.ts')];
  await promisify(execFile)(process.execPath, topics, { env: { ...process.env, ...way.env } });
  const forward = way.newerSchemas ? collectorsFirst : order;
  await replaceAll(forward, later);
  // With newer events in the topics there is no way back for the processors: they would wait.
  await replaceAll(way.newerSchemas ? ['collector'] : order.toReversed(), earlier);
  await replaceAll(forward, later);
  return replaced;
}

async function replace(member: Member, tree: string): Promise<void> {
  await member.stop();
  member.start(tree);
  await member.ready();
}
