/**
 * How large the state of a steady business becomes, month by month, on a clock that runs ahead: one partition, mentions and
 * carts, of which some are abandoned.
 *
 *   node scripts/bench/state-year.ts [--months 20] [--per-month 6000]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { encodeEvent } from '@tidemark/events/codec';
import { entityKeyOf, familyOf } from '@tidemark/events/entity';
import { acceptJson } from '@tidemark/events/validate';
import { isHead } from '@tidemark/runtime/head';
import { TaskStore } from '../../services/processor/store.ts';
import { countIn, sizeOf, taskOn } from './state-rig.ts';

const { values: flags } = parseArgs({
  options: { months: { type: 'string', default: '20' }, 'per-month': { type: 'string', default: '6000' } },
});
const months = Number(flags.months);
const perMonth = Number(flags['per-month']);
const hourMs = 3_600_000;
const hoursPerMonth = 30 * 24;
const stepHours = 12;
const begin = Date.parse('2026-01-01T00:00:00Z');
const stamp = { format: 3, cluster: 'bench', application: 'bench', partitions: 1 };
const directory = mkdtempSync(join(tmpdir(), 'tidemark-state-year-'));
let store = await TaskStore.open(directory);
let task = taskOn(store);
/** The changelog after compaction: the last record of each key, and what is archived. */
const changelog = new Map<string, number>();
let archived = 0;
let count = 0;

function posted(index: number, at: number): Record<string, unknown> {
  const envelope = { event_id: `event-${index}`, occurred_at: at };
  if (index % 5 < 3)
    return {
      ...envelope,
      type: 'mention.observed',
      mention_id: `m-${index}`,
      channel: 'news',
      sentiment: 'neutral',
    };
  const cart = {
    cart_id: `cart-${Math.floor(index / 10)}-${index % 2}`,
    value: 9_900,
    currency: 'EUR',
    channel: 'web',
  };
  return { ...envelope, ...cart, type: index % 10 === 9 ? 'cart.checked_out' : 'cart.item_added' };
}

console.log('month  entities   state topic   store on disk   archived events’ bytes   start');
for (let month = 1; month <= months; month++) {
  for (let hours = 0; hours < hoursPerMonth; hours += stepHours) {
    const from = begin + ((month - 1) * hoursPerMonth + hours) * hourMs;
    const events = Math.round((perMonth * stepHours) / hoursPerMonth);
    const received = Array.from({ length: events }, (_, place) => {
      const at = from + Math.floor((place * stepHours * hourMs) / events);
      const verdict = acceptJson(posted(count++, at) as never, { now: at, defaultSource: 'bench' });
      if (!verdict.ok) throw new Error(JSON.stringify(verdict.errors));
      const { event } = verdict;
      const bytes = encodeEvent(event);
      return {
        family: familyOf(event.type),
        key: entityKeyOf(event),
        event,
        bytes,
        receivedAt: at,
        hop: 'first' as const,
      };
    });
    // A batch with events, and what of the walk a real twelve hours have time for, scaled.
    for (let part = 0; part < 20; part++) {
      const clock = from + stepHours * hourMs + part * 2_000;
      const output = await countIn(task, store, part === 0 ? received : [], clock);
      for (const { id, value } of output.entities)
        if (value === null) changelog.delete(id);
        else changelog.set(id, value.length + Buffer.byteLength(id));
      for (const { value } of output.archive) archived += value?.length ?? 0;
    }
    await store.flush({ stamp, state: count, counters: count });
  }
  await store.close();
  const startedAt = performance.now();
  store = await TaskStore.open(directory);
  task = taskOn(store);
  await countIn(task, store, [], begin + month * hoursPerMonth * hourMs);
  const startMs = performance.now() - startedAt;
  const entities = [...changelog.keys()].filter(isHead).length;
  const topic = [...changelog.values()].reduce((sum, bytes) => sum + bytes, 0);
  const cells = [
    month,
    entities,
    ...[topic, sizeOf(directory), archived].map((bytes) => `${(bytes / 1e6).toFixed(2)} MB`),
  ];
  console.log(`${cells.map((cell) => String(cell).padStart(10)).join('   ')}   ${startMs.toFixed(0)} ms`);
}
await store.close();
rmSync(directory, { recursive: true });
