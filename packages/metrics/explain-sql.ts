/**
 * What is behind a figure, as SQL: from a cell of a view to the facts that make it. Nothing of a request becomes part of a
 * text: values travel as parameters, `k_<column>` for the key of the row and `p_<name>` for a part of it.
 */
import { type Explained, keyOfView } from './explain.ts';
import { metricFamilies, publishedKinds } from './index.ts';
import { asOf, inForm } from './sql/as-of.ts';
import { aboutFacts, byFact, factColumn } from './sql/by-fact.ts';
import { type Figure, type Formula, isFormula, isParts, type Parts } from './sql/explained.ts';
import { restated } from './sql/restated.ts';
import { sql } from './sql/text.ts';

const tables = metricFamilies.flatMap((family) => family.tables);
const views = metricFamilies.flatMap((family) => family.views);
const forms = {
  asOf: inForm(asOf, { views, tables }),
  restated: inForm(restated, { views, tables }),
};

/** Which state of the numbers a text is of. */
export type Reading = {
  /** Before the names of parameters, so that two texts can stand in one query. */
  readonly prefix?: string;
  /**
   * `now`; `asOf` as known at the parameter `known_at`, by this name with the prefix; `restated` between two instants, by the
   * parameters `since`, `until` and `step`.
   */
  readonly form: 'now' | 'asOf' | 'restated';
};

function placed(text: string, { view }: Explained, { prefix = '', form }: Reading): string {
  const filled = text.replaceAll(/(?<![:\w]):([a-z_]+)\b/g, (_, name: string) => {
    const column = view.columns.find((one) => one.name === name);
    if (column === undefined) throw new RangeError(`:${name} is no column of ${view.name}`);
    return `{${prefix}k_${name}:${column.type}}`;
  });
  const then = form === 'now' ? filled : forms[form](filled).replaceAll('{known_at:', `{${prefix}known_at:`);
  return then.replaceAll(/\bnow\(\)|\bnow64\(3(?:, 'UTC')?\)/g, "{now:DateTime64(3, 'UTC')}");
}

function sourceOf(from: Parts['from']): string {
  return typeof from === 'string' ? from : byFact(from, columnsOf(from.kind), tables);
}

function columnsOf(kind: string): readonly string[] {
  return ['at', ...Object.keys(publishedKinds.get(kind) ?? {})];
}

/** What names a part: what `each` says, or the columns of the fact. */
export function namesOf({ from, each }: Parts): readonly string[] {
  if (each !== undefined) return Object.keys(each);
  return typeof from === 'string' ? [] : columnsOf(from.kind).map(factColumn);
}

/** What is known of each part beside its names. */
export function aboutOfParts({ from, each }: Parts): readonly string[] {
  return each === undefined && typeof from !== 'string' ? aboutFacts : [];
}

function expressionsOf(parts: Parts): readonly (readonly [name: string, expression: string])[] {
  const { from, each } = parts;
  if (each !== undefined) return Object.entries(each);
  const isRollup = typeof from !== 'string' && from.rollup !== undefined;
  return namesOf(parts).map((name) => [name, isRollup ? name : name.slice(factColumn('').length)]);
}

/** The parts of a figure, as a SELECT: what names each, what is known of it, and `value`. */
export function partsSql(of: Explained, parts: Parts, reading: Reading): string {
  const names = expressionsOf(parts);
  const about = aboutOfParts(parts);
  const { where, value, having, keep = 'value != 0' } = parts;
  return placed(
    sql`
      SELECT ${[...namesOf(parts), ...about.map((name) => `about_${name} AS ${name}`), 'part_value AS value'].join(', ')}
      FROM (
        SELECT ${[...names.map(([name, expression]) => (name === expression ? name : `${expression} AS ${name}`)), ...about.map((name) => `any(${name}) AS about_${name}`), `${value} AS part_value`].join(', ')}
        FROM ${sourceOf(parts.from)}
        WHERE ${where}
        GROUP BY ${namesOf(parts).join(', ')}
        ${having === undefined ? '' : `HAVING ${having}`}
      )
      WHERE ${keep.replaceAll(/\bvalue\b/g, 'part_value')}`,
    of,
    reading,
  );
}

/** What the parts of a figure come to, as an expression: a subquery. */
export function totalSql(of: Explained, parts: Parts, reading: Reading): string {
  return `(SELECT ${placed(parts.total ?? 'sum(value)', of, reading)} FROM (\n${partsSql(of, parts, reading)}\n))`;
}

/** The facts that parts are made of, one by one: the same parts with each fact as one. */
export function factsOfParts(parts: Parts, part: readonly string[]): Parts | undefined {
  if (typeof parts.from === 'string' || parts.each === undefined) return undefined;
  const { from, each } = parts;
  const isOfPart = part.map((name) => `toString(${each[name]}) = {p_${name}:String}`);
  const where = [parts.where, ...isOfPart].filter((one) => one !== '').join(' AND ');
  return { from, where, value: from.rollup === undefined ? 'sum(sign)' : 'toInt64(1)' };
}

/** Where the row of a figure is, as what stands behind FROM. */
function rowSql(of: Explained, { view, key }: Figure, reading: Reading): string {
  const name = view ?? of.view.name;
  const keys = view === undefined ? of.key.map((column) => column.name) : keyOf(name, of, key);
  const where = keys.map((column) => `v.${column} = ${key?.[column] ?? `:${column}`}`).join(' AND ');
  return placed(`tidemark.${name} AS v WHERE ${where}`, of, reading);
}

/** The key of a figure that a formula is of, as a query: one row, as text. */
export function figureKeySql(of: Explained, { view, key }: Figure, reading: Reading): string {
  const keys = view === undefined ? of.key.map((column) => column.name) : keyOf(view, of, key);
  const columns = keys.map((column) => `toString(${key?.[column] ?? `:${column}`}) AS \`${column}\``);
  return placed(`SELECT ${columns.join(', ')}`, of, reading);
}

function keyOf(view: string, of: Explained, key: Figure['key']): readonly string[] {
  if (key !== undefined) return Object.keys(key);
  const own = of.key.map((column) => column.name);
  return keyOfView(view).filter((column) => own.includes(column));
}

/** The cell itself, as a query: one row with `figure` as text; no row when the view has none with this key. */
export function cellSql(of: Explained, reading: Reading): string {
  return `SELECT toString(CAST(v.${of.column.name} AS ${of.column.type})) AS figure FROM ${rowSql(of, { column: of.column.name }, reading)}`;
}

/** Whether a formula has columns of its own row, so that `figureSql` reads the cell with them. */
export function readsOwnRow({ explanation }: Explained): boolean {
  return isFormula(explanation) && Object.values(explanation.operands).some(isOfRow);
}

const isOfRow = (operand: Figure | Parts): boolean => !isParts(operand) && operand.view === undefined;

/**
 * What an explanation comes to, as a query: one row with `figure` and what a formula is of, all as text. With `cell`, the cell itself,
 * where `readsOwnRow`.
 */
export function figureSql(of: Explained, reading: Reading): string {
  const { explanation } = of;
  if (!isFormula(explanation))
    return `SELECT toString(CAST(${totalSql(of, explanation, reading)} AS ${of.column.type})) AS figure`;
  const names = Object.keys(explanation.operands);
  const { rows, values } = operandsSql(of, explanation, reading);
  const ofRow = readsOwnRow(of);
  const shown = names.map((name) => `toString(${name}) AS of_${name}`);
  const own = ofRow ? [`toString(CAST(own_cell AS ${of.column.type})) AS cell`] : [];
  return sql`
    SELECT toString(CAST(${placed(explanation.formula, of, reading)} AS ${of.column.type})) AS figure, ${[...shown, ...own].join(', ')}
    FROM (
      SELECT ${[...names.map((name) => `o_${name} AS ${name}`), ...(ofRow ? ['own_cell'] : [])].join(', ')}
      FROM (
        SELECT ${[...rows, ...values, ...(ofRow ? [`v.${of.column.name} AS own_cell`] : [])].join(',\n')}
        ${ofRow ? `FROM ${rowSql(of, { column: '' }, reading)}` : ''}
      )
    )`;
}

/** The operands as columns `o_<name>`; each row of another view is read once, whatever columns of it are operands. */
function operandsSql(of: Explained, { operands }: Formula, reading: Reading) {
  const others = new Map<string, string[]>();
  const values = Object.entries(operands).map(([name, operand]) => {
    if (isParts(operand)) return `${totalSql(of, operand, reading)} AS o_${name}`;
    if (operand.view === undefined) return `v.${operand.column} AS o_${name}`;
    const row = rowSql(of, operand, reading);
    const columns = others.get(row) ?? [];
    others.set(row, [...columns, operand.column]);
    return `other_${[...others.keys()].indexOf(row)}.${columns.length + 1} AS o_${name}`;
  });
  const rows = [...others].map(([row, columns], place) => {
    // Null where there is no such row.
    const known = columns.map((column) => `anyOrNull(v.${column})`);
    return `(SELECT tuple(${known.join(', ')}) FROM ${row}) AS other_${place}`;
  });
  return { rows, values };
}

/**
 * The parts of a figure and what they come to, as a query: one row with `figure` as text, `parts`, how many, and `largest`, the largest, each
 * with how large, what `shown` names and `value`, as JSON.
 *
 * @param shown Names of the parts, and of what is known of them.
 */
export function partsAndFigureSql(
  of: Explained,
  parts: Parts,
  reading: Reading,
  { shown, limit }: { readonly shown: readonly string[]; readonly limit: number },
): string {
  const total = placed(parts.total ?? 'sum(value)', of, reading);
  const texts = shown.map((name) => `toString(p.${name})`);
  return sql`
    SELECT toString(CAST(${total} AS ${of.column.type})) AS figure, toString(count()) AS parts,
      toJSONString(groupArraySorted(${limit})((-abs(ifNull(toFloat64OrZero(toString(p.value)), 0)), [${texts.join(', ')}], toString(p.value)))) AS largest
    FROM (
    ${partsSql(of, parts, reading)}
    ) AS p`;
}

/** The settings that all of these need, for a reader's own would change what joins and empty sums say. */
export const explainSettings = 'SETTINGS join_use_nulls = 0, aggregate_functions_null_for_empty = 0';
