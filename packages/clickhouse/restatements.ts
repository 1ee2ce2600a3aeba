/** What changed in a view between two instants, and why. See docs/decisions/restatements.md. */
import { viewsRestated } from '@tidemark/metrics';
import { restated, restatementCauses } from '@tidemark/metrics/sql/restated';
import { keysOf } from '@tidemark/metrics/sql/row-keys';
import type { View } from '@tidemark/metrics/sql/view';
import { Failure } from '@tidemark/service/failures';
import { type ChangedCell, changedCells, textColumns, type TextRow } from './attribution.ts';
import { instantText } from './instants.ts';

/** What is asked for. */
export type RestatementsAsked = {
  /** The name of a view. */
  readonly view: string;
  /** Milliseconds since the epoch, UTC. */
  readonly since: number;
  readonly until: number;
  /** Days of the reporting zone, both included; all periods when not given. */
  readonly days?: { readonly from: string; readonly to: string; readonly zone: string } | undefined;
};

/** Reads rows by a query and its parameters. */
export type ReadRows = (
  query: string,
  parameters: { readonly [name: string]: string },
) => Promise<readonly TextRow[]>;

const views: ReadonlyMap<string, View> = new Map(
  viewsRestated
    .filter(({ database }) => database === 'tidemark')
    .map((view) => [view.name.slice(0, -restated.suffix.length), view]),
);

/** The names of the views that have restatements. */
export const restatedViews: readonly string[] = [...views.keys()];

/** What was recorded longer ago than this is inserted, in milliseconds: until then a restatement may change by itself. */
export const settledAfterMs = 60_000;

const isTime = ({ type }: { readonly type: string }): boolean => type.startsWith('Date');

/** Whether a view has periods, so that days of it can be asked for. */
export function hasPeriods(view: string): boolean {
  return keysOf(viewOf(view)).some(isTime);
}

function viewOf(name: string): View {
  const view = views.get(name);
  if (view !== undefined) return view;
  const known = restatedViews.join(', ');
  throw new Failure('settings.invalid', `there is no view ${name} with restatements; there are: ${known}`);
}

/**
 * The cells of a view that changed between two instants. The view is read once for each cause: ask for few periods.
 *
 * @throws Failure `settings.invalid` when there is no such view.
 */
export async function restatements(read: ReadRows, asked: RestatementsAsked): Promise<ChangedCell[]> {
  const view = viewOf(asked.view);
  const { since, days } = asked;
  const rows = (step: number, until: number): Promise<readonly TextRow[]> =>
    read(
      `SELECT ${textColumns(view)}
FROM tidemark.${view.name}(since = '${instantText(since)}', until = '${instantText(until)}', step = ${step}) AS v${periodCondition(view, asked)}
ORDER BY ALL`,
      days ?? {},
    );
  const states = [await rows(0, since)];
  for (const step of restatementCauses.keys()) states.push(await rows(step, asked.until));
  return changedCells(view, restatementCauses, states);
}

function periodCondition(view: View, { days }: RestatementsAsked): string {
  const period = keysOf(view).find(isTime);
  if (days === undefined || period === undefined) return '';
  const day = period.type === 'Date' ? `v.${period.name}` : `toDate(v.${period.name}, {zone:String})`;
  return `\nWHERE ${day} BETWEEN {from:Date} AND {to:Date}`;
}
