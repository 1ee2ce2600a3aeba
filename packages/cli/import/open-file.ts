import { existsSync } from 'node:fs';
import { CommandError, exitCodes } from '@tidemark/command/work';
import type { Mapping } from './mapping.ts';
import type { OpenFile } from './row.ts';

/**
 * Opens a file in the form that the mapping or its name says.
 *
 * @throws CommandError when it cannot be read, or lacks a column that the mapping names.
 */
export async function openFile(path: string, mapping: Mapping): Promise<OpenFile> {
  if (!existsSync(path)) throw new CommandError(exitCodes.usage, `There is no file ${path}.`);
  const file = await openAs(mapping.format ?? formatOf(path), path, mapping);
  if (file.columns !== undefined) checkColumns(path, file.columns, mapping);
  return file;
}

type Format = NonNullable<Mapping['format']>;

// A reader is loaded when a file needs it.
async function openAs(format: Format, path: string, mapping: Mapping): Promise<OpenFile> {
  switch (format) {
    case 'csv':
      return (await import('./csv-file.ts')).openCsv(path, mapping);
    case 'ndjson':
      return (await import('./ndjson-file.ts')).openNdjson(path);
    case 'parquet': {
      const isWanted = (column: string): boolean => mapping.columns.some((one) => isAt(one, column));
      return (await import('./parquet-file.ts')).openParquet(path, isWanted);
    }
  }
}

function formatOf(path: string): Format {
  const [, ending] = /\.(csv|ndjson|jsonl|parquet)(?:\.gz)?$/i.exec(path) ?? [];
  switch (ending?.toLowerCase()) {
    case 'csv':
      return 'csv';
    case 'ndjson':
    case 'jsonl':
      return 'ndjson';
    case 'parquet':
      return 'parquet';
    default:
      throw new CommandError(
        exitCodes.usage,
        `The name of ${path} does not show its form: write \`format: csv\` (or ndjson, parquet) in the mapping file.`,
      );
  }
}

/** Whether what a mapping names is a column or a path in it. */
function isAt(named: string, column: string): boolean {
  return named === column || named.startsWith(`${column}.`);
}

function checkColumns(path: string, columns: readonly string[], mapping: Mapping): void {
  const missing = mapping.columns.filter((named) => !columns.some((column) => isAt(named, column)));
  if (missing.length === 0) return;
  const [only = ''] = columns;
  const found = columns.length === 1 ? /[;\t|]/.exec(only)?.[0] : undefined;
  const hint =
    found === undefined ? '' : ` Is its delimiter ${JSON.stringify(found)}? Write it in the mapping file.`;
  throw new CommandError(
    exitCodes.usage,
    `${path} has no column ${missing.map((one) => JSON.stringify(one)).join(', ')}; it has ${columns.map((one) => JSON.stringify(one)).join(', ')}.${hint}`,
  );
}
