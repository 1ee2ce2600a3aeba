import { measured } from '../servers.ts';
import type { Rig } from './rig.ts';

/** What the system has done since its start, by name; each only grows. */
export type Counts = Readonly<Record<(typeof names)[number], number>>;

const names = [
  'counted',
  'transactions',
  'blocks',
  'facts',
  'inserts',
  'rowsInserted',
  'parts',
  'merges',
  'rowsMerged',
  'filesOpened',
  'queries',
] as const;

/** ClickHouse's names of its own counters. A part is made by an insert, of a table or of a view; merged ones are apart. */
const clickHouseEvents = [
  ['InsertQuery'],
  ['InsertedRows'],
  ['InsertedCompactParts', 'InsertedWideParts'],
  ['Merge'],
  ['MergedRows'],
  ['FileOpen'],
  ['Query'],
] as const;

/** Reads all counters: of the processor, of the sink, of ClickHouse. */
export async function readCounts({ bench, services }: Rig): Promise<Counts> {
  const processor = await measured(
    services.processor,
    'tidemark_processor_records_total',
    'tidemark_processor_transaction_seconds_count',
  );
  const sink = await measured(
    services.sink,
    'tidemark_sink_blocks_inserted_total',
    'tidemark_sink_rows_inserted_total',
  );
  const sums = clickHouseEvents.map(
    (events) => `sumIf(value, event IN (${events.map((event) => `'${event}'`).join()}))`,
  );
  const clickHouse = await bench.query(`SELECT ${sums.join()} FROM system.events`);
  const values = [...processor, ...sink, ...clickHouse.split('\t').map(Number)];
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? 0])) as Counts;
}

/** What was done between two readings, a second. */
export function perSecond(before: Counts, after: Counts, seconds: number): Counts {
  return Object.fromEntries(names.map((name) => [name, (after[name] - before[name]) / seconds])) as Counts;
}
