import { requiredFields, type FamilySpec, type FieldSpec, type TypeSpec } from './schema.ts';
import { instantMax, instantMin, millisecondsMin } from './times.ts';

/** A JSON Schema (2020-12). */
export type JsonSchema = { readonly [keyword: string]: unknown };

/**
 * `json`: as a publisher sends it: an instant is a text or a number, `null` for an optional field is absence.
 * `decoded`: as the code has it: an instant is a number, all fields are there.
 */
export type Form = 'json' | 'decoded';

const jsonTypes = {
  string: 'string',
  long: 'integer',
  double: 'number',
  boolean: 'boolean',
  instant: 'integer',
  strings: 'array',
} as const;

function instantSchema(form: Form): JsonSchema {
  if (form === 'decoded') return { type: 'integer', minimum: instantMin, maximum: instantMax };
  // The bounds are those of numbers; a text is checked by the format. Rule 49.
  return { type: ['integer', 'string'], minimum: millisecondsMin, maximum: instantMax, format: 'instant' };
}

function fieldSchema(field: FieldSpec, form: Form, required: boolean): JsonSchema {
  const plain: { [keyword: string]: unknown } =
    field.kind === 'instant' ? { ...instantSchema(form) } : { type: jsonTypes[field.kind] };
  if (field.kind === 'string') plain['format'] = field.form ?? 'text';
  const text: { [keyword: string]: unknown } =
    field.kind === 'strings' ? { type: 'string', format: 'text' } : plain;
  if (field.length !== undefined) [text['minLength'], text['maxLength']] = field.length;
  if (field.kind === 'strings') plain['items'] = text;
  if (field.count !== undefined) [plain['minItems'], plain['maxItems']] = field.count;
  if (field.range !== undefined) [plain['minimum'], plain['maximum']] = field.range;
  if (field.oneOf !== undefined) {
    delete plain['format'];
    plain['enum'] = field.oneOf;
  }
  // In JSON null means the default value. In code it means null.
  const nullable = !required && (form === 'json' || field.nullable);
  if (nullable) {
    plain['type'] = [plain['type'], 'null'].flat();
    if (field.oneOf !== undefined) plain['enum'] = [...field.oneOf, null];
  }
  return plain;
}

/** One branch for each value of a field that requires others. */
function conditions(spec: FamilySpec, type: TypeSpec, form: Form): JsonSchema[] {
  return Object.entries(type.requiredWhen).flatMap(([field, byValue]) =>
    Object.entries(byValue).map(([value, required]) => ({
      if: { required: [field], properties: { [field]: { const: value } } },
      // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
      then: {
        required,
        properties: Object.fromEntries(
          spec.fields
            .filter((one) => required.includes(one.name))
            .map((one) => [one.name, fieldSchema(one, form, true)]),
        ),
      },
    })),
  );
}

/**
 * The JSON Schema of the events of one type. It decides what is accepted over HTTP and straight from Kafka, and the OpenAPI
 * document shows it.
 *
 * @param described Whether to add the docs of the fields, for a reader.
 */
export function jsonSchemaOf(spec: FamilySpec, type: TypeSpec, form: Form, described = false): JsonSchema {
  const required = requiredFields(spec, type).filter((name) => form === 'decoded' || name !== 'source');
  const fields = spec.fields.filter((field) => form === 'decoded' || !field.internal);
  const properties = fields
    // A voids on an event that voids nothing is as good as an unknown field.
    .filter((field) => field.name !== 'voids' || required.includes('voids'))
    .map((field) => {
      const schema =
        field.name === 'type'
          ? { const: type.type }
          : fieldSchema(field, form, required.includes(field.name));
      return [field.name, described ? { ...schema, description: field.doc } : schema];
    });
  const allOf = conditions(spec, type, form);
  return {
    type: 'object',
    ...(described ? { title: type.type, description: type.doc } : {}),
    required,
    properties: Object.fromEntries(properties) as object,
    ...(allOf.length > 0 ? { allOf } : {}),
  };
}

/** Replaces the validator's own formats by those of JSON Schema. */
function standard(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(standard);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).flatMap(([key, value]): [string, unknown][] => {
    if (key !== 'format') return [[key, standard(value)]];
    if (value === 'instant') return [['format', 'date-time']];
    if (value === 'currency') return [['pattern', '^[A-Z]{3}$']];
    return value === 'date' ? [['format', 'date']] : [];
  });
  return Object.fromEntries(entries);
}

/** The JSON Schema of the events of one type as others read it: described, with the formats of the standard alone. */
export function publishedSchemaOf(spec: FamilySpec, type: TypeSpec): JsonSchema {
  return standard(jsonSchemaOf(spec, type, 'json', true)) as JsonSchema;
}
