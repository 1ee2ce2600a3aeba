import {
  type ContractEvent,
  compareRows,
  expectedViews,
  oracle,
  type Settings,
  withoutExpected,
} from '@tidemark/metrics/index.oracle';
import { viewsAsOf, viewsRestated } from '@tidemark/metrics';
import type { Cell } from '@tidemark/metrics/oracle/compare.oracle';

/** A row as a client reads it. */
export type ReadRow = Readonly<Record<string, Cell>>;

/**
 * All that differs between the views of a database and the batch answer of the same events, view by view; `''` for
 * nothing. A view that is missing differs, and so does one without an expected answer or a reason for having none.
 *
 * @param there Names of the views of the database.
 * @param read All rows of a view.
 */
export async function viewDifferences(
  there: ReadonlySet<string>,
  read: (view: string) => Promise<readonly ReadRow[]>,
  events: readonly ContractEvent[],
  settings: Settings,
): Promise<string> {
  const declared = new Set([
    ...Object.keys(expectedViews),
    ...Object.keys(withoutExpected),
    ...[...viewsAsOf, ...viewsRestated].flatMap(({ database, name }) =>
      database === 'tidemark' ? [name] : [],
    ),
  ]);
  const faults = [
    ...[...declared.difference(there)].map((view) => `${view}: is not in the database`),
    ...[...there.difference(declared)].map((view) => `${view}: has no expected answer`),
  ];
  const expected = oracle(events, settings);
  for (const [view, comparison] of Object.entries(expectedViews)) {
    if (!there.has(view)) continue;
    const fault = compareRows(expected[view] ?? [], await read(view), comparison);
    if (fault !== '') faults.push(`${view}: ${fault}`);
  }
  return faults.join('\n');
}
