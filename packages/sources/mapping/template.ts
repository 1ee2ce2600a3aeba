/** Cells by column: texts, numbers, and in nested records objects and lists too. */
export type Cells = Readonly<Record<string, unknown>>;

/** A text with columns in it, such as `stripe:{id}:started`. */
export type Template = {
  /** The names of the columns, as they stand there. */
  readonly columns: readonly string[];
  /** What a record makes of it; `undefined` when one of its cells is empty. */
  readonly fill: (cells: Cells) => unknown;
};

/** A cell that cannot be put in a text. */
export class CellError extends Error {
  override readonly name = 'CellError';
}

/**
 * Reads a template. `{a}` is the cell of column `a`, or in nested records a path such as `{plan.amount}`; `{{` is a brace.
 *
 * @param isEmpty Whether a text stands for nothing.
 * @returns `undefined` when a brace is not closed.
 */
export function templateOf(text: string, isEmpty: (cell: string) => boolean): Template | undefined {
  const parts: { readonly text?: string; readonly column?: string }[] = [];
  const pattern = /\{\{|\{([^{}]+)\}|[^{]+/gy;
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (match === null) return undefined;
    const [whole, column] = match;
    parts.push(column === undefined ? { text: whole === '{{' ? '{' : whole } : { column: column.trim() });
  }
  const columns = parts.flatMap(({ column }) => (column === undefined ? [] : [column]));
  const [first] = columns;
  // A list stays one.
  if (first !== undefined && parts.length === 1)
    return { columns, fill: (cells) => given(cellAt(cells, first), isEmpty, first) };
  return {
    columns,
    fill: (cells) => {
      let filled = '';
      for (const { text: between, column } of parts) {
        const value = column === undefined ? between : given(cellAt(cells, column), isEmpty, column);
        if (value === undefined) return undefined;
        if (typeof value !== 'string')
          throw new CellError(`{${column}} is a list and cannot be part of a text.`);
        filled += value;
      }
      return filled;
    },
  };
}

/** The cell of a column; where there is none of that name, what is at that path. */
export function cellAt(cells: Cells, column: string): unknown {
  if (Object.hasOwn(cells, column)) return cells[column];
  let at: unknown = cells;
  for (const part of column.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return undefined;
    at = (at as Record<string, unknown>)[part];
  }
  return at;
}

/**
 * A cell as a text without space around it, or as the list it is; `undefined` for nothing.
 *
 * @throws CellError when it is an object.
 */
export function given(
  cell: unknown,
  isEmpty: (text: string) => boolean,
  column: string,
): string | readonly unknown[] | undefined {
  switch (typeof cell) {
    case 'string': {
      if (cell.includes('\uFFFD'))
        throw new CellError(`{${column}} is not in UTF-8: ${JSON.stringify(cell.slice(0, 40))}; convert it.`);
      const text = cell.trim();
      return text === '' || isEmpty(text) ? undefined : text;
    }
    case 'number':
      // Sums of binary fractions end in digits that nobody wrote.
      return Number.isFinite(cell)
        ? String(Number.isInteger(cell) ? cell : Number(cell.toPrecision(15)))
        : undefined;
    case 'bigint':
    case 'boolean':
      return String(cell);
    default:
      if (cell instanceof Date) return cell.toISOString();
      if (Array.isArray(cell)) return cell;
      if (cell === null || cell === undefined) return undefined;
      throw new CellError(`{${column}} is an object: name a field of it, such as {${column}.id}.`);
  }
}
