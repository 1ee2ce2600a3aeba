/**
 * Three queries of Nexmark on our runtime: `npx tidemark bench nexmark`. Each reads the same events as bytes, decodes all of them,
 * keeps its state in the processor's store, and hands its facts to nobody. Without Kafka, one partition.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Argument, Command } from 'commander';
import { decodeCounters, encodeCounters } from '@tidemark/events/counter-codec';
import { isHead } from '@tidemark/runtime/head';
import { Task, type Received } from '@tidemark/runtime/task';
import { TaskStore } from '../../services/processor/store.ts';
import { othersLine, usageDuring } from './machine/usage.ts';
import { decode, encode, type NexmarkEvent } from './nexmark/events.ts';
import { nexmarkFamily } from './nexmark/family.ts';
import { nexmark } from './nexmark/generator.ts';
import { queries, type Query } from './nexmark/queries.ts';
import { from1 } from './numbers.ts';
import { countIn, sizeOf } from './state-rig.ts';

const command = new Command('bench:nexmark')
  .description('Events per core second of three of Nexmark’s queries.')
  .addArgument(new Argument('[query...]', 'which of them').choices(Object.keys(queries)))
  .option('--events <n>', 'events', from1, 1_000_000)
  .option('--per-second <n>', 'events a second of event time', from1, 10_000)
  .option('--seed <n>', 'another seed, other events', from1, 1)
  .option('--json', 'print JSON instead of text', false)
  .addHelpText(
    'after',
    '\nExamples:\n  npx tidemark bench nexmark\n  npx tidemark bench nexmark q4 --events 200000\n',
  )
  .parse();
const options = command.opts<{ events: number; perSecond: number; seed: number; json: boolean }>();
const [asked] = command.processedArgs as [readonly (keyof typeof queries)[]];
const from = Date.parse('2026-01-01T00:00:00Z');
const batchEvents = 2_000;
const cacheBytes = 4_000_000;
const stamp = { format: 3, cluster: 'bench', application: 'nexmark', partitions: 1 };

for (const name of asked.length > 0 ? asked : (Object.keys(queries) as (keyof typeof queries)[])) {
  process.stderr.write(`${name}: ${queries[name].summary} …\n`);
  const { result, usage } = await usageDuring([{ name: 'bench', pid: process.pid }], () =>
    answer(queries[name]),
  );
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ query: name, events: options.events, ...result, usage })}\n`
      : `${name.padEnd(4)} ${result.eventsPerCoreSecond} events per core second (second half ${result.warmEventsPerCoreSecond}) · ` +
          `${result.read} events read · ${result.facts} facts · ${result.entities} entities · store ${result.storeMb} MB\n     ${othersLine(usage)}\n`,
  );
}

async function answer(query: Query) {
  const dir = mkdtempSync(join(tmpdir(), 'tidemark-nexmark-'));
  const store = await TaskStore.open(dir);
  const task = taskOf(query, store);
  const { events, seed, perSecond: eventsPerSecond } = options;
  const source = nexmark({ events, seed, from, eventsPerSecond });
  let [read, facts, cpuUs, halfUs] = [0, 0, 0, 0];
  const entities = new Set<string>();
  for (let done = 0; done < events; done += batchEvents) {
    const batch = taken(source, Math.min(batchEvents, events - done));
    const wallClock = from + Math.floor(((done + batch.length) * 1_000) / eventsPerSecond);
    const started = process.cpuUsage();
    const received = batch.flatMap((bytes) => receivedOf(query, bytes));
    const output = await countIn(task, store, received, wallClock);
    if (store.unwritten > 4_000) await store.flush({ stamp, state: done, counters: done });
    const { user, system } = process.cpuUsage(started);
    cpuUs += user + system;
    if (done < events / 2) halfUs = cpuUs;
    read += received.length;
    for (const signed of output.facts.values()) facts += signed.length;
    for (const { id, value } of output.entities) if (isHead(id) && value !== null) entities.add(id);
  }
  await store.flush({ stamp, state: events, counters: events });
  const storeMb = Math.round(sizeOf(dir) / 1e6);
  await store.close();
  rmSync(dir, { recursive: true });
  return {
    eventsPerCoreSecond: Math.round((events / cpuUs) * 1e6),
    warmEventsPerCoreSecond: Math.round((events / 2 / (cpuUs - halfUs)) * 1e6),
    read,
    facts,
    entities: entities.size,
    storeMb,
  };
}

function taken(source: Iterator<NexmarkEvent>, count: number): Buffer[] {
  return Array.from({ length: count }, () => encode(source.next().value as NexmarkEvent));
}

/** What a query reads of an event: all are decoded, since that takes their type. */
function receivedOf({ keyOf }: Query, bytes: Buffer): Received[] {
  const event = decode(bytes);
  const key = keyOf(event);
  const family = nexmarkFamily;
  return key === undefined
    ? []
    : [{ family, key, event, bytes, receivedAt: event.occurred_at, hop: 'first' }];
}

function taskOf({ definition }: Query, store: TaskStore): Task {
  return new Task({
    definitions: [definition],
    partition: 0,
    codec: {
      decodeEvent: (_family, bytes) => decode(bytes),
      encodeCounters,
      decodeCounters,
      allocate: (size) => Buffer.allocUnsafe(size),
    },
    entities: { get: (id) => store.get('entities', id) },
    counters: { get: (id) => store.get('counters', id) },
    cacheBytes,
    wakesPerBatchMax: 4_000,
  });
}
