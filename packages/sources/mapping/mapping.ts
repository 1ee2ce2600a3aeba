/** The language of mapping files: how records of any form, rows or messages, become events. */
import { IANAZone } from 'luxon';
import { isFamily } from '@tidemark/events/families';
import { type FieldSpec, requiredFields, specs } from '@tidemark/events/schema';
import { eventTypes } from '@tidemark/events/types';
import { type Condition, conditionOf } from './condition.ts';
import { converted, type Written } from './convert.ts';
import schema from './mapping.schema.json' with { type: 'json' };
import { CellError, type Cells, templateOf } from './template.ts';

export type { Cells } from './template.ts';

/** What a mapping says. */
export type Mapping = {
  readonly source: string | undefined;
  /** Every column that is named, once. */
  readonly columns: readonly string[];
  readonly events: readonly EventMapping[];
};

/** One event that a record may become. */
export type EventMapping = {
  readonly type: string;
  readonly when: readonly Condition[];
  /** The currency comes before the amounts that need it. */
  readonly fields: readonly FieldMapping[];
};

/** Where a field comes from. */
type FieldMapping = {
  readonly name: string;
  /** The value, `undefined` for none. @throws CellError. */
  readonly valueOf: (cells: Cells, currency: unknown) => unknown;
};

type Scalar = string | number | boolean;
type RawField = {
  readonly from: string;
  readonly default?: Scalar;
  readonly values?: Readonly<Record<string, Scalar | null>>;
  readonly otherwise?: Scalar | null;
  readonly money?: 'major' | 'minor';
} & Partial<Omit<Written, 'money'>>;
/** Fields by their names, beside which are `type` and `when`. */
type RawEvent = { readonly type: string; readonly when?: object };

/** A mapping as a person writes it; it fits `mappingSchema`. */
export type RawMapping = Partial<Pick<Written, 'time' | 'zone'>> & {
  readonly source?: string;
  readonly empty?: readonly string[];
  readonly events: readonly RawEvent[];
};

/** Names of fields and indexes of items, from the root of the file. */
type Path = readonly (string | number)[];
/** Records a mistake. */
type Complain = (field: Path, message: string) => void;

/** What a field is read with. */
type Context = {
  readonly mapping: RawMapping;
  /** The columns that are named. */
  readonly columns: Set<string>;
  readonly isEmpty: (text: string) => boolean;
  readonly complain: Complain;
};

/** The JSON Schema of a mapping. */
export const mappingSchema: object = schema;

/** Makes a mapping ready for records; every mistake that the schema does not show is reported. */
export function compileMapping(mapping: RawMapping, complain: Complain): Mapping {
  const empty = new Set(mapping.empty);
  const columns = new Set<string>();
  const context: Context = { mapping, columns, isEmpty: (text) => empty.has(text), complain };
  checkWritten(mapping, [], complain);
  const events = mapping.events.map((raw, index) => eventOf(raw, ['events', index], context));
  return { source: mapping.source, columns: [...columns], events };
}

function eventOf(raw: RawEvent, path: Path, context: Context): EventMapping {
  const { complain } = context;
  const { type } = raw;
  const family = type.split('.')[0]!;
  const spec = isFamily(family) ? specs[family] : undefined;
  const typeSpec = spec?.types.find((one) => one.type === type);
  if (spec === undefined || typeSpec === undefined) {
    const known = isFamily(family) ? eventTypes[family] : Object.values(eventTypes).flat();
    complain([...path, 'type'], `there is no event type ${type}: expected one of ${known.join(', ')}`);
    return { type, when: [], fields: [] };
  }
  const taken = spec.fields.filter(
    ({ name, internal }) => !internal && name !== 'type' && (name !== 'voids' || type.endsWith('.voided')),
  );
  const fields: FieldMapping[] = [];
  for (const [name, given] of Object.entries(raw)) {
    if (name === 'type' || name === 'when') continue;
    const field = taken.find((one) => one.name === name);
    if (field === undefined)
      complain(
        [...path, name],
        `${type} has no field ${name}: it has ${taken.map((one) => one.name).join(', ')}`,
      );
    else fields.push(fieldOf(field, given as Scalar | RawField, [...path, name], context));
  }
  for (const name of requiredFields(spec, typeSpec))
    if (!(name in raw) && name !== 'source') complain(path, `${type} needs ${name}`);
  fields.sort((a, b) => Number(b.name === 'currency') - Number(a.name === 'currency'));
  return { type, when: conditionsOf(raw, path, context), fields };
}

function conditionsOf(
  raw: RawEvent,
  path: Path,
  { isEmpty, columns, complain }: Context,
): readonly Condition[] {
  return Object.entries(raw.when ?? {}).flatMap(([column, test]) => {
    columns.add(column);
    const condition = conditionOf(column, test, isEmpty);
    if (condition !== undefined) return [condition];
    complain(
      [...path, 'when', column],
      `${column} is followed by present, empty, a list, or not: and a list`,
    );
    return [];
  });
}

/** Whether a field is money; the schemas say it in words. */
export function isMoney({ kind, doc }: FieldSpec): boolean {
  return kind === 'long' && doc.includes('in the minor unit of currency');
}

function fieldOf(field: FieldSpec, given: Scalar | RawField, path: Path, context: Context): FieldMapping {
  const { name } = field;
  if (typeof given !== 'object' && typeof given !== 'string') return { name, valueOf: () => given };
  const raw: RawField = typeof given === 'string' ? { from: given } : given;
  const { complain, isEmpty, columns, mapping } = context;
  const [template, otherwise] = [raw.from, raw.default].map((text) =>
    typeof text === 'string' ? templateOf(text, isEmpty) : { columns: [], fill: () => text },
  );
  if (template === undefined || otherwise === undefined) {
    complain(path, `${name} has a brace that is not closed: write {column}, and {{ for a brace`);
    return { name, valueOf: () => undefined };
  }
  for (const column of [...template.columns, ...otherwise.columns]) columns.add(column);
  checkWritten(raw, path, complain);
  checkMoney(field, raw, path, complain);
  const written: Written = {
    time: raw.time ?? mapping.time ?? 'iso',
    zone: raw.zone ?? mapping.zone ?? 'UTC',
    money: raw.money,
    without: raw.without ?? '',
    decimal: raw.decimal ?? '.',
    split: raw.split ?? ',',
  };
  const filledIn = (cells: Cells): unknown => template.fill(cells) ?? otherwise.fill(cells);
  return {
    name,
    valueOf: (cells, currency) => {
      const text = filledIn(cells);
      const value = raw.values === undefined || text === undefined ? text : translated(text, raw);
      return typeof value === 'string' ? converted(value, field, { written, currency }) : value;
    },
  };
}

function translated(value: unknown, { from, values = {}, otherwise }: RawField): Scalar | undefined {
  const key = typeof value === 'string' ? value : JSON.stringify(value);
  const found = Object.hasOwn(values, key) ? values[key] : otherwise;
  if (found === null) return undefined;
  if (found !== undefined) return found;
  throw new CellError(
    `${from} is ${JSON.stringify(key)}, and \`values\` has ${Object.keys(values).join(', ')}: add it, or say what \`otherwise\`.`,
  );
}

function checkMoney(field: FieldSpec, { from, money }: RawField, path: Path, complain: Complain): void {
  const { name } = field;
  if (isMoney(field) && money === undefined)
    complain(
      path,
      `${name} is money: write {from: ${JSON.stringify(from)}, money: major} for 59.00, or money: minor for 5900`,
    );
  if (!isMoney(field) && money !== undefined) complain(path, `${name} is no money: leave money out`);
}

function checkWritten(
  { time, zone }: Partial<Pick<Written, 'time' | 'zone'>>,
  path: Path,
  complain: Complain,
): void {
  if (time !== undefined && !['iso', 'seconds', 'milliseconds'].includes(time) && !/y.*d|d.*y/s.test(time))
    complain(
      [...path, 'time'],
      `time is ${JSON.stringify(time)}: expected iso, seconds, milliseconds, or a pattern such as dd.MM.yyyy HH:mm`,
    );
  if (zone !== undefined && zone !== 'UTC' && !IANAZone.isValidZone(zone))
    complain([...path, 'zone'], `there is no zone ${zone}: expected a name such as Europe/Berlin`);
}
