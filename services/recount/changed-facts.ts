/** Facts that two generations of the counts do not have in common, by the definition that published them. */
import type { ClickHouseClient } from '@clickhouse/client';
import { rowsOf } from '@tidemark/clickhouse/client';
import { definitionsWith } from '@tidemark/metrics';
import type { Columns } from '@tidemark/metrics/definition/definition';
import { defaultMetricSettings } from '@tidemark/metrics/settings';
import type { FactSources } from './fact-sources.ts';

/** Facts of one kind that are not the same. */
export type ChangedKind = {
  readonly kind: string;
  /** How many days of UTC they are of, the first and the last of them. */
  readonly days: number;
  readonly from: string;
  readonly to: string;
  /** Some of the last day; `count` is above 0 for facts of the second generation, below 0 for those of the first. */
  readonly examples: readonly { readonly [column: string]: unknown }[];
};

/** A definition that published other facts in the second generation. */
export type ChangedDefinition = { readonly definition: string; readonly kinds: readonly ChangedKind[] };

const examplesMax = 3;

/** The definitions of which the facts differ, in their order. */
export async function changedDefinitions(
  client: ClickHouseClient,
  sources: FactSources,
): Promise<ChangedDefinition[]> {
  const changed: ChangedDefinition[] = [];
  for (const { name, facts } of definitionsWith(defaultMetricSettings)) {
    const kinds: ChangedKind[] = [];
    for (const [kind, columns] of Object.entries(facts)) {
      const found = await changedKind(client, sources, kind, columns);
      if (found !== undefined) kinds.push(found);
    }
    if (kinds.length > 0) changed.push({ definition: name, kinds });
  }
  return changed;
}

/** The days are found by sums of hashes, so that the facts of no more than one of them are looked at. */
async function changedKind(
  client: ClickHouseClient,
  { before, after }: FactSources,
  kind: string,
  declared: Columns,
): Promise<ChangedKind | undefined> {
  const columns = ['at', ...Object.keys(declared)].join(', ');
  const both = (what: string, where = ''): string =>
    `SELECT ${what}, -toInt64(sign) AS one FROM (${before(kind)})${where}
UNION ALL
SELECT ${what}, toInt64(sign) AS one FROM (${after(kind)})${where}`;
  const hashed = `toDate(at) AS day, reinterpretAsInt64(cityHash64(toString(tuple(${columns})))) AS hash`;
  const days = await rowsOf<{ day: string }>(
    client,
    `SELECT toString(day) AS day FROM (${both(hashed)}) GROUP BY day HAVING sum(hash * one) != 0 ORDER BY day`,
  );
  const [from, to] = [days[0]?.day, days.at(-1)?.day];
  if (from === undefined || to === undefined) return undefined;
  const examples = await rowsOf<{ readonly [column: string]: unknown }>(
    client,
    `SELECT ${columns}, toInt32(sum(one)) AS count
     FROM (${both(columns, ' WHERE toDate(at) = {to:Date}')})
     GROUP BY ${columns} HAVING count != 0 ORDER BY at DESC, ${columns}, count LIMIT ${examplesMax}`,
    { to },
  );
  return { kind, days: days.length, from, to, examples };
}
