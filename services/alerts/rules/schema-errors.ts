import type { ErrorObject } from 'ajv';

/** Names of fields and numbers of items, from the top of a file. */
export type Path = readonly (string | number)[];

/** Takes down a mistake. */
export type Complain = (field: Path, message: string) => void;

/** Where in the file an error lies. */
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

/** What is wrong, with the field and what is expected of it. */
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
