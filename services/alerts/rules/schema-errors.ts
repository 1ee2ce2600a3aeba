import type { ErrorObject } from 'ajv';

/** Names of fields and indexes of items, from the root of the file. */
export type Path = readonly (string | number)[];

/** Records a mistake. */
export type Complain = (field: Path, message: string) => void;

/** The path of an error in the file. */
export function pathOf({ instancePath, keyword, params }: ErrorObject, raw: unknown): Path {
  const path: (string | number)[] = [];
  let at: unknown = raw;
  for (const part of instancePath
    .split('/')
    .slice(1)
    .map((one) => one.replaceAll('~1', '/').replaceAll('~0', '~'))) {
    path.push(Array.isArray(at) ? Number(part) : part);
    at = (at as Record<string, unknown>)[part];
  }
  return keyword === 'additionalProperties' ? [...path, String(params['additionalProperty'])] : path;
}

/** An error as a sentence: the field, what is wrong, and what is expected. */
export function sentenceOf({
  keyword,
  params,
  message,
  instancePath,
  data,
  parentSchema,
}: ErrorObject): string {
  const field = instancePath.split('/').slice(1).join('.') || 'the file';
  switch (keyword) {
    case 'required':
      return `${field} lacks ${String(params['missingProperty'])}`;
    case 'additionalProperties':
      return `${field} has no field ${String(params['additionalProperty'])}`;
    case 'enum':
      return `${field} is ${JSON.stringify(data)}: expected one of ${(params['allowedValues'] as string[]).join(', ')}`;
    case 'pattern': {
      const takes = (parentSchema as { description?: string } | undefined)?.description;
      return `${field} is ${JSON.stringify(data)}: expected ${takes ?? String(params['pattern'])}`;
    }
    default:
      return `${field} ${message ?? 'is wrong'}`;
  }
}
