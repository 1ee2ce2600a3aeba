import { type FileHandle, open, rm } from 'node:fs/promises';
import { jsonOf } from '@tidemark/command/output';
import type { Row } from './row.ts';

/** A row that was not imported, and why. */
export type RejectedRow = { readonly row: Row; readonly reasons: readonly string[] };

/**
 * The rejected rows of an import, one JSON object a line: the row's cells, `_line` and `_reasons`. Corrected, it can be imported by
 * the same mapping.
 */
export class RejectedFile {
  readonly path: string;
  #bytes: number;
  #file: FileHandle | undefined;

  private constructor(path: string, bytes: number) {
    this.path = path;
    this.#bytes = bytes;
  }

  /** Opens the file of an import. @param bytes How much of it is of this import already; 0 begins anew. */
  static async open(path: string, bytes: number): Promise<RejectedFile> {
    const rejected = new RejectedFile(path, bytes);
    if (bytes === 0) {
      await rm(path, { force: true });
      return rejected;
    }
    rejected.#file = await open(path, 'r+');
    // Rows behind the checkpoint come once more.
    await rejected.#file.truncate(bytes);
    return rejected;
  }

  /** Bytes that are written. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Appends rows; without one there is no file. */
  async write(rows: readonly RejectedRow[]): Promise<void> {
    if (rows.length === 0) return;
    this.#file ??= await open(this.path, 'w');
    const text = rows
      .map(({ row, reasons }) => `${jsonOf({ _line: row.line, _reasons: reasons, ...row.cells })}\n`)
      .join('');
    const { bytesWritten } = await this.#file.write(text, this.#bytes);
    this.#bytes += bytesWritten;
  }

  /** Closes it. */
  async close(): Promise<void> {
    await this.#file?.close();
  }
}
