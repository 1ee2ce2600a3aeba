/** `npx tidemark bench state`: what the state costs: the processor's task on its store, without Kafka, over one partition. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { encodeEvent } from '@tidemark/events/codec';
import { entityKeyOf, familyOf } from '@tidemark/events/entity';
import type { Family } from '@tidemark/events/families';
import type { Event } from '@tidemark/events/types';
import { acceptJson } from '@tidemark/events/validate';
import { familyOfId } from '@tidemark/runtime/entity-id';
import { isHead } from '@tidemark/runtime/head';
import type { KeyedRecord } from '@tidemark/runtime/task';
import { TaskStore } from '../../services/processor/store.ts';
import { from1 } from './numbers.ts';
import { countIn, sizeOf, taskOn } from './state-rig.ts';

const { events, customers, cacheBytes, dir } = new Command('npx tidemark bench state')
  .description(
    'Counts events into the store of one partition, without Kafka. Prints the CPU time of an event in each tenth, what is resident,\n' +
      'bytes by family in state and store, how long a start takes, and how fast a store is restored from the records of a changelog.',
  )
  .option('--events <n>', 'events', from1, 1_000_000)
  .option('--customers <n>', 'customers', from1, 50_000)
  .option('--cache-bytes <n>', 'CACHE_BYTES of the processor', from1, 4_000_000)
  .option('--dir <folder>', 'where the store is made; a temporary folder when left out')
  .addHelpText(
    'after',
    '\nExamples:\n  npx tidemark bench state --events 100000 --customers 5000\n' +
      '  npx tidemark bench state --events 5000000 --customers 500000\n',
  )
  .parse()
  .opts<{ events: number; customers: number; cacheBytes: number; dir?: string }>();
const directory = dir ?? mkdtempSync(join(tmpdir(), 'tidemark-state-bench-'));
const stamp = { format: 3, cluster: 'bench', application: 'bench', partitions: 1 };
const batchEvents = 2_000;
const begin = Date.parse('2026-01-01T00:00:00Z');
const betweenMs = 250;

Buffer.poolSize = 64 * 1024;

let seed = 42;
const below = (limit: number): number => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((seed / 2 ** 32) * limit);
};

/** The mix of the bench of the whole: 20 % subscription, 20 % purchase, 30 % cart, 20 % contact, 10 % mention. */
function posted(index: number): Record<string, unknown> {
  const customer_id = `customer-${below(customers)}`;
  const at = begin + index * betweenMs;
  const envelope = { event_id: `event-${index}`, occurred_at: at };
  const share = below(10);
  if (share < 2)
    return {
      ...envelope,
      type: index % 3 === 0 ? 'subscription.changed' : 'subscription.renewed',
      customer_id,
      subscription_id: `s-${customer_id}`,
      plan_id: 'pro',
      interval: 'month',
      unit_amount: 1_000 + below(5) * 100,
      currency: 'EUR',
    };
  if (share < 4)
    return {
      ...envelope,
      type: 'purchase.completed',
      customer_id,
      purchase_id: `purchase-${index}`,
      amount: 4_200,
      currency: 'EUR',
      kind: 'product',
    };
  if (share < 7)
    return {
      ...envelope,
      type: (['cart.created', 'cart.item_added', 'cart.checked_out'] as const)[below(3)],
      cart_id: `cart-${Math.floor(index / 100)}-${below(10)}`,
      customer_id,
      value: 9_900,
      currency: 'EUR',
      channel: 'web',
    };
  if (share < 9)
    return {
      ...envelope,
      type: (['contact.opened', 'contact.message', 'contact.resolved'] as const)[below(3)],
      case_id: `case-${Math.floor(index / 100)}-${below(7)}`,
      customer_id,
      channel: 'email',
      direction: 'inbound',
    };
  return {
    ...envelope,
    type: 'mention.observed',
    mention_id: `mention-${index}`,
    channel: 'news',
    sentiment: 'positive',
  };
}

function eventOf(index: number): Event {
  const verdict = acceptJson(posted(index) as never, {
    now: begin + index * betweenMs + 1,
    defaultSource: 'bench',
  });
  if (!verdict.ok) throw new Error(JSON.stringify(verdict.errors));
  return verdict.event;
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

/** Resident memory, and of it what is mapped from files. */
function resident(): string {
  const [, all = 0, shared = 0] = readFileSync('/proc/self/statm', 'utf8').split(' ').map(Number);
  return `${megabytes(all * 4_096)} resident, of it ${megabytes(shared * 4_096)} mapped`;
}

let store = await TaskStore.open(directory);
let task = taskOn(store, cacheBytes);
let written = 0;
let writtenRecords = 0;

async function count(from: number, to: number): Promise<number> {
  let cpuUs = 0;
  for (let index = from; index < to; index += batchEvents) {
    const received = [];
    for (let at = index; at < Math.min(to, index + batchEvents); at++) {
      const event = eventOf(at);
      const family = familyOf(event.type);
      const bytes = encodeEvent(event);
      received.push({
        family,
        key: entityKeyOf(event),
        event,
        bytes,
        receivedAt: event.occurred_at,
        hop: 'first' as const,
      });
    }
    const started = process.cpuUsage();
    const wallClock = begin + (index + batchEvents) * betweenMs;
    const { entities } = await countIn(task, store, received, wallClock);
    if (store.unwritten > 4_000) await store.flush({ stamp, state: index, counters: index });
    const { user, system } = process.cpuUsage(started);
    cpuUs += user + system;
    for (const { value } of entities) written += value?.length ?? 0;
    writtenRecords += entities.length;
  }
  await store.flush({ stamp, state: to, counters: to });
  return cpuUs / (to - from);
}

console.log(`${events} events of ${customers} customers, one partition, batches of ${batchEvents}`);
for (let tenth = 0; tenth < 10; tenth++) {
  const us = await count(Math.floor((events * tenth) / 10), Math.floor((events * (tenth + 1)) / 10));
  console.log(
    `tenth ${tenth + 1}: ${us.toFixed(1)} us of CPU an event, ${resident()}, store ${megabytes(sizeOf(directory))}`,
  );
}
console.log(
  `changelog written: ${(written / events).toFixed(0)} bytes and ${(writtenRecords / events).toFixed(2)} records an event`,
);

const byFamily = new Map<Family, { entities: number; bytes: number }>();
const records: KeyedRecord[] = [];
for (let after = ''; ;) {
  const { ids, isEnd } = await store.walk({ after, limit: 10_000 });
  for (const id of ids) {
    const value = store.get('entities', id)!;
    records.push({ id, value: Buffer.from(value) });
    const family = familyOfId(id);
    const known = byFamily.get(family) ?? { entities: 0, bytes: 0 };
    byFamily.set(family, known);
    known.bytes += value.length + Buffer.byteLength(id);
    if (isHead(id)) known.entities++;
  }
  if (isEnd) break;
  after = ids.at(-1)!;
}
for (const [family, { entities, bytes }] of byFamily)
  if (entities > 0)
    console.log(
      `${family}: ${entities} entities, ${(bytes / entities).toFixed(0)} bytes each, keys included`,
    );

await store.close();
const startedAt = performance.now();
store = await TaskStore.open(directory);
task = taskOn(store, cacheBytes);
await count(events, events + 1);
console.log(`start with state to the first batch counted: ${(performance.now() - startedAt).toFixed(0)} ms`);
await store.close();

const restoredAt = `${directory}-restored`;
const restored = await TaskStore.open(restoredAt);
// A changelog is in order of change, not of keys.
for (let index = records.length - 1; index > 0; index--) {
  const other = below(index + 1);
  [records[index], records[other]] = [records[other]!, records[index]!];
}
// What was fetched lies in memory as it came.
const fetched = records.map(({ id, value }) => ({ id, value: Buffer.from(value!) }));
const [from, cpu] = [performance.now(), process.cpuUsage()];
let longestMs = 0;
let writing: Promise<void> = Promise.resolve();
for (let index = 0; index < records.length; index += 6_000) {
  const chunkAt = performance.now();
  const before = writing;
  writing = restored.restore('entities', fetched.slice(index, index + 6_000));
  await before;
  longestMs = Math.max(longestMs, performance.now() - chunkAt);
}
await writing;
const seconds = (performance.now() - from) / 1_000;
const { user, system } = process.cpuUsage(cpu);
console.log(
  `restore: ${records.length} records in ${seconds.toFixed(1)} s, ${(records.length / seconds).toFixed(0)} a second, ` +
    `${((user + system) / records.length).toFixed(1)} us of CPU each, longest chunk ${longestMs.toFixed(0)} ms`,
);
await restored.close();
rmSync(directory, { recursive: true });
rmSync(restoredAt, { recursive: true });
