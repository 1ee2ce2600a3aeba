import type { Cells } from '@tidemark/sources/mapping';

/** A row of a file, whatever its format. */
export type Row = {
  /** 1 for the first. */
  readonly number: number;
  /** Where it begins in the file; in Parquet, which has no lines, the number of the row. */
  readonly line: number;
  /** Its cells by column. */
  readonly cells: Cells;
  /** Why it cannot be read; its cells are then what there is of them. */
  readonly fault?: string;
};

/** A file that is open for reading. */
export type OpenFile = {
  /** The columns it has; `undefined` where each row has its own. */
  readonly columns: readonly string[] | undefined;
  /** Its rows, in order, once. */
  readonly rows: AsyncIterable<Row>;
  /** How much of it is read, from 0 to 1. */
  readonly readShare: () => number;
};

/** Longest row in bytes: a longer one is a file of another form, and would be kept in memory whole. */
export const rowBytesMax = 4 * 1024 * 1024;
