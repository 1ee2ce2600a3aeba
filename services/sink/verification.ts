/**
 * Rollups against the facts behind them, some days of one at a time, for as long as the sink runs. An insert puts facts and
 * what rollups add up of them into several parts, so that a moment's difference is nothing: only what differs in the same
 * way several times is a fault.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import { rowsOf } from '@tidemark/clickhouse/client';
import { type Databases, inDatabases } from '@tidemark/clickhouse/databases';
import { metricFamilies } from '@tidemark/metrics';
import { type RollupCheck, rollupChecks } from '@tidemark/metrics/sql/verification';
import type { Log } from '@tidemark/service/log';

/** What is reported of each check. */
export type VerificationTelemetry = {
  readonly checked: (table: string, differences: number) => void;
};

type Options = {
  readonly client: ClickHouseClient;
  readonly checks: readonly RollupCheck[];
  readonly telemetry: VerificationTelemetry;
  readonly log: Log;
  /** From 0 to below 1. */
  readonly random: () => number;
};

/** Which part of a rollup is looked at. */
type Part =
  | { readonly from: string; readonly to: string }
  | { readonly slice: number; readonly slices: number };

const dayMs = 86_400_000;
const daysAtOnce = 7;
const slices = 16;
/** How often a difference must be the same, and how long it is waited between. */
const looks = 4;
const betweenLooksMs = 1_000;
/** So that it takes nothing from inserts and readers: one thread, behind all others, and an end. */
const modest: ClickHouseSettings = { max_threads: 1, priority: '10', max_execution_time: 30 };

/**
 * Checks parts of rollups one after the other, each some time after the one before, until the signal. A part that differs
 * is looked at again in its rollup's turn until it does not.
 */
export async function verifyRollups(options: Options, everyMs: number, signal: AbortSignal): Promise<void> {
  const { checks, telemetry, log, random } = options;
  const faulty = new Map<string, Part>();
  for (let turn = 0; !signal.aborted; turn++) {
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
    const check = checks[turn % checks.length];
    if (signal.aborted || check === undefined) return;
    try {
      const part = faulty.get(check.table) ?? (await somePart(options.client, check, random));
      if (part === undefined) continue;
      const found = await standingDifferences(options.client, check, part, signal);
      telemetry.checked(check.table, found.length);
      if (found.length === 0) faulty.delete(check.table);
      else {
        faulty.set(check.table, part);
        log.error(
          { rollup: check.table, ...part, differences: found.slice(0, 10) },
          'A rollup is not what its facts add up to.',
        );
      }
    } catch (error) {
      if (!signal.aborted)
        log.warn({ err: error, rollup: check.table }, 'A rollup could not be verified; later again.');
    }
  }
}

/** All parts of a rollup, as many as it has. */
export async function partsOf(client: ClickHouseClient, check: RollupCheck): Promise<Part[]> {
  if (check.span === undefined) return Array.from({ length: slices }, (_, slice) => ({ slice, slices }));
  const [span] = await rowsOf<{ first: string; last: string }>(client, check.span);
  const parts: Part[] = [];
  const last = span === undefined ? -Infinity : Date.parse(span.last);
  for (let at = Date.parse(span?.first ?? ''); at <= last; at += daysAtOnce * dayMs)
    parts.push({ from: dateOf(at), to: dateOf(at + daysAtOnce * dayMs) });
  return parts;
}

async function somePart(
  client: ClickHouseClient,
  check: RollupCheck,
  random: () => number,
): Promise<Part | undefined> {
  const parts = await partsOf(client, check);
  return parts[Math.floor(random() * parts.length)];
}

/** The keys of a part that differ in the same way look after look, as texts. */
export async function standingDifferences(
  client: ClickHouseClient,
  check: RollupCheck,
  part: Part,
  signal: AbortSignal,
): Promise<string[]> {
  let standing = await differences(client, check, part);
  for (let look = 1; look < looks && standing.length > 0; look++) {
    await sleep(betweenLooksMs, undefined, { signal });
    const now = new Set(await differences(client, check, part));
    standing = standing.filter((difference) => now.has(difference));
  }
  return standing;
}

async function differences(client: ClickHouseClient, check: RollupCheck, part: Part): Promise<string[]> {
  const rows = await rowsOf<{ difference: string }>(client, check.differences, part, modest);
  return rows.map(({ difference }) => difference);
}

function dateOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/**
 * The checks of the rollups of a generation.
 *
 * @param limited Kinds of facts of which old ones are deleted: their rollups have no check.
 */
export function checksIn(databases: Databases, limited: ReadonlySet<string>): RollupCheck[] {
  const placed = (text: string): string => inDatabases(text, databases);
  const tables = metricFamilies
    .flatMap((family) => family.tables)
    .filter(({ madeFrom }) => !madeFrom.some((kind) => limited.has(kind)));
  return rollupChecks(tables).map((check) => ({
    ...check,
    span: check.span === undefined ? undefined : placed(check.span),
    differences: placed(check.differences),
    fill: placed(check.fill),
  }));
}
