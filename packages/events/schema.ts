import { families, type Family } from './families.ts';
import { schemaTexts } from './schema-texts.ts';

/** What a field holds once decoded: an `instant` is a number of milliseconds, `strings` an array of strings. */
export type FieldKind = 'string' | 'long' | 'double' | 'boolean' | 'instant' | 'strings';

/** One field of an event as its Avro schema declares it, rules included. */
export type FieldSpec = {
  readonly name: string;
  readonly kind: FieldKind;
  /** Whether `null` is a value of it, which then is also its default. */
  readonly nullable: boolean;
  /** What an absent field is; `undefined` where it can't be absent. */
  readonly default: null | string | number | readonly string[] | undefined;
  /** Least and most Unicode code points, of a list those of each item. */
  readonly length: readonly [number, number] | undefined;
  /** Least and most items of a list. */
  readonly count: readonly [number, number] | undefined;
  /** Least and greatest number, both allowed. */
  readonly range: readonly [number, number] | undefined;
  readonly oneOf: readonly string[] | undefined;
  readonly form: 'currency' | 'date' | undefined;
  /** Set by the pipeline alone: publishers can't. */
  readonly internal: boolean;
  readonly doc: string;
};

/** One event type: the fields it requires beside the envelope and the entity key. */
export type TypeSpec = {
  readonly type: string;
  readonly required: readonly string[];
  /** Fields required by the value of another one: field → value → required fields. */
  readonly requiredWhen: { readonly [field: string]: { readonly [value: string]: readonly string[] } };
  readonly doc: string;
};

/** All that `schemas/events/<family>.avsc` says. */
export type FamilySpec = {
  readonly family: Family;
  readonly entityKey: string;
  readonly doc: string;
  readonly types: readonly TypeSpec[];
  readonly fields: readonly FieldSpec[];
};

type AvroField = {
  name: string;
  type: unknown;
  default?: FieldSpec['default'];
  length?: [number, number];
  count?: [number, number];
  range?: [number, number];
  one_of?: string[];
  form?: 'currency' | 'date';
  internal?: boolean;
  doc: string;
};

type AvroFamily = {
  doc: string;
  family: Family;
  entity_key: string;
  types: {
    [type: string]: {
      required: string[];
      required_when?: { [field: string]: { [value: string]: string[] } };
      doc: string;
    };
  };
  fields: AvroField[];
};

/** The text of a schema by its path below `schemas/`. */
export function textOfSchema(file: string): string {
  const text = schemaTexts[file];
  if (text === undefined) throw new TypeError(`There is no schema ${file}: run npm run generate.`);
  return text;
}

function kindOf(type: unknown): FieldKind {
  if (type === 'string' || type === 'long' || type === 'double' || type === 'boolean') return type;
  if (typeof type === 'object' && type !== null) {
    if ('logicalType' in type && type.logicalType === 'timestamp-millis') return 'instant';
    if ('type' in type && type.type === 'array') return 'strings';
  }
  throw new TypeError(`A field cannot have the Avro type ${JSON.stringify(type)}.`);
}

function fieldOf(field: AvroField): FieldSpec {
  const nullable = Array.isArray(field.type);
  return {
    name: field.name,
    kind: kindOf(Array.isArray(field.type) ? field.type[1] : field.type),
    nullable,
    default: field.default,
    length: field.length,
    count: field.count,
    range: field.range,
    oneOf: field.one_of,
    form: field.form,
    internal: field.internal ?? false,
    doc: field.doc,
  };
}

function read(family: Family): FamilySpec {
  const avro = JSON.parse(textOfSchema(`events/${family}.avsc`)) as AvroFamily;
  if (avro.family !== family) throw new TypeError(`events/${family}.avsc names the family ${avro.family}.`);
  return {
    family,
    entityKey: avro.entity_key,
    doc: avro.doc,
    types: Object.entries(avro.types).map(([type, { required, required_when: requiredWhen = {}, doc }]) => ({
      type,
      required,
      requiredWhen,
      doc,
    })),
    fields: avro.fields.map(fieldOf),
  };
}

/** Every family's specification, as `schemas/events` has it. */
export const specs: { readonly [F in Family]: FamilySpec } = Object.fromEntries(
  families.map((family) => [family, read(family)]),
) as { [F in Family]: FamilySpec };

/** Fields that an event of this type can't be without: envelope, entity key and the type's own. */
export function requiredFields(spec: FamilySpec, type: TypeSpec): readonly string[] {
  const always = spec.fields.filter((field) => !field.nullable && field.default === undefined);
  return [...always.map((field) => field.name), ...type.required];
}
