import { type CsvError, type Info, parse } from 'csv-parse';
import { CommandError, exitCodes } from '@tidemark/command/work';
import { type OpenFile, type Row, rowBytesMax } from './row.ts';
import { openText } from './text-file.ts';

type Parsed = { readonly record: readonly string[]; readonly info: Info };

/**
 * Opens a CSV file in UTF-8, whose first line has the names of the columns.
 *
 * @throws CommandError when it has no such line.
 */
export async function openCsv(
  path: string,
  { delimiter }: { readonly delimiter: string },
): Promise<OpenFile> {
  const parser = parse({
    bom: true,
    delimiter,
    info: true,
    max_record_size: rowBytesMax,
    // Rows of another length are rejected one by one, with their line.
    relax_column_count: true,
    trim: true,
  });
  const { parsed, readShare } = await openText(path, parser);
  const records = readable(path, parsed as AsyncIterable<Parsed>);
  const head = await records.next();
  if (head.done === true)
    throw new CommandError(
      exitCodes.failed,
      `${path} is empty: its first line has the names of the columns.`,
    );
  const columns = head.value.record;
  const twice = columns.find((name, index) => columns.indexOf(name) !== index);
  if (twice !== undefined)
    throw new CommandError(exitCodes.failed, `${path} has two columns "${twice}": rename one of them.`);
  return { columns, rows: rowsOf(columns, records, head.value.info.lines), readShare };
}

async function* rowsOf(
  columns: readonly string[],
  records: AsyncIterable<Parsed>,
  headLines: number,
): AsyncIterable<Row> {
  let number = 0;
  let linesBefore = headLines;
  for await (const { record, info } of records) {
    const line = linesBefore + 1;
    linesBefore = info.lines;
    if (record.length === 1 && record[0] === '' && columns.length > 1) continue;
    const cells: Record<string, string> = {};
    for (const [index, cell] of record.entries()) cells[columns[index] ?? `(${index + 1})`] = cell;
    number++;
    if (record.length === columns.length) yield { number, line, cells };
    else
      yield {
        number,
        line,
        cells,
        fault: `The row has ${record.length} cells, and the file has ${columns.length} columns: a cell with the delimiter in it needs quotes.`,
      };
  }
}

/** What the parser finds, as sentences: from a broken quote on nobody knows where rows begin. */
async function* readable(path: string, records: AsyncIterable<Parsed>): AsyncGenerator<Parsed, void> {
  try {
    yield* records;
  } catch (error) {
    const { code, lines } = error as CsvError & { readonly lines?: number };
    if (typeof code !== 'string' || !code.startsWith('CSV_')) throw error;
    const what =
      code === 'CSV_MAX_RECORD_SIZE'
        ? 'the row is longer than 4 MiB; look for a quote that is not closed'
        : 'a quote is in the wrong place; a quote within a quoted cell is written twice';
    throw new CommandError(
      exitCodes.failed,
      `${path}: line ${lines ?? '?'}: ${what}. Correct the file and run the command again: what was published counts once.`,
    );
  }
}
