import { createHash } from 'node:crypto';

type Plain = null | string | number | boolean | readonly Plain[] | { readonly [key: string]: Plain };

/** The parts of a schema that decide how bytes are read: names, types, defaults, logical types; not docs or rules. */
function shapeOf(schema: Plain, outer?: string): Plain {
  if (Array.isArray(schema)) return schema.map((one: Plain) => shapeOf(one, outer));
  if (typeof schema !== 'object' || schema === null) return schema;
  const given = schema as { readonly [key: string]: Plain };
  const namespace = typeof given['namespace'] === 'string' ? given['namespace'] : outer;
  const shape: { [key: string]: Plain } = {};
  const named = given['type'] === 'record' || given['type'] === 'enum' || given['type'] === 'fixed';
  if (typeof given['name'] === 'string') {
    const qualified = named && namespace !== undefined && !given['name'].includes('.');
    shape['name'] = qualified ? `${namespace}.${given['name']}` : given['name'];
  }
  for (const key of ['type', 'items', 'values'])
    if (given[key] !== undefined) shape[key] = shapeOf(given[key], namespace);
  for (const key of ['logicalType', 'precision', 'scale', 'symbols', 'size', 'aliases', 'default'])
    if (given[key] !== undefined) shape[key] = given[key];
  if (Array.isArray(given['fields']))
    shape['fields'] = given['fields'].map((field: Plain) => shapeOf(field, namespace));
  const keys = Object.keys(shape);
  return keys.length === 1 && keys[0] === 'type' ? shape['type']! : shape;
}

/**
 * A hash of an Avro schema's shape: two texts with the same one write and read the same bytes.
 *
 * @throws SyntaxError when the text is no JSON.
 */
export function fingerprint(text: string): string {
  return createHash('sha256')
    .update(JSON.stringify(shapeOf(JSON.parse(text) as Plain)))
    .digest('hex')
    .slice(0, 16);
}
