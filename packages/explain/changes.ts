/** What came and went between the parts of two figures, as ClickHouse finds it. */
import { plus } from '@tidemark/clickhouse/decimals';
import type { Explained, Parts } from '@tidemark/metrics/explain';
import { aboutOfParts, namesOf, partsSql, type Reading } from '@tidemark/metrics/explain-sql';
import { plainRow } from './answer.ts';
import type { Parameters, Reader, TextRow } from './reader.ts';

/** What parts with one value in common changed a figure by. */
export type Group = {
  /** The value; null for all that are not listed by themselves. */
  readonly name: string | null;
  /** By how much, exact. */
  readonly change: string;
  /** Parts that are there afterwards alone. */
  readonly came: number;
  /** Parts that were there before alone. */
  readonly went: number;
  /** Parts of both with another value. */
  readonly changed: number;
};

/** Parts that differ, and what they come to. */
export type Changes = {
  /** What the changes come to, exact. */
  readonly change: string;
  /** Parts that differ, the largest change first; as many as were asked for. */
  readonly parts: readonly TextRow[];
  readonly count: number;
  /** The change by each column that says what the parts are of; each adds up to it. */
  readonly groups: { readonly [column: string]: readonly Group[] };
};

/** One of the two figures: in which generation, and how it is read. */
export type Side = {
  readonly generation: number;
  readonly reading: Reading;
  /** Whether the view has the row. One that it has not has no parts, whatever facts there are. */
  readonly isThere: boolean;
};

/** What a change is split by, where parts have it. */
const splitBy = [
  'segment',
  'plan_id',
  'owner',
  'country',
  'currency',
  'channel',
  'movement',
  'reason',
  'campaign',
  'category',
  'cause',
];
const groupsMax = 50;

/**
 * What came and went between the parts of two figures. Parts that are in both and equal cancel out.
 *
 * @param parameters Those of both sides, each with its prefix.
 */
export async function changesOf(
  reader: Reader,
  of: Explained,
  parts: Parts,
  {
    before,
    after,
    parameters,
    limit,
  }: {
    readonly before: Side;
    readonly after: Side;
    readonly parameters: Parameters;
    readonly limit: number;
  },
): Promise<Changes> {
  const [old, fresh] = await Promise.all(
    [before, after].map(({ generation, reading, isThere }) => {
      const all = partsSql(of, parts, reading);
      return reader.inGeneration(isThere ? all : `SELECT * FROM (\n${all}\n) WHERE 0`, generation);
    }),
  );
  // What a part is differs from period to period only by the period.
  const names = namesOf(parts).filter((name) => !isPeriodOfRow(of, name));
  const about = aboutOfParts(parts);
  const changed = changedSql(names, about, old!, fresh!);
  const ask = (query: string): Promise<readonly TextRow[]> => reader.rows(query, parameters);
  const columns = [...names, ...about].filter((name) => splitBy.includes(plainName(name)));
  const [rows, sums] = await Promise.all([
    ask(partsChangedSql([...names, ...about], names, changed, limit)),
    ask(groupsSql(columns, changed)),
  ]);
  const ofColumn = (column: string): readonly TextRow[] => sums.filter((row) => row['by'] === column);
  const all = ofColumn('')[0];
  return {
    change: all?.['change'] ?? '0',
    count: Number(all?.['came'] ?? 0) + Number(all?.['went'] ?? 0) + Number(all?.['changed'] ?? 0),
    parts: rows.map(plainRow),
    groups: Object.fromEntries(
      splitBy
        .filter((column) => columns.some((name) => plainName(name) === column))
        .map((column) => [column, listed(ofColumn(column).map(groupOf))]),
    ),
  };
}

const plainName = (name: string): string => name.replace(/^fact_/, '');

/** Whether what names a part is the period of the row itself, so that it differs between the two sides and means nothing else. */
function isPeriodOfRow(of: Explained, name: string): boolean {
  return of.key.some((column) => column.name === name && column.type.startsWith('Date'));
}

function changedSql(names: readonly string[], about: readonly string[], old: string, fresh: string): string {
  const columns = [
    ...names.map((name) => `c.${name} AS ${name}`),
    // Of a part that is there afterwards, what is known of it then.
    ...about.map((name) => `argMax(c.${name}, c.is_there) AS ${name}`),
    'sum(c.by) AS moved, max(c.was_there) AS was_there, max(c.is_there) AS is_there',
  ];
  return `SELECT ${columns.join(', ')}
FROM (
  SELECT *, -value AS by, 1 AS was_there, 0 AS is_there FROM (\n${old}\n)
  UNION ALL
  SELECT *, value AS by, 0 AS was_there, 1 AS is_there FROM (\n${fresh}\n)
) AS c
${names.length === 0 ? '' : `GROUP BY ${names.join(', ')}`}
HAVING moved != 0`;
}

function partsChangedSql(
  shown: readonly string[],
  names: readonly string[],
  changed: string,
  limit: number,
): string {
  const columns = [
    ...shown.map((name) => `toString(d.${name}) AS ${name}`),
    'toString(d.moved) AS change',
    "multiIf(d.was_there = 0, 'came', d.is_there = 0, 'went', 'changed') AS what",
  ];
  return `SELECT ${columns.join(', ')}
FROM (\n${changed}\n) AS d
ORDER BY abs(d.moved) DESC${names.map((name) => `, d.${name}`).join('')} LIMIT ${limit}`;
}

/** All splits, and the whole as the one by nothing, from one reading of the parts. */
function groupsSql(columns: readonly string[], changed: string): string {
  const splits = ["('', '')", ...columns.map((name) => `('${plainName(name)}', toString(d.${name}))`)];
  return `SELECT split.1 AS by, split.2 AS name, toString(sum(d.moved)) AS change, toString(countIf(d.was_there = 0)) AS came,
  toString(countIf(d.is_there = 0)) AS went, toString(countIf(d.was_there = 1 AND d.is_there = 1)) AS changed
FROM (\n${changed}\n) AS d
ARRAY JOIN [${splits.join(', ')}] AS split
GROUP BY by, name
ORDER BY abs(sum(d.moved)) DESC, name`;
}

function groupOf(row: TextRow): Group {
  return {
    name: row['name'] ?? '',
    change: row['change'] ?? '0',
    came: Number(row['came']),
    went: Number(row['went']),
    changed: Number(row['changed']),
  };
}

/** The first of them, and the others as one, so that all add up. */
function listed(groups: readonly Group[]): readonly Group[] {
  if (groups.length <= groupsMax) return groups;
  const others = groups.slice(groupsMax).reduce((sum, one) => ({
    name: null,
    change: plus(sum.change, one.change)!,
    came: sum.came + one.came,
    went: sum.went + one.went,
    changed: sum.changed + one.changed,
  }));
  return [...groups.slice(0, groupsMax), { ...others, name: null }];
}
