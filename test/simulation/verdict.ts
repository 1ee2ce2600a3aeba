/** What must be right at the end of a run. */
import { decodeCounters } from '@tidemark/events/counter-codec';
import { entityKeyFields } from '@tidemark/events/families';
import { factBlockCodec } from '@tidemark/events/fact-block-codec';
import type { Fact } from '@tidemark/metrics/definition/definition';
import { auditView, type Receipt } from '@tidemark/metrics/trust/audit.oracle';
import { committedRecords } from '../../packages/kafka/patched/committed-records.ts';
import { decodeRecordBatches, type KafkaRecord } from '../../packages/kafka/patched/record-batches.ts';
import { foldedOnce, totalsOf } from '../../packages/runtime/batch-answer.fixtures.ts';
import { byOracle, inTables } from './by-oracle.ts';
import { type Rows, rowOf } from './clickhouse.ts';
import type { Workload } from './load.ts';
import { storeFaults } from './stores.ts';
import { cartAbandonAfterMs, epochMs, names, partitions, type World, writers } from './world.ts';

const shownMax = 4;
/** Facts that no definition publishes. */
const ofRuntime = /^(progress|ingest_audit) /;
const codec = factBlockCodec();

type Columns = Readonly<Record<string, unknown>>;

/** All committed records of a topic, as they are. */
async function committedOf(
  world: World,
  topic: string,
): Promise<(KafkaRecord & { readonly partition: number })[]> {
  const records: (KafkaRecord & { readonly partition: number })[] = [];
  for (let partition = 0; partition < partitions; partition++) {
    const { bytes, aborted } = world.cluster.log({ topic, partition })!.whole;
    const batches = await decodeRecordBatches(bytes, (_, given) => Promise.resolve(given));
    for (const record of committedRecords(batches, aborted, 0)) records.push({ ...record, partition });
  }
  return records;
}

function rowsOf(facts: readonly Fact[]): Rows {
  const rows: Rows = new Map();
  for (const fact of facts) {
    const line = writers.get(fact.kind)!.write({ recorded_at: 0, facts: [{ ...fact, sign: 1, cause: '' }] });
    const { row } = rowOf(fact.kind, line);
    rows.set(row, (rows.get(row) ?? 0) + 1);
  }
  return rows;
}

/** The differences as text, empty when there is none. */
function differences(what: string, is: Rows, should: Rows, isLookedAt: (row: string) => boolean): string[] {
  const wrong = [...new Set([...is.keys(), ...should.keys()])].filter(
    (row) => (is.get(row) ?? 0) !== (should.get(row) ?? 0) && isLookedAt(row),
  );
  if (wrong.length === 0) return [];
  const shown = wrong
    .slice(0, shownMax)
    .map((row) => `${row} is there ${is.get(row) ?? 0} times, should be ${should.get(row) ?? 0}`);
  return [`${what}: ${wrong.length} wrong; ${shown.join('; ')}`];
}

/**
 * Compares all that the services wrote with what one fold over all events says.
 *
 * @param before Facts from this instant on may be there or not: their time is only just over.
 * @returns What is wrong, a sentence each.
 */
export async function verdict(world: World, load: Workload, before: number): Promise<string[]> {
  const expected = foldedOnce(world.definitions, load.events, before);
  const rows = rowsOf(expected);
  const { tables, rollups } = world.clickHouse.contents;
  const published: Rows = new Map();
  const audit: Columns[] = [];
  for (const { key, value } of await committedOf(world, names.facts)) {
    const kind = key!.toString();
    const block = codec.decode(kind, value!);
    if (kind === 'ingest_audit') audit.push(...block.facts);
    for (const line of writers.get(kind)!.write(block).split('\n').slice(0, -1)) {
      const { row, sign } = rowOf(kind, line);
      published.set(row, (published.get(row) ?? 0) + sign);
    }
  }
  const isOver = (row: string): boolean =>
    !ofRuntime.test(row) && Number(/"at":(-?\d+)/.exec(row)?.[1]) < before;
  const posted = load.publications.flatMap((one) => one.posted ?? []);
  const deadLetters = (await committedOf(world, names.deadLetters)).length;
  return [
    ...differences('topic facts', published, rows, isOver),
    ...differences('tables of ClickHouse', tables, rows, isOver),
    ...rollups.flatMap((rollup) => differences('a rollup of ClickHouse', rollup, tables, () => true)),
    ...differences(
      'purchases and carts, by the oracle',
      inTables(tables, before),
      byOracle(posted, before, cartAbandonAfterMs),
      () => true,
    ),
    ...(await counterFaults(world, load, before)),
    ...auditFaults(load, audit),
    ...(await storeFaults(world, (topic) => committedOf(world, topic))),
    ...(deadLetters === load.bad ? [] : [`${deadLetters} dead letters, should be ${load.bad}`]),
  ];
}

/**
 * The live counters add up to the facts. What falls due at the very end may be in them or not, so a total is right that was
 * right at `before` or is right now.
 */
async function counterFaults(world: World, load: Workload, before: number): Promise<string[]> {
  const byKey = new Map<string, Uint8Array>();
  for (const { partition, key, value } of await committedOf(world, names.counters))
    if (value === null) byKey.delete(`${partition} ${key!.toString()}`);
    else byKey.set(`${partition} ${key!.toString()}`, value);
  const totals = new Map<string, bigint>();
  for (const bytes of byKey.values()) {
    const { definition, values } = decodeCounters(bytes);
    if (definition === 'ingest') continue;
    for (const [series, value] of Object.entries(values))
      totals.set(series, (totals.get(series) ?? 0n) + value);
  }
  const right = [before, world.wallClock].map((clock) =>
    totalsOf(world.definitions, foldedOnce(world.definitions, load.events, clock)),
  );
  const wrong = [...new Set([totals, ...right].flatMap((one) => [...one.keys()]))].filter((series) =>
    right.every((one) => (one.get(series) ?? 0n) !== (totals.get(series) ?? 0n)),
  );
  if (wrong.length === 0) return [];
  const shown = wrong
    .slice(0, shownMax)
    .map((series) => `${series} is ${totals.get(series) ?? 0n}, should be ${right[0]!.get(series) ?? 0n}`);
  return [`counters: ${wrong.length} wrong; ${shown.join('; ')}`];
}

const counts = ['received', 'duplicates', 'voided', 'late', 'dead_lettered'] as const;

/** What was received, and what became of it: by the oracle of the audit, whatever the hour. */
function auditFaults({ publications }: Workload, audit: readonly Columns[]): string[] {
  const receipts = publications.map(({ at, family, posted }): Receipt => ({
    at: epochMs + at,
    family,
    key: entityKeyFields[family],
    source: posted === undefined ? '' : 'test',
    event: posted ?? null,
    deadLettered: posted === undefined,
  }));
  const added = (rows: readonly Columns[]): Map<string, number> => {
    const sums = new Map<string, number>();
    for (const row of rows)
      for (const count of counts) {
        const name = `${count} of ${String(row['family'])} from '${String(row['source'])}'`;
        sums.set(name, (sums.get(name) ?? 0) + Number(row[count]) * Number(row['sign'] ?? 1));
      }
    return sums;
  };
  const [is, should] = [added(audit), added(auditView(receipts, { zone: 'UTC' }))];
  return [...new Set([...is.keys(), ...should.keys()])].flatMap((name) =>
    (is.get(name) ?? 0) === (should.get(name) ?? 0)
      ? []
      : [`audit: ${name} is ${is.get(name) ?? 0}, should be ${should.get(name) ?? 0}`],
  );
}
