import type { MetricFamily } from '../family.ts';
import type { View } from '../sql/view.ts';

/** What a view is written with and what it reads itself, as its text says. */
export type Reads = {
  /** Settings it is written with. */
  readonly settings: readonly string[];
  /** Tables of `tidemark_store` that it reads. */
  readonly tables: readonly string[];
  /** Other views that it reads. */
  readonly views: readonly string[];
};

/** The views of the metrics and the tables behind them. */
export type Catalog = {
  /** Those of `tidemark`, by name. */
  readonly views: ReadonlyMap<string, View>;
  /** Those of `tidemark_store`, which are parts of others. */
  readonly parts: ReadonlyMap<string, View>;
  /** The kinds of facts that each table is made from. */
  readonly tables: ReadonlyMap<string, readonly string[]>;
};

const withoutQuoted = (text: string): string =>
  text.replaceAll(/--[^\n]*|'(?:[^'\\]|\\[\s\S]|'')*'|`[^`]*`/g, "''");

const namesIn = (text: string, database: string) => [
  ...new Set(
    [...text.matchAll(new RegExp(String.raw`\b${database}\s?\.\s?(\w+)`, 'g'))].map(([, name = '']) => name),
  ),
];

/** What the families have. */
export function catalogOf(families: readonly MetricFamily[]): Catalog {
  const views = families.flatMap((family) => family.views);
  const named = (database: View['database']): Map<string, View> =>
    new Map(views.filter((view) => view.database === database).map((view) => [view.name, view]));
  const tables = families.flatMap((family) => family.tables);
  return {
    views: named('tidemark'),
    parts: named('tidemark_store'),
    tables: new Map(tables.map(({ name, madeFrom }) => [name, madeFrom])),
  };
}

/** What a view reads. */
export function readsOf({ text, name, database }: View, { parts }: Catalog): Reads {
  const words = withoutQuoted(text);
  const stored = namesIn(words, 'tidemark_store');
  const isPart = (other: string): boolean => parts.has(other);
  return {
    settings: [...new Set([...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, setting = '']) => setting))],
    tables: stored.filter((table) => !isPart(table)),
    views: [
      ...namesIn(words, 'tidemark').filter((other) => database !== 'tidemark' || other !== name),
      ...stored.filter((table) => isPart(table) && table !== name),
    ],
  };
}
