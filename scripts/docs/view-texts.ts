import { readdirSync, readFileSync } from 'node:fs';
import { type MigrationFile, parseMigration } from '@tidemark/clickhouse/migration-file';
import { withoutQuoted } from '../../packages/clickhouse/sql-text.ts';

/** A column as the view's text declares it; an absent comment is `''`. */
export type ViewColumn = { readonly name: string; readonly type: string; readonly comment: string };

/** A view of `tidemark` as its text declares it. */
export type View = {
  readonly name: string;
  readonly comment: string;
  readonly columns: readonly ViewColumn[];
  /** Names of the parameters its reader gives. */
  readonly parameters: readonly string[];
  /** Settings it is written with. */
  readonly settings: readonly string[];
  /** Tables of `tidemark_store` that it reads itself. */
  readonly tables: readonly string[];
  /** Other views that it reads. */
  readonly views: readonly string[];
};

/** What the SQL of the metrics says of views and of the tables behind them. */
export type ViewTexts = {
  readonly views: ReadonlyMap<string, View>;
  /** The tables that each rollup is made from. */
  readonly rollups: ReadonlyMap<string, readonly string[]>;
};

const migrations = new URL('../../packages/metrics/sql/', import.meta.url);

const quoted = String.raw`'((?:[^'\\]|\\[\s\S]|'')*)'`;
const type = String.raw`\w+(?:\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))?`;
const columnShape = new RegExp(String.raw`\s*\`(\w+)\` (${type})(?: COMMENT ${quoted})?\s*(,|\))`, 'y');

const unquoted = (text: string) => text.replaceAll("''", "'").replaceAll(/\\([\s\S])/g, '$1');

const namesIn = (text: string, database: string) => [
  ...new Set(
    [...text.matchAll(new RegExp(String.raw`\b${database}\s?\.\s?(\w+)`, 'g'))].map(([, name = '']) => name),
  ),
];

/** Throws a SyntaxError on columns that are not of the form `name` Type COMMENT '…'. */
function parseView(name: string, text: string): View {
  const columns: ViewColumn[] = [];
  columnShape.lastIndex = text.indexOf('(') + 1;
  for (let end = ''; end !== ')';) {
    const at = columnShape.lastIndex;
    const found = columnShape.exec(text);
    if (found === null) throw new SyntaxError(`view ${name}: "${text.slice(at, at + 60)}…" is no column`);
    columns.push({ name: found[1] ?? '', type: found[2] ?? '', comment: unquoted(found[3] ?? '') });
    end = found[4] ?? '';
  }
  const comment =
    new RegExp(`COMMENT ${quoted}$`).exec(text) ??
    new RegExp(`SQL SECURITY DEFINER COMMENT ${quoted} AS`).exec(text);
  const words = withoutQuoted(text);
  return {
    name,
    comment: unquoted(comment?.[1] ?? ''),
    columns,
    parameters: [...new Set([...text.matchAll(/(?<!\{)\{(\w+):/g)].map(([, parameter = '']) => parameter))],
    settings: [...new Set([...text.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, setting = '']) => setting))],
    tables: namesIn(words, 'tidemark_store'),
    views: namesIn(words, 'tidemark').filter((other) => other !== name),
  };
}

function rollupsOf(files: readonly MigrationFile[]): ReadonlyMap<string, readonly string[]> {
  const rollups = new Map<string, readonly string[]>();
  for (const statement of files.flatMap((file) => file.once)) {
    const made = /^CREATE MATERIALIZED VIEW .*? TO tidemark_store\.(\w+) AS (.*)$/s.exec(
      withoutQuoted(statement),
    );
    const [, target = '', select = ''] = made ?? [];
    if (target === '') continue;
    rollups.set(target, [...(rollups.get(target) ?? []), ...namesIn(select, 'tidemark_store')]);
  }
  return rollups;
}

/** What the given files say. Throws a SyntaxError on a view whose columns cannot be read. */
export function viewTextsOf(files: readonly MigrationFile[]): ViewTexts {
  const views = files
    .flatMap((file) => file.views)
    .filter(({ kind }) => kind === 'view')
    .map(({ name, text }) => [name, parseView(name, text)] as const);
  return { views: new Map(views), rollups: rollupsOf(files) };
}

/** What packages/metrics/sql says. Throws a SyntaxError on what the migrator would refuse too. */
export function readViewTexts(): ViewTexts {
  const files = readdirSync(migrations)
    .filter((file) => file.endsWith('.sql'))
    .toSorted()
    .map((file) => parseMigration(file, readFileSync(new URL(file, migrations), 'utf8')));
  return viewTextsOf(files);
}
