/** Restatements against the as-of forms: what changed is the difference between these, and its causes add up to it. */
import { instantText } from '@tidemark/clickhouse/instants';
import { type ChangedCell, textColumns, type TextRow } from '@tidemark/clickhouse/attribution';
import { restatedViews, restatements } from '@tidemark/clickhouse/restatements';
import { minus, plus } from '@tidemark/clickhouse/decimals';
import { metricFamilies } from '@tidemark/metrics';
import { keysOf, measuresOf } from '@tidemark/metrics/sql/row-keys';
import type { View } from '@tidemark/metrics/sql/view';
import type { Draw } from '@tidemark/metrics/histories/draw.fixtures';
import type { Bench } from './bench.ts';

type Pair = { readonly view: string; readonly since: number; readonly until: number };

const views: ReadonlyMap<string, View> = new Map(
  metricFamilies.flatMap((family) => family.views).map((view) => [view.name, view]),
);

/** The exact sum of numbers as text. */
export const addedUp = (numbers: readonly string[]): string =>
  numbers.reduce((sum, one) => plus(sum, one)!, '0');

/** What changed in a view, as a BI user reads it. */
export const restatedBetween = (bench: Bench, asked: Pair): Promise<ChangedCell[]> =>
  restatements((query, parameters) => bench.rows<TextRow>(query, parameters), asked);

/** The numbers of a view as it was known, by row and column; `0` where there is none. */
async function numbersAsOf(bench: Bench, name: string, knownAt: number): Promise<Map<string, string>> {
  const view = views.get(name)!;
  const [keys, measures] = [keysOf(view), measuresOf(view)];
  const rows = await bench.rows<TextRow>(
    `SELECT ${textColumns(view)} FROM tidemark.${name}_as_of(known_at = '${instantText(knownAt)}') AS v ORDER BY ALL`,
  );
  const sums = new Map<string, string>();
  for (const row of rows)
    for (const { name: column } of measures) {
      const cell = JSON.stringify([column, ...keys.map((key) => row[`_${key.name}`] ?? '')]);
      const value = row[`_${column}`] ?? '0';
      sums.set(cell, plus(sums.get(cell) ?? '0', /nan|inf/.test(value) ? '0' : value)!);
    }
  return sums;
}

/** What is wrong with the restatement of a view between two instants; `''` for nothing. */
async function fault(bench: Bench, { view, since, until }: Pair): Promise<string> {
  const changed = new Map<string, string>();
  for (const { key, column, difference, causes } of await restatedBetween(bench, { view, since, until })) {
    const sum = addedUp(Object.values(causes));
    if (sum !== difference)
      return `causes are ${sum}, not ${difference}: ${JSON.stringify({ key, column, causes })}`;
    const cell = JSON.stringify([column, ...Object.values(key)]);
    changed.set(cell, plus(changed.get(cell) ?? '0', difference)!);
  }
  const [before, after] = [await numbersAsOf(bench, view, since), await numbersAsOf(bench, view, until)];
  for (const cell of new Set([...before.keys(), ...after.keys(), ...changed.keys()])) {
    const [was, is] = [before.get(cell) ?? '0', after.get(cell) ?? '0'];
    const due = minus(is, was)!;
    if (due !== (changed.get(cell) ?? '0'))
      return `${cell} went from ${was} to ${is}, not by ${changed.get(cell)}`;
  }
  return '';
}

/** What mentions were published since, by cause, asked of the facts themselves: to count them is to add them up. */
async function mentionsFault(bench: Bench, since: number, until: number): Promise<string> {
  const facts = await bench.select<{ cause: string; mentions: string }>(
    `SELECT cause, toString(sum(sign)) AS mentions FROM tidemark_store.mention
     WHERE recorded_at > fromUnixTimestamp64Milli(${since}) AND recorded_at <= fromUnixTimestamp64Milli(${until})
     GROUP BY cause HAVING sum(sign) != 0`,
  );
  const sums = new Map<string, string>();
  for (const { column, causes } of await restatedBetween(bench, { view: 'mentions_daily', since, until }))
    if (column === 'mentions')
      for (const [cause, change] of Object.entries(causes))
        sums.set(cause, plus(sums.get(cause) ?? '0', change)!);
  const text = (all: Iterable<readonly [string, string]>): string =>
    [...all]
      .filter(([, sum]) => sum !== '0')
      .map(([cause, sum]) => `${cause} ${sum}`)
      .toSorted()
      .join();
  const due = text(facts.map(({ cause, mentions }) => [cause, mentions] as const));
  return due === text(sums) ? '' : `mentions by cause are ${text(sums)}, not ${due}`;
}

/**
 * What is wrong with restatements between random pairs of instants, each of a random view; `''` for nothing.
 *
 * @param clocks When something was recorded.
 */
export async function restatementFaults(
  bench: Bench,
  draw: Draw,
  clocks: readonly number[],
  pairs: number,
): Promise<string> {
  const of = <T>(list: readonly T[]): T => list[draw.below(list.length)]!;
  const faults: string[] = [];
  for (let n = 0; n < pairs; n++) {
    const [since = 0, until = 0] = [of(clocks), of(clocks)].toSorted((a, b) => a - b);
    const view = of(restatedViews);
    const found = [await fault(bench, { view, since, until })];
    if (n === 0) found.push(await mentionsFault(bench, since, until));
    const where = `${view} ${new Date(since).toISOString()} ${new Date(until).toISOString()}`;
    faults.push(...found.filter((one) => one !== '').map((one) => `${where}: ${one}`));
  }
  return faults.join('\n');
}
