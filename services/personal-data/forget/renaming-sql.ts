import { entityKeyFields, type Family } from '@tidemark/events/families';
import { definitionsWith } from '@tidemark/metrics';
import { defaultMetricSettings } from '@tidemark/metrics/settings';
import { domainOf, isInner } from '../renaming.ts';

/** A table with its columns. */
export type TableColumns = {
  readonly table: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
};

const familyOfKind: ReadonlyMap<string, Family> = new Map(
  definitionsWith(defaultMetricSettings).flatMap(({ on, facts }) =>
    Object.keys(facts).map((kind) => [kind, on] as const),
  ),
);

/** Whether a table has facts, which are signed, and not sums of them. */
export function isOfFacts({ columns }: TableColumns): boolean {
  const names = new Set(columns.map(({ name }) => name));
  return names.has('sign') && names.has('recorded_at');
}

/**
 * The rows of a table that have an id with a pseudonym; `undefined` when none can have one. A visitor counts where its row is of an
 * entity that was there at the time, which `at` bounds for facts: of what the same visitor does later nothing is erased.
 *
 * @param names The table of the ids and their pseudonyms.
 */
export function isMeant(names: string, { table, columns }: TableColumns): string | undefined {
  const among = (column: string, domain: string): string =>
    `${column} IN (SELECT id FROM ${names} WHERE domain = '${domain}')`;
  const keys = columns.flatMap(({ name, type }) => {
    const domain = domainOf(name);
    if (domain === undefined || !/String/.test(type) || isInner(domain) || domain === 'visitor_id') return [];
    return [among(name, domain)];
  });
  const hashed = columns
    .filter(({ name, type }) => name === 'customer' && type === 'UInt64')
    .map(({ name }) => `${name} IN (SELECT cityHash64(id) FROM ${names} WHERE domain = 'customer_id')`);
  const family = familyOfKind.get(table);
  const isVisited = columns.some(({ name }) => name === 'visitor_id') && family !== undefined;
  const key = isVisited ? entityKeyFields[family] : '';
  const visited = isVisited
    ? [
        `(${among('visitor_id', 'visitor_id')} AND ${among(key, `visited ${key}`)} AND recorded_at <= fromUnixTimestamp64Milli({at:Int64}))`,
      ]
    : [];
  const all = [...keys, ...hashed, ...visited];
  return all.length === 0 ? undefined : all.join(' OR ');
}

/**
 * Adds to a table of facts, for each row that is meant, the same under pseudonyms, and one that takes the old one back. Both have the
 * instant and the cause of the row, so no sum changes at any instant, nor does any rollup. The rows may be deleted then.
 */
export function renaming(store: string, names: string, facts: TableColumns, where: string): string {
  const { table, columns } = facts;
  const renamed = columns.map(({ name, type }) => {
    if (name === 'sign') return 'toInt8(if(side = 1, f.sign, -f.sign)) AS sign';
    const found = /String/.test(type) ? pseudonymOf(names, facts, name) : undefined;
    return found === undefined ? `f.${name}` : `if(side = 1, ${found}, f.${name}) AS ${name}`;
  });
  const all = columns.map(({ name }) => name).join(', ');
  return `INSERT INTO ${store}.${table} (${all})
SELECT ${renamed.join(', ')}
FROM (SELECT * FROM ${store}.${table} WHERE ${where}) AS f ARRAY JOIN [1, -1] AS side`;
}

/** A column's pseudonym where it has one, and the column itself where it has none. */
function pseudonymOf(names: string, { table, columns }: TableColumns, column: string): string | undefined {
  const family = familyOfKind.get(table);
  const domain = domainOf(column);
  if ((column === 'event_id' || column === 'reading_id') && family !== undefined) {
    const key = entityKeyFields[family];
    if (!columns.some(({ name }) => name === key)) return undefined;
    return lookedUp(names, column, column, `concat('${family}\\0', f.${key}, '\\0', f.${column})`);
  }
  return domain === undefined ? undefined : lookedUp(names, domain, column, `f.${column}`);
}

function lookedUp(names: string, domain: string, column: string, value: string): string {
  const of = `(SELECT (groupArray(id), groupArray(pseudonym)) FROM ${names} WHERE domain = '${domain}')`;
  return `transform(${value}, ${of}.1, ${of}.2, f.${column})`;
}
