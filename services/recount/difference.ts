/** A column of a view. */
export type Column = { readonly name: string; readonly type: string };

/** A row as ClickHouse gives it: decimals and large integers as text. */
export type Row = Readonly<Record<string, string | number | boolean | null | readonly unknown[]>>;

/** A number that is not the same in two generations. */
export type Cell = {
  /** The first day or instant of the row; empty where the view has none. */
  readonly period: string;
  readonly column: string;
  /** What names the row, its period included. */
  readonly key: Readonly<Record<string, string>>;
  /** `null` where there is no such row, or no such value. */
  readonly before: string | null;
  readonly after: string | null;
  /** `after` less `before`, a missing one taken for 0; `null` where it is no number. */
  readonly difference: string | null;
};

const isTime = ({ type }: Column): boolean => /^(Nullable\()?Date/.test(type);
const isNumber = ({ type }: Column): boolean => /^(Nullable\()?(U?Int|Decimal|Float)/.test(type);

/**
 * The cells that differ between two sets of rows of a view. Rows belong together when all that is no number is the same, in
 * the order in which they come where several do.
 *
 * @param before Rows of the one generation that the other does not have, and the other way round.
 */
export function cellsOf(columns: readonly Column[], before: readonly Row[], after: readonly Row[]): Cell[] {
  const named = columns.filter((column) => !isNumber(column));
  const measured = columns.filter(isNumber);
  const time = columns.find(isTime)?.name;
  const nameOf = (row: Row): string => JSON.stringify(named.map(({ name }) => row[name] ?? null));
  const [old, young] = [Map.groupBy(before, nameOf), Map.groupBy(after, nameOf)];
  const cells: Cell[] = [];
  for (const name of new Set([...old.keys(), ...young.keys()])) {
    const [was, is] = [old.get(name) ?? [], young.get(name) ?? []];
    for (let place = 0; place < Math.max(was.length, is.length); place++) {
      const [a, b] = [was[place], is[place]];
      const row = (a ?? b)!;
      const key = Object.fromEntries(named.map((column) => [column.name, textOf(row[column.name]) ?? '']));
      const period = time === undefined ? '' : (key[time] ?? '');
      for (const { name: column } of measured) {
        const [from, to] = [textOf(a?.[column]), textOf(b?.[column])];
        if (a !== undefined && b !== undefined && from === to) continue;
        cells.push({
          period,
          column,
          key,
          before: from,
          after: to,
          difference: minus(to ?? '0', from ?? '0'),
        });
      }
    }
  }
  return cells;
}

/** What differs in one column of a view in one period. */
export type Summed = {
  readonly period: string;
  readonly column: string;
  readonly cells: number;
  readonly difference: string | null;
};

/** Cells added up by period and column, in the order of the periods. */
export function summed(cells: readonly Cell[]): Summed[] {
  const groups = Map.groupBy(cells, ({ period, column }) => `${period}\u0000${column}`);
  return [...groups.values()]
    .map((some) => ({
      period: some[0]!.period,
      column: some[0]!.column,
      cells: some.length,
      difference: some.reduce<string | null>(
        (sum, { difference }) => (sum === null || difference === null ? null : plus(sum, difference)),
        '0',
      ),
    }))
    .toSorted((a, b) => (a.period === b.period ? 0 : a.period < b.period ? -1 : 1));
}

function textOf(value: Row[string] | undefined): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Exact for decimals; `null` where one is no number. */
function minus(a: string, b: string): string | null {
  return plus(a, b.startsWith('-') ? b.slice(1) : `-${b}`);
}

function plus(a: string, b: string): string | null {
  const decimal = /^-?\d+(\.\d+)?$/;
  if (!decimal.test(a) || !decimal.test(b)) {
    const sum = Number(a) + Number(b);
    return Number.isFinite(sum) ? String(sum) : null;
  }
  const places = Math.max(placesOf(a), placesOf(b));
  const sum = scaled(a, places) + scaled(b, places);
  const digits = (sum < 0n ? -sum : sum).toString().padStart(places + 1, '0');
  const whole = digits.slice(0, digits.length - places);
  const fraction = digits.slice(digits.length - places).replace(/0+$/, '');
  return `${sum < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

function placesOf(text: string): number {
  return text.split('.')[1]?.length ?? 0;
}

function scaled(text: string, places: number): bigint {
  const [whole = '0', fraction = ''] = text.replace('-', '').split('.');
  const value = BigInt(whole + fraction.padEnd(places, '0'));
  return text.startsWith('-') ? -value : value;
}
