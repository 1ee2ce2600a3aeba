import type { Sums } from './table.ts';
import { sql } from './text.ts';

/**
 * The rows of a rollup, added up anew of its facts: the same columns, a row for each key with anything but 0.
 *
 * @param factsOf The facts of a kind, as what stands behind FROM.
 */
export function addedUp({ keys, added, from }: Sums, factsOf: (kind: string) => string): string {
  const parts = from.map((select) => {
    const filled = new Set(columnsOf(select));
    const columns = [...keys, ...added].map((column) => (filled.has(column) ? column : `0 AS ${column}`));
    return sql`
      SELECT ${columns.join(', ')}
      FROM (
        ${select.replaceAll(
          /\btidemark_store\.(\w+)( AS \w+)?/g,
          (_, kind: string, alias = ` AS ${kind}`) => factsOf(kind) + alias,
        )}
      )`;
  });
  return sql`
    SELECT ${[...keys, ...added.map((column) => `sum(part.${column}) AS ${column}`)].join(', ')}
    FROM (
      ${parts.join('\nUNION ALL\n')}
    ) AS part
    GROUP BY ${keys.join(', ')}
    HAVING ${added.map((column) => `${column} != 0`).join(' OR ')}`;
}

/** The names of the columns that a SELECT without unions gives. */
function columnsOf(select: string): string[] {
  const text = select.replaceAll(/--.*$/gm, '').replace(/^\s*SELECT\b/, '');
  const names: string[] = [];
  for (let depth = 0, from = 0, at = 0; at < text.length; at++) {
    if (text[at] === '(' || text[at] === '[') depth++;
    if (text[at] === ')' || text[at] === ']') depth--;
    const isEnd = depth === 0 && /^\sFROM\b/.test(text.slice(at, at + 6));
    if (!isEnd && (depth > 0 || text[at] !== ',')) continue;
    names.push(/(\w+)\s*$/.exec(text.slice(from, at))![1]!);
    from = at + 1;
    if (isEnd) break;
  }
  return names;
}
