/** `npx tidemark bench state-year`: how large the state of a steady business becomes, month by month, on a clock that runs ahead. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { parseNumber } from '@tidemark/command/arguments';
import { isHead } from '@tidemark/runtime/head';
import type { Output, Received } from '@tidemark/runtime/task';
import { formatVersion } from '../../services/processor/stamp.ts';
import { TaskStore } from '../../services/processor/store.ts';
import { eventsIn, eventsOf, fullMonth } from './state-year-events.ts';
import { picture } from './state-year-picture.ts';
import { countIn, sizeOf, taskOn } from './state-rig.ts';

const options = new Command('npx tidemark bench state-year')
  .description(
    'Counts the months of a steady business into one partition, without Kafka, on a clock that runs ahead, and says how large\n' +
      'its store, its part of topic state and the archive are at the end of each, and how long a start then takes.\n' +
      'A month of full size has 2.5 million entities of one event (30 million a year) and 300,000 carts.',
  )
  .option('--scale <part>', 'the part of the full size that is counted', parseNumber(0.0001, 1), 0.001)
  .option(
    '--months <n>',
    'months of 30 days; what is counted first is forgotten in the 15th',
    parseNumber(1, 120),
    18,
  )
  .option('--svg <file>', 'draw a picture into this file, anew each month')
  .option('--json', 'print the figures as JSON to stdout', false)
  .addHelpText(
    'after',
    '\nExamples:\n  npx tidemark bench state-year                                       a thousandth, a minute\n' +
      '  npx tidemark bench state-year --scale 0.05 --svg state.svg       some ten minutes, with a picture\n' +
      '  npx tidemark bench state-year --json > state.json\n\n' +
      'The walk, which forgets, comes by once a month here, at its end; at full size a real one takes four days.\n',
  )
  .parse()
  .opts<{ scale: number; months: number; svg?: string; json: boolean }>();

/** The figures at the end of a month. */
type Month = {
  readonly month: number;
  readonly entities: number;
  /** Topic `state` once it is compacted: the last record of each key, keys included. */
  readonly state_bytes: number;
  /** What the month wrote to topic `state`. */
  readonly written_bytes: number;
  readonly store_bytes: number;
  /** All that was archived so far, before the broker compresses it. */
  readonly archive_bytes: number;
  /** From nothing to the first batch counted. */
  readonly start_ms: number;
};

const hourMs = 3_600_000;
const stepMs = 6 * hourMs;
const stepsPerMonth = 120;
const monthMs = stepsPerMonth * stepMs;
/** The retention of all four families, and a month in which what was received in time may wait in its topic. */
const forgottenAfterDays = 431;
const begin = Date.parse('2026-01-01T00:00:00Z');
const stamp = { format: formatVersion, cluster: 'bench', application: 'bench', partitions: 1 };
const flushAt = 4_000;
const batchEvents = 2_000;

const directory = mkdtempSync(join(tmpdir(), 'tidemark-state-year-'));
const say = (text: string): void => void process.stderr.write(`${text}\n`);

let store = await TaskStore.open(directory);
let task = taskOn(store);
let clock = begin;
let entities = 0;
let first = 0;
/** Bytes of the last record of each key. */
const last = new Map<string, number>();
const bytes = { state: 0, written: 0, archive: 0 };

function noted({ entities: records, archive }: Output): void {
  for (const { id, value } of records) {
    const size = value === null ? 0 : value.length + Buffer.byteLength(id);
    const known = last.get(id);
    bytes.state += size - (known ?? 0);
    bytes.written += size;
    if (isHead(id)) entities += (value === null ? 0 : 1) - (known === undefined ? 0 : 1);
    if (value === null) last.delete(id);
    else last.set(id, size);
  }
  for (const { value } of archive) bytes.archive += value?.length ?? 0;
}

async function count(received: readonly Received[]): Promise<void> {
  noted(await countIn(task, store, received, clock));
  if (store.unwritten > flushAt) await flush();
}

async function flush(): Promise<void> {
  await store.flush({ stamp, state: first, counters: first });
}

async function countMonth(): Promise<void> {
  const part = options.scale / stepsPerMonth;
  for (let step = 0; step < stepsPerMonth; step++) {
    const received = eventsOf({
      fromMs: clock,
      lengthMs: stepMs,
      oneEventEntities: Math.round(fullMonth.oneEventEntities * part),
      carts: Math.round(fullMonth.carts * part),
      first,
    });
    first += Math.max(received.length, 1);
    clock += stepMs;
    for (let from = 0; from < received.length; from += batchEvents)
      await count(received.slice(from, from + batchEvents));
  }
}

/** The walk goes on by itself from batch to batch, until it has come to its end and pauses. */
async function walkOnce(): Promise<void> {
  while (task.walk(clock + 1_000) !== undefined) {
    clock += 1_000;
    await count([]);
  }
}

async function startAnew(): Promise<number> {
  await flush();
  await store.close();
  const startedAt = performance.now();
  store = await TaskStore.open(directory);
  task = taskOn(store);
  for (const key of await store.counterKeys()) task.restoreBucket(key);
  await count(eventsOf({ fromMs: clock, lengthMs: 1, oneEventEntities: 1, carts: 0, first: first++ }));
  return Math.round(performance.now() - startedAt);
}

const cell = (text: string | number): string => String(text).padStart(12);
const megabytes = (value: number): string => cell(`${(value / 1e6).toFixed(1)} MB`);
const months: Month[] = [];
const startedAt = performance.now();
say(`${eventsIn(fullMonth) * options.scale} events a month, a ${options.scale} of the full size`);
say(['month', 'entities', 'topic state', 'written', 'store', 'archive', 'start'].map(cell).join(''));
try {
  for (let month = 1; month <= options.months; month++) {
    bytes.written = 0;
    await countMonth();
    await walkOnce();
    const start_ms = await startAnew();
    const line: Month = {
      month,
      entities,
      state_bytes: bytes.state,
      written_bytes: bytes.written,
      store_bytes: sizeOf(directory),
      archive_bytes: bytes.archive,
      start_ms,
    };
    months.push(line);
    const sizes = [line.state_bytes, line.written_bytes, line.store_bytes, line.archive_bytes];
    say([cell(month), cell(entities), ...sizes.map(megabytes), cell(`${start_ms} ms`)].join(''));
    if (options.svg !== undefined) writeFileSync(options.svg, pictureOf(months));
  }
} finally {
  await store.close();
  rmSync(directory, { recursive: true });
}
say(`${Math.round((performance.now() - startedAt) / 1000)} s`);
if (options.json) process.stdout.write(`${JSON.stringify({ scale: options.scale, months }, null, 2)}\n`);

function pictureOf(all: readonly Month[]): string {
  const perYear = (12 * fullMonth.oneEventEntities * options.scale).toLocaleString('en');
  const perMonth = (fullMonth.carts * options.scale).toLocaleString('en');
  const curve = (name: string, color: string, of: (month: Month) => number) => ({
    name,
    color,
    values: all.map(of),
  });
  return picture(
    `One partition, ${perYear} one-event entities a year and ${perMonth} carts a month`,
    [
      {
        title: 'megabytes',
        curves: [
          curve('topic state, compacted', '#1f6feb', ({ state_bytes }) => state_bytes / 1e6),
          curve('store on disk', '#b35900', ({ store_bytes }) => store_bytes / 1e6),
          curve('archive', '#8a8f98', ({ archive_bytes }) => archive_bytes / 1e6),
        ],
      },
      { title: 'entities', curves: [curve('in the state', '#1a7f37', ({ entities: count_ }) => count_)] },
      {
        title: 'milliseconds from start to the first batch',
        curves: [curve('start', '#8250df', ({ start_ms }) => start_ms)],
      },
    ],
    {
      month: (forgottenAfterDays * 24 * hourMs) / monthMs,
      text: `${forgottenAfterDays} days: the first are forgotten`,
    },
  );
}
