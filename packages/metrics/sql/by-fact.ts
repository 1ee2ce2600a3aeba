import type { FactSource } from './explained.ts';
import type { Table } from './table.ts';
import { sql } from './text.ts';

/** What a column of a fact is called where it stands beside those of a rollup. */
export const factColumn = (column: string): string => `fact_${column}`;

/** What is known of a fact beside what it says: when it was recorded last, and why. */
export const aboutFacts = ['recorded_at', 'cause'] as const;

const aboutFact = (fact: string): string =>
  `maxIf(${fact}.recorded_at, ${fact}.sign > 0) AS recorded_at, argMaxIf(${fact}.cause, ${fact}.recorded_at, ${fact}.sign > 0) AS cause`;

/**
 * Facts one by one, as what stands behind FROM: with what a rollup adds up of each, or with their own columns and the sum of
 * their signs. What was retracted is not among them.
 *
 * @param columns The columns of the kind, `at` among them.
 * @throws RangeError when the rollup adds up nothing of that kind.
 */
export function byFact(
  { kind, rollup }: FactSource,
  columns: readonly string[],
  tables: readonly Table[],
): string {
  if (rollup === undefined) {
    const own = columns.map((column) => `fact.${column} AS ${column}`);
    return sql`
      (
        SELECT ${own.join(', ')}, sum(fact.sign) AS sign, ${aboutFact('fact')}
        FROM tidemark_store.${kind} AS fact
        GROUP BY ${columns.join(', ')}
        HAVING sum(fact.sign) != 0
      ) AS one`;
  }
  const of = new RegExp(`\\bFROM tidemark_store\\.${kind}\\b(?: AS (\\w+))?`);
  const select = tables.find(({ name }) => name === rollup)?.sums?.from.find((text) => of.test(text));
  if (select === undefined) throw new RangeError(`${rollup} adds up nothing of ${kind}`);
  const fact = of.exec(select)?.[1] ?? kind;
  const own = columns.map((column) => `${fact}.${column} AS ${factColumn(column)}`);
  return sql`
    (
      ${select.replace(/^\s*SELECT\b/, `SELECT ${own.join(', ')}, ${aboutFact(fact)},`)}, ${columns.map(factColumn).join(', ')}
    ) AS one`;
}
