import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Failure } from '@tidemark/service/failures';
import { yamlReader } from '@tidemark/service/yaml-file';
import { compileMapping, type Mapping, mappingSchema, type RawMapping } from '@tidemark/sources/mapping';

/** The mapping of the e-commerce events of Segment's specification. */
const shipped = fileURLToPath(new URL('ecommerce.yaml', import.meta.url));

const parse = yamlReader<RawMapping, Mapping>(mappingSchema, compileMapping);

/**
 * Reads what messages in the form of Segment become.
 *
 * @param path Of a mapping file, YAML or JSON; that which is shipped when it is empty.
 * @throws Failure `settings.invalid` with every mistake and its line.
 */
export function readSegmentMapping(path: string): Mapping {
  let text: string;
  try {
    text = readFileSync(path === '' ? shipped : path, 'utf8');
  } catch (cause) {
    throw new Failure('settings.invalid', `COLLECTOR_SEGMENT_MAPPING: the file ${path} cannot be read`, {
      cause,
    });
  }
  const read = parse(text);
  if ('file' in read) return read.file;
  const lines = read.mistakes.map(({ line, message }) => `    ${path}:${line}  ${message}`);
  throw new Failure('settings.invalid', `COLLECTOR_SEGMENT_MAPPING has mistakes:\n${lines.join('\n')}`);
}
