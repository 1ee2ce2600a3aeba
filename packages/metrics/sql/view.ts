import { type Column, commentOf, type ViewColumns } from './column.ts';
import { quoted, sql } from './text.ts';

/** A view, or a function that views are written with: applied again whenever its text or a setting in it changes. */
export type ViewStatement = {
  readonly kind: 'view' | 'function';
  /** `tidemark` is what BI users read; a view of `tidemark_store` is a part of others. A later generation has its own. */
  readonly database: string;
  readonly name: string;
  readonly text: string;
};

/** A view as data, with its text. */
export type View = ViewStatement & {
  readonly kind: 'view';
  readonly comment: string;
  readonly columns: readonly NamedColumn[];
  readonly select: string;
  /** Settings beyond those that follow from the text. */
  readonly settings: string;
};

/** A column with its name and the comment that ClickHouse carries. */
export type NamedColumn = Column & { readonly name: string; readonly comment: string };

/** What a view is written with. */
type ViewSource = {
  readonly columns: ViewColumns;
  /** Its rows. Columns are matched by name (order is free) and cast to the declared types. */
  readonly select: string;
  /** One sentence on the view. */
  readonly comment: string;
  /** Settings beyond those that follow from the text. */
  readonly settings?: string;
  readonly database?: ViewStatement['database'];
};

/**
 * A view. SQL SECURITY DEFINER lets a BI user read it and not what is behind it. Settings at its end overrule what a
 * reader sets: reporting tools change how joins and empty aggregates behave.
 */
export function view(name: string, source: ViewSource): View {
  const { select, comment, settings: given = '', database = 'tidemark' } = source;
  const columns = Object.entries(source.columns).map(([column, about]) => ({
    ...about,
    name: column,
    comment: commentOf(about),
  }));
  const declared = columns.map((one) => `\`${one.name}\` ${one.type} COMMENT ${quoted(one.comment)}`);
  const settings = [given, ownSettings(select)].filter((text) => text !== '').join(', ');
  return {
    kind: 'view',
    database,
    name,
    comment,
    columns,
    select,
    settings: given,
    text: sql`
      CREATE OR REPLACE VIEW ${database}.${name} (
        ${declared.join(',\n')}
      )
      SQL SECURITY DEFINER
      AS ${select}
      ${settings === '' ? '' : `SETTINGS ${settings}`}
      COMMENT ${quoted(comment)}`,
  };
}

function ownSettings(select: string): string {
  const joins = /\bJOIN\b/.test(select);
  const fills = /\bWITH FILL\b/.test(select);
  return [
    ...(joins ? ['join_use_nulls = 0'] : []),
    ...(joins || fills ? ['aggregate_functions_null_for_empty = 0'] : []),
    ...(fills ? ['use_with_fill_by_sorting_prefix = 1'] : []),
  ].join(', ');
}

/** A function of SQL; ClickHouse expands it where it is used. Its text is a lambda. */
export function sqlFunction(name: string, lambda: string, why: string): ViewStatement {
  const text = `${why.replaceAll(/^/gm, '-- ')}\nCREATE OR REPLACE FUNCTION ${name} AS ${lambda}`;
  return { kind: 'function', database: 'tidemark', name, text };
}
