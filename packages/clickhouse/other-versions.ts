/** Views that generations have in other versions: another text, other settings in it, or other definitions of what they read. */
import type { ClickHouseClient } from '@clickhouse/client';
import { rowsOf } from './client.ts';
import { plainDatabases } from './databases.ts';

type ViewText = { readonly database: string; readonly name: string; readonly text: string };
type OfGeneration = { readonly views: string; readonly store: string };

/** A view of a generation that says something else than the same view of the one that serves. */
export type OtherVersion = { readonly generation: number; readonly name: string };

/** What a view of a generation is called among those of the one that serves, e.g. `mrr_daily__v1`. */
export function otherVersionName({ generation, name }: OtherVersion): string {
  return `${name}__v${generation}`;
}

/**
 * All views of some generations that differ from those that serve. The versions of definitions are in the comments of views, so
 * they differ with these.
 */
export async function otherVersions(
  client: ClickHouseClient,
  serving: number,
  others: readonly number[],
): Promise<OtherVersion[]> {
  const databases = [serving, ...others].flatMap((one) => Object.values(databasesOf(one)));
  const found = await rowsOf<ViewText>(
    client,
    `SELECT database, name, create_table_query AS text FROM system.tables
     WHERE engine = 'View' AND has({databases:Array(String)}, database) ORDER BY name`,
    { databases },
  );
  return differing(found, serving, others);
}

/** The same, of the texts of all views. */
export function differing(
  views: readonly ViewText[],
  serving: number,
  others: readonly number[],
): OtherVersion[] {
  const servingTexts = wholeTexts(views, databasesOf(serving));
  return others.flatMap((generation) =>
    [...wholeTexts(views, databasesOf(generation))]
      .filter(([name, text]) => servingTexts.get(name) !== text)
      .map(([name]) => ({ generation, name })),
  );
}

function databasesOf(generation: number): OfGeneration {
  const store = generation === 1 ? plainDatabases.store : `${plainDatabases.store}_g${generation}`;
  return { views: `${plainDatabases.views}_g${generation}`, store };
}

/** The text of each view of a generation with the texts of all views that it reads. */
function wholeTexts(
  views: readonly ViewText[],
  { views: own, store }: OfGeneration,
): ReadonlyMap<string, string> {
  const texts = new Map(
    views
      .filter(({ database }) => database === own || database === store)
      .map(({ text, database, name }) => [
        `${database === own ? plainDatabases.views : plainDatabases.store}.${name}`,
        text.replaceAll(/\b(tidemark|tidemark_store)_g\d+(?=\.)/g, '$1'),
      ]),
  );
  const known = new Map<string, string>();
  const whole = (name: string): string => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const text = texts.get(name);
    if (text === undefined) return '';
    // A view is in its own text; it reads no view that reads it.
    known.set(name, '');
    const read = new Set([...text.matchAll(/\btidemark(?:_store)?\.\w+/g)].map(([one]) => one));
    const all = [text, ...[...read].map(whole)].join('\n');
    known.set(name, all);
    return all;
  };
  const prefix = `${plainDatabases.views}.`;
  return new Map(
    [...texts.keys()]
      .filter((name) => name.startsWith(prefix))
      .map((name) => [name.slice(prefix.length), whole(name)]),
  );
}
