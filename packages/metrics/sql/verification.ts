/** How rollups are verified: what they have against what their facts add up to. */
import { addedUp } from './added-up.ts';
import type { Sums, Table } from './table.ts';
import { sql } from './text.ts';

/** How one rollup is verified and made anew, as SQL. */
export type RollupCheck = {
  readonly table: string;
  /** The first and the last day that it has keys of, as `first` and `last`; undefined when it is cut by the hash of its key. */
  readonly span: string | undefined;
  /**
   * The keys that differ, each with what is too much, as the text `difference`; 100 at most. Parameters: `from` and `to`, two
   * days, half-open; or `slice` of `slices`.
   */
  readonly differences: string;
  /** Fills the emptied table from its facts. */
  readonly fill: string;
};

/** Keys whose order is that of facts on disk, or nearly so: a check of a few days reads a part of the facts. */
const timeKeys = ['bucket', 'at', 'date', 'resolved_at', 'opened_at'];
const whole = (kind: string): string => `tidemark_store.${kind}`;

/** The checks of all rollups among tables. */
export function rollupChecks(tables: readonly Table[]): RollupCheck[] {
  return tables.flatMap(({ name, sums }) => (sums === undefined ? [] : [checkOf(name, sums)]));
}

function checkOf(table: string, sums: Sums): RollupCheck {
  const { keys, added } = sums;
  const time = timeKeys.find((key) => keys.includes(key));
  const slice =
    time === undefined
      ? `cityHash64(${keys[0]}) % {slices:UInt64} = {slice:UInt64}`
      : `toDate(${time}) >= {from:Date} AND toDate(${time}) < {to:Date}`;
  const from = `tidemark_store.${table}`;
  const anew = addedUp(sums, whole);
  return {
    table,
    span:
      time === undefined
        ? undefined
        : `SELECT toDate(min(${time})) AS first, toDate(max(${time})) AS last FROM ${from}`,
    differences: sql`
      SELECT toString(tuple(${[...keys, ...added.map((column) => `sum(v.${column})`)].join(', ')})) AS difference
      FROM (
        SELECT ${[...keys, ...added].join(', ')} FROM ${from} WHERE ${slice}
        UNION ALL
        SELECT ${[...keys, ...added.map((column) => `-a.${column}`)].join(', ')}
        FROM (
          ${anew}
        ) AS a
        WHERE ${slice}
      ) AS v
      GROUP BY ${keys.join(', ')}
      HAVING ${added.map((column) => `sum(v.${column}) != 0`).join(' OR ')}
      LIMIT 100`,
    fill: `INSERT INTO ${from} (${[...keys, ...added].join(', ')})\n${anew}`,
  };
}
