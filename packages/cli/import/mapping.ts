import { readFileSync } from 'node:fs';
import { CommandError, exitCodes } from '@tidemark/command/work';
import { type Mistake, yamlReader } from '@tidemark/service/yaml-file';
import {
  compileMapping,
  type Mapping as RecordMapping,
  mappingSchema,
  type RawMapping,
} from '@tidemark/sources/mapping';

/** What a mapping file says: how the file is read, and how its rows become events. */
export type Mapping = RecordMapping & {
  readonly format: 'csv' | 'ndjson' | 'parquet' | undefined;
  readonly delimiter: string;
};

type RawFile = RawMapping & Partial<Pick<Mapping, 'format' | 'delimiter'>>;

const ofFiles = {
  format: { enum: ['csv', 'ndjson', 'parquet'] },
  delimiter: { type: 'string', minLength: 1, maxLength: 1 },
};
const schema = { ...mappingSchema, properties: { ...propertiesOf(mappingSchema), ...ofFiles } };

function propertiesOf(one: { readonly properties?: object }): object | undefined {
  return one.properties;
}

/** Reads a mapping file; what it says is in docs/publish/import.md. */
export const parseMapping: (
  text: string,
) => { readonly file: Mapping } | { readonly mistakes: readonly Mistake[] } = yamlReader<RawFile, Mapping>(
  schema,
  (file, complain) => {
    const { format, delimiter = ',' } = file;
    return { ...compileMapping(file, complain), format, delimiter };
  },
);

/**
 * Reads the mapping file of a path.
 *
 * @throws CommandError with every mistake and its line.
 */
export function readMapping(path: string): { readonly mapping: Mapping; readonly text: string } {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new CommandError(exitCodes.usage, `The mapping file cannot be read: ${(error as Error).message}.`);
  }
  const read = parseMapping(text);
  if ('file' in read) return { mapping: read.file, text };
  const lines = read.mistakes.map(({ line, message }) => `  ${path}:${line}  ${message}`);
  throw new CommandError(exitCodes.usage, `The mapping file has mistakes:\n${lines.join('\n')}`);
}
