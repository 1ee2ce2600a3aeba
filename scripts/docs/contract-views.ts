/*
 * The views as docs/contract/metrics.md states them, compared with the views of the code, both ways. How a row of the
 * contract is read:
 *
 * - A name in backquotes is a column, unless it stands in parentheses or is in upper case (a setting).
 * - "the columns of `x`" stands for the columns of that view, without its period.
 * - "monthly also …" names columns of the monthly views of the row alone.
 * - The period column follows from the view's name.
 * - A column or view with a rule in parentheses behind it, which is listed as not built, may be missing.
 */
import { isMoney } from '../../packages/metrics/sql/column.ts';
import type { NamedColumn, View } from '@tidemark/metrics/sql/view';

/** A view as the contract states it. */
type Stated = {
  /** Names of its columns, that of the period included. */
  readonly columns: ReadonlySet<string>;
  /** Columns of which the contract also names a rule that is not built. */
  readonly notBuilt: ReadonlySet<string>;
  /** Whether a rule that is not built asks for it. */
  readonly mayBeMissing: boolean;
  /** Formulas as they stand there, by column. */
  readonly formulas: ReadonlyMap<string, string>;
};

/** Its two cells, each rule as `§21`. */
type Row = { readonly names: string; readonly columns: string };

const periods: { readonly [grain: string]: readonly [column: string, type: string] } = {
  hourly: ['hour', "DateTime64(3, 'UTC')"],
  daily: ['date', 'Date'],
  weekly: ['week', 'Date'],
  monthly: ['month', 'Date'],
};

const grainOf = (view: string): string => /_(hourly|daily|weekly|monthly)(?=$|_)/.exec(view)?.[1] ?? '';
const namesIn = (text: string): string[] => [...text.matchAll(/`([a-z]\w*)`/g)].map(([, name = '']) => name);

/** The rows of the tables whose first column has the given heading. */
function rowsUnder(heading: string, contract: string): Row[] {
  const tables = contract.matchAll(
    new RegExp(`^\\| ${heading} +\\|.*\\n\\|[ |-]+\\|\\n((?:\\|.*\\n)+)`, 'gm'),
  );
  return [...tables].flatMap(([, rows = '']) =>
    [
      ...rows.replaceAll(/\[rule (\d+)\]\(rules\.md#rule-\1\)/g, '§$1').matchAll(/^\|([^|]*)\|([^|]*)\|/gm),
    ].map(([, names = '', columns = '']): Row => ({ names, columns: columns.trim() })),
  );
}

/** The views that the contract states, by name. */
function statedIn(contract: string, rulesNotBuilt: readonly number[]): ReadonlyMap<string, Stated> {
  const isNotBuilt = (text: string): boolean =>
    [...text.matchAll(/§(\d+)/g)].some(([, rule]) => rulesNotBuilt.includes(Number(rule)));
  const stated = new Map<string, Stated>();
  for (const { names, columns } of rowsUnder('view', contract))
    for (const name of namesIn(names))
      stated.set(name, {
        ...statedBy(columns, grainOf(name), isNotBuilt, stated),
        mayBeMissing: isNotBuilt(names),
      });
  return stated;
}

function statedBy(
  row: string,
  grain: string,
  isNotBuilt: (text: string) => boolean,
  before: ReadonlyMap<string, Stated>,
): Omit<Stated, 'mayBeMissing'> {
  const short = row.replaceAll(
    /\b(hourly|daily|weekly|monthly) also ([^;]*)/g,
    (_, of: string, more: string) => (of === grain ? more : ''),
  );
  const columns = new Set<string>(grain === '' ? [] : [periods[grain]![0]]);
  const own = short.replaceAll(/the columns of `(\w+)`/g, (_, other: string) => {
    const [period] = periods[grainOf(other)] ?? [];
    for (const column of before.get(other)?.columns ?? []) if (column !== period) columns.add(column);
    return '';
  });
  for (const column of namesIn(own.replaceAll(/\([^()]*\)/g, ''))) columns.add(column);
  const remarks = own.matchAll(/`([a-z]\w*)` \(([^()]*)\)/g);
  const notBuilt = [...remarks].filter(([, , remark = '']) => isNotBuilt(remark));
  const formulas = own.matchAll(/`([a-z]\w*)` = ((?:[^,;`(]|\([^()§]*\))+)/g);
  return {
    columns,
    notBuilt: new Set(notBuilt.map(([, column = '']) => column)),
    formulas: new Map([...formulas].map(([, column = '', formula = '']) => [column, formula.trim()])),
  };
}

/**
 * What differs between the contract and the views, one sentence each.
 *
 * @param contract The text of docs/contract/metrics.md.
 * @param shown The views of the database `tidemark`.
 * @param rulesNotBuilt The rules that the product does not follow yet.
 */
export function contractDifferences(
  contract: string,
  shown: readonly View[],
  rulesNotBuilt: readonly number[],
): readonly string[] {
  const stated = statedIn(contract, rulesNotBuilt);
  const views = new Map(shown.map((view) => [view.name, view]));
  const plain = shown.filter(({ name }) => !name.endsWith('_reporting'));
  return [
    ...[...stated].flatMap(([name, about]) => {
      const view = views.get(name);
      if (view !== undefined) return columnDifferences(view, about);
      return about.mayBeMissing ? [] : [`the contract names the view ${name}, which does not exist`];
    }),
    ...plain.flatMap(({ name }) => (stated.has(name) ? [] : [`the contract does not name the view ${name}`])),
    ...variantDifferences(contract, views),
    ...shown.flatMap(generalDifferences),
  ];
}

function columnDifferences(view: View, { columns, notBuilt, formulas }: Stated): string[] {
  const found = new Map(view.columns.map((column) => [column.name, column]));
  const missing = [...columns].filter((name) => !found.has(name) && !notBuilt.has(name));
  return [
    ...missing.map((name) => `the contract names ${view.name}.${name}, which does not exist`),
    ...[...found.keys()].flatMap((name) =>
      columns.has(name) ? [] : [`the contract does not name ${view.name}.${name}`],
    ),
    ...[...formulas].flatMap(([name, formula]) =>
      formulaDifference(view.name, found.get(name), formula, found),
    ),
  ];
}

/** A formula of the contract that consists of columns alone leads the meaning of its column. */
function formulaDifference(
  view: string,
  column: NamedColumn | undefined,
  formula: string,
  columns: ReadonlyMap<string, NamedColumn>,
): string[] {
  const words = formula.match(/[a-z]\w*/gi) ?? [];
  if (column === undefined || words.length === 0 || !words.every((word) => columns.has(word))) return [];
  const written = formula.replaceAll('÷', '/').replaceAll('×', '*').replaceAll('−', '-');
  if (column.meaning.includes(written)) return [];
  return [`${view}.${column.name} is ${written} in the contract, and in the view: ${column.meaning}`];
}

/** The views in the reporting currency: which there are, and their columns. */
function variantDifferences(contract: string, views: ReadonlyMap<string, View>): string[] {
  const more = new Map(
    rowsUnder('variant', contract).flatMap(({ names, columns }) =>
      namesIn(names).map((name) => [name, namesIn(columns)]),
    ),
  );
  const differences = [...more.keys()].flatMap((name) =>
    views.has(name) ? [] : [`‘Several currencies’ names the view ${name}, which does not exist`],
  );
  for (const view of views.values()) {
    if (view.name.endsWith('_reporting')) {
      if (!views.has(view.name.replace(/_reporting$/, '')))
        differences.push(`${view.name} is a variant of no view`);
      continue;
    }
    const name = `${view.name}_reporting`;
    const variant = views.get(name);
    const hasMoney = view.columns.some(isMoney) && view.columns.some((column) => column.name === 'currency');
    if (hasMoney && variant === undefined) differences.push(`the view ${name} does not exist`);
    if (!hasMoney && variant !== undefined)
      differences.push(`the contract gives ${view.name} no variant, and ${name} exists`);
    if (variant !== undefined) differences.push(...variantColumns(view, variant, more.get(name) ?? []));
  }
  return differences;
}

function variantColumns(view: View, variant: View, more: readonly string[]): string[] {
  const found = new Map(variant.columns.map((column) => [column.name, column]));
  const plain = new Set(view.columns.map(({ name }) => name));
  const types = view.columns.flatMap((column): string[] => {
    const { name, type } = column;
    const other = found.get(name);
    if (other === undefined) return [`${variant.name} lacks ${name} of ${view.name}`];
    const expected = isMoney(column) && !type.startsWith('Nullable(') ? `Nullable(${type})` : type;
    return other.type === expected ? [] : [`${variant.name}.${name} is ${other.type}, not ${expected}`];
  });
  return [
    ...types,
    ...more.filter((name) => !found.has(name)).map((name) => `the contract names ${variant.name}.${name}, which does not exist`), // prettier-ignore
    ...[...found.keys()]
      .filter((name) => !plain.has(name) && !more.includes(name))
      .map((name) => `the contract does not name ${variant.name}.${name}`),
  ];
}

/** What ‘All views’ states of every view. */
function generalDifferences(view: View): string[] {
  const of = ({ name, type, unit }: NamedColumn): string => `${view.name}.${name} is ${type} in ${unit}`;
  const [period, periodType] = periods[grainOf(view.name)] ?? [];
  const differences = view.columns.flatMap((column) => {
    const { name, type, unit } = column;
    if (name === period && type !== periodType) return [`${of(column)}, not ${periodType}`];
    if (/_(rate|share)$/.test(name) && unit !== 'fraction') return [`${of(column)}, not a fraction`];
    if (unit === 'fraction' && type !== 'Nullable(Float64)') return [`${of(column)}, not Nullable(Float64)`];
    if (name.endsWith('_seconds') && unit !== 'seconds') return [`${of(column)}, not seconds`];
    return [];
  });
  const names = new Set(view.columns.map(({ name }) => name));
  if (view.columns.some(isMoney) && !names.has('currency'))
    differences.push(`${view.name} has money and no column currency`);
  return differences;
}
