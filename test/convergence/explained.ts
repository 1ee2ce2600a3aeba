/** Cells of all views, each compared with what its explanation comes to. */
import { type Answer, answer } from '@tidemark/explain/answer';
import { minus } from '@tidemark/clickhouse/decimals';
import { instantText } from '@tidemark/clickhouse/instants';
import { cellAsked } from '@tidemark/explain/asked';
import { type Difference, difference } from '@tidemark/explain/difference';
import { explainable } from '@tidemark/metrics/explain';
import { type Draw, seeded } from '@tidemark/metrics/histories/draw.fixtures';
import type { Bench, ReadRow } from './bench.ts';
import { addedUp } from './restated.ts';

type Sample = { readonly view: string; readonly column: string; readonly key: readonly string[] };

/** What the comparison found. */
export type Compared = {
  readonly cells: number;
  /** The cells whose parts do not come to them, each as a line. */
  readonly unequal: readonly string[];
  /** How long each took. */
  readonly times: readonly { readonly view: string; readonly ms: number }[];
};

/**
 * Compares cells drawn from all views with their explanations: as many of each view, of any row and figure. With less cells than
 * there are views, one of some.
 *
 * @param now What the views take for now.
 */
export async function unequalCells(
  bench: Bench,
  {
    now,
    cells,
    seed,
    onCell = () => undefined,
  }: {
    readonly now: number;
    readonly cells: number;
    readonly seed: number;
    readonly onCell?: (done: number, all: number, fault?: string) => void;
  },
): Promise<Compared> {
  const draw = seeded(seed);
  const samples: Sample[] = [];
  const views = explainable().filter(({ columns }) => columns.length > 0);
  for (const { view, key, columns } of views) {
    if (draw.below(views.length) >= cells) continue;
    const rows = await bench.read(view);
    for (let n = 0; n < Math.ceil(cells / views.length) && rows.length > 0; n++)
      samples.push(sampleOf(draw, view, key, columns, rows));
  }
  const reader = bench.explainer();
  const unequal: string[] = [];
  const times: { view: string; ms: number }[] = [];
  for (const { view, column, key } of samples) {
    const cell = cellAsked(view, column, undefined, key);
    const begin = performance.now();
    const found = await answer(reader, { cell, generation: 1, limit: 20, now }).catch(
      (error: unknown) => error as Error,
    );
    times.push({ view, ms: performance.now() - begin });
    const fault = faultOf(found);
    if (fault !== '') unequal.push(`${view}.${column} ${key.join(' ')}: ${fault}`);
    onCell(times.length, samples.length, fault === '' ? undefined : unequal.at(-1));
  }
  return { cells: samples.length, unequal, times };
}

function faultOf(found: Answer | Error): string {
  if (found instanceof Error) return found.message;
  return found.is_equal ? '' : `${found.value}, but explained ${found.explained}`;
}

function sampleOf(
  draw: Draw,
  view: string,
  key: readonly string[],
  columns: readonly string[],
  rows: readonly ReadRow[],
): Sample {
  const row = rows[draw.below(rows.length)]!;
  return {
    view,
    column: columns[draw.below(columns.length)]!,
    key: key.map((name) => `${name}=${String(row[name])}`),
  };
}

/**
 * Compares differences with the figures they are between: two rows of one column, or one row at two instants. What came and went must add up
 * to the difference exactly, and so must each of the ways in which it is split.
 *
 * @param instants Some between which facts were recorded.
 */
export async function differenceFaults(
  bench: Bench,
  {
    now,
    pairs,
    seed,
    instants,
  }: {
    readonly now: number;
    readonly pairs: number;
    readonly seed: number;
    readonly instants: readonly number[];
  },
): Promise<{
  readonly compared: number;
  readonly faults: readonly string[];
  readonly times: Compared['times'];
}> {
  const draw = seeded(seed);
  const reader = bench.explainer();
  const faults: string[] = [];
  const times: { view: string; ms: number }[] = [];
  const views = explainable().filter(({ columns }) => columns.length > 0);
  for (let n = 0; n < pairs; n++) {
    const { view, key, columns } = views[draw.below(views.length)]!;
    const rows = await bench.read(view);
    if (rows.length === 0) continue;
    const sample = sampleOf(draw, view, key, columns, rows);
    const after = cellAsked(view, sample.column, undefined, sample.key);
    const isOfInstants = n % 2 === 1;
    const other = sampleOf(draw, view, key, columns, rows);
    const sideAt = (at: number) => ({
      cell: after,
      generation: 1,
      knownAt: instantText(instants[at] ?? now),
    });
    const begin = performance.now();
    const found = await difference(reader, {
      before: isOfInstants
        ? sideAt(draw.below(instants.length))
        : { cell: cellAsked(view, sample.column, undefined, other.key), generation: 1 },
      after: isOfInstants ? sideAt(instants.length) : { cell: after, generation: 1 },
      limit: 5,
      now,
    }).catch((error: unknown) => error as Error);
    if (!(found instanceof Error) && found.changes === null && found.causes === null) continue;
    times.push({ view, ms: performance.now() - begin });
    const fault = found instanceof Error ? found.message : faultOfDifference(found);
    if (fault === '') continue;
    const sides = isOfInstants ? 'at two instants' : `against ${other.key.join(' ')}`;
    faults.push(`${view}.${sample.column} ${sample.key.join(' ')} ${sides}: ${fault}`);
  }
  return { compared: times.length, faults, times };
}

function faultOfDifference({ before, after, difference: by, changes, causes }: Difference): string {
  const what = `${before.value} -> ${after.value}`;
  const sums = {
    ...(changes === null ? {} : { parts: changes.change }),
    ...Object.fromEntries(
      Object.entries(changes?.groups ?? {}).map(([column, groups]) => [
        column,
        addedUp(groups.map(({ change }) => change)),
      ]),
    ),
    ...(causes === null ? {} : { causes: addedUp(Object.values(causes)) }),
  };
  const wrong = Object.entries(sums).filter(([, sum]) => minus(sum, by ?? '') !== '0');
  return wrong.length === 0 ? '' : `${what} is ${by}, but ${JSON.stringify(Object.fromEntries(wrong))}`;
}
