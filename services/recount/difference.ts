import type { ChangedCell } from '@tidemark/clickhouse/attribution';
import { plus } from '@tidemark/clickhouse/decimals';

/** What differs in one column of a view in one period. */
export type Summed = {
  /** The first day or instant of the rows; empty where the view has none. */
  readonly period: string;
  readonly column: string;
  readonly cells: number;
  readonly difference: string;
  /** What each cause changed; they add up to the difference. */
  readonly causes: { readonly [cause: string]: string };
};

const periods = ['date', 'week', 'month', 'hour', 'cohort', 'occurred_at'];
const timeIn = ({ key }: ChangedCell): string => key[periods.find((name) => name in key) ?? ''] ?? '';

/** Cells added up by period and column, in the order of the periods. */
export function summed(cells: readonly ChangedCell[]): Summed[] {
  const groups = Map.groupBy(cells, (cell) => `${timeIn(cell)}\u0000${cell.column}`);
  return [...groups.values()]
    .map((some) => {
      const causes = new Map<string, string>();
      for (const cell of some)
        for (const [cause, change] of Object.entries(cell.causes))
          causes.set(cause, plus(causes.get(cause) ?? '0', change)!);
      return {
        period: timeIn(some[0]!),
        column: some[0]!.column,
        cells: some.length,
        difference: some.reduce((sum, { difference }) => plus(sum, difference)!, '0'),
        causes: Object.fromEntries([...causes].filter(([, change]) => change !== '0')),
      };
    })
    .toSorted((a, b) => (a.period === b.period ? 0 : a.period < b.period ? -1 : 1));
}
