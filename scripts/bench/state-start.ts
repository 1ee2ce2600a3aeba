/** `npx tidemark bench state-start`: how long a start takes with a store of very many entities, and what of it takes how long. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { encodeCounters } from '@tidemark/events/counter-codec';
import { familyOfId } from '@tidemark/runtime/entity-id';
import { definitionsWith } from '@tidemark/metrics';
import { defaultMetricSettings } from '@tidemark/metrics/settings';
import { bucketKey, bucketMs } from '@tidemark/runtime/counters';
import { formatVersion } from '../../services/processor/stamp.ts';
import { TaskStore } from '../../services/processor/store.ts';
import { wholeFrom } from './numbers.ts';
import { eventsOf } from './state-year-events.ts';
import { countIn, sizeOf, taskOn } from './state-rig.ts';

const { entities, starts } = new Command('npx tidemark bench state-start')
  .description(
    'Fills the store of one partition with entities of one event and carts, and with counters of 100 days in every quarter\n' +
      'hour, and starts a task on it. The entities are a thousand real ones under other keys.',
  )
  .option('--entities <n>', 'entities in the store', wholeFrom(1_000), 1_000_000)
  .option('--starts <n>', 'starts that are measured', (text) => Number(text), 3)
  .parse()
  .opts<{ entities: number; starts: number }>();

const stamp = { format: formatVersion, cluster: 'bench', application: 'bench', partitions: 1 };
const begin = Date.parse('2026-01-01T00:00:00Z');
const dayMs = 86_400_000;
const countedDays = 100;
const clock = begin + countedDays * dayMs;
const directory = mkdtempSync(join(tmpdir(), 'tidemark-state-start-'));
const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function fill(): Promise<void> {
  const store = await TaskStore.open(directory);
  const task = taskOn(store);
  const stretch = { fromMs: clock - dayMs, lengthMs: dayMs, oneEventEntities: 900, carts: 100, first: 0 };
  const output = await countIn(task, store, eventsOf(stretch), clock);
  await store.flush({ stamp, state: 1, counters: 1 });
  const heads = output.entities.filter(({ id }) => id.indexOf('\u0000') > 0);
  for (let copy = 1; copy < entities / heads.length; copy++)
    await store.restore(
      'entities',
      heads.map(({ id, value }) => ({
        id: `${familyOfId(id)}\u0000${spread(copy)}-${id.split('\u0000')[1]}`,
        value,
      })),
    );
  const names = definitionsWith(defaultMetricSettings)
    .filter(({ counters }) => Object.keys(counters).length > 0)
    .map(({ name }) => name);
  for (let bucket = clock - countedDays * dayMs; bucket < clock; bucket += bucketMs)
    await store.restore(
      'counters',
      names.map((definition) => ({
        id: bucketKey(definition, bucket),
        value: encodeCounters({ definition, bucket, values: { '["a"]': 1n } }),
      })),
    );
  await store.flush({ stamp, state: 2, counters: 2 });
  await store.close();
}

/** Neighbours in time are no neighbours among keys. */
function spread(copy: number): string {
  return (Math.imul(copy, 2_654_435_761) >>> 0).toString(36);
}

async function start(first: number): Promise<string> {
  const times: string[] = [];
  const [startedAt, startedWith] = [performance.now(), process.cpuUsage()];
  let [at, usage] = [startedAt, startedWith];
  const done = (what: string): void => {
    times.push(`${what} ${took(at, usage)}`);
    [at, usage] = [performance.now(), process.cpuUsage()];
  };
  const store = await TaskStore.open(directory);
  done('open and verify');
  const task = taskOn(store);
  for (const key of await store.counterKeys()) task.restoreBucket(key);
  done('keys of counters');
  const stretch = { fromMs: clock, lengthMs: 1_000, oneEventEntities: 20, carts: 5, first };
  await countIn(task, store, eventsOf(stretch), clock + 1_000);
  done('first batch');
  const all = took(startedAt, startedWith);
  await store.close();
  return `${all}: ${times.join(', ')}`;
}

/** Time that passed, and in brackets the CPU time of all threads: on a busy machine they differ. */
function took(since: number, usage: NodeJS.CpuUsage): string {
  const { user, system } = process.cpuUsage(usage);
  return `${(performance.now() - since).toFixed(0)} ms (${((user + system) / 1_000).toFixed(0)})`;
}

try {
  await fill();
  say(`${entities} entities, ${(sizeOf(directory) / 1e6).toFixed(0)} MB on disk`);
  for (let count = 0; count < starts; count++) say(await start(2_000_000_000 + 100 * count));
} finally {
  rmSync(directory, { recursive: true });
}
