import split2 from 'split2';
import { CommandError, exitCodes } from '@tidemark/command/work';
import type { Cells } from '@tidemark/sources/mapping';
import { type OpenFile, type Row, rowBytesMax } from './row.ts';
import { openText } from './text-file.ts';

/** Opens a file with one JSON object a line. */
export async function openNdjson(path: string): Promise<OpenFile> {
  const { parsed, readShare } = await openText(path, split2({ maxLength: rowBytesMax }));
  return { columns: undefined, rows: rowsOf(path, parsed as AsyncIterable<string>), readShare };
}

async function* rowsOf(path: string, lines: AsyncIterable<string>): AsyncIterable<Row> {
  let number = 0;
  let line = 0;
  try {
    for await (const text of lines) {
      line++;
      if (text.trim() === '') continue;
      if (number === 0 && text.trimStart().startsWith('[')) throw notLines(path);
      number++;
      yield { number, line, ...objectIn(text) };
    }
  } catch (error) {
    if (!(error instanceof Error) || error.message !== 'maximum buffer reached') throw error;
    throw new CommandError(
      exitCodes.failed,
      `${path}: line ${line + 1} is longer than 4 MiB. NDJSON has one object a line.`,
    );
  }
}

function objectIn(text: string): { readonly cells: Cells; readonly fault?: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { cells: { text }, fault: 'The line is no JSON.' };
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { cells: value as Cells };
  return { cells: { text }, fault: 'The line is no JSON object.' };
}

function notLines(path: string): CommandError {
  return new CommandError(
    exitCodes.failed,
    `${path} has one list, not one object a line: jq -c '.[]' ${path} makes NDJSON of it.`,
  );
}
