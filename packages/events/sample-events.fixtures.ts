import fc from 'fast-check';
import { families, type Family } from './families.ts';
import { requiredFields, specs, type FieldSpec } from './schema.ts';
import type { Event } from './types.ts';

/** An instant that is neither too late nor ahead at `sampleNow`. */
export const sampleNow = Date.UTC(2026, 5, 1);

const shortText = (min: number, max: number) =>
  fc
    .string({ unit: 'grapheme', minLength: min, maxLength: Math.min(max, 12) })
    .filter((value) => !value.includes('\0') && value.isWellFormed() && (min === 0 || value !== ''));

/** A text of up to `max` code points, which is a short one over and over; most are short. */
const longText = (min: number, max: number) =>
  fc
    .tuple(shortText(min, max), fc.oneof(fc.constant(1), fc.integer({ min: 1, max })))
    .map(([value, times]) => Array.from(value.repeat(times)).slice(0, max).join(''));

function arbitraryOf(field: FieldSpec, sizeMax: number): fc.Arbitrary<unknown> {
  const text = (min: number, max: number) =>
    Math.min(max, sizeMax) > 12 ? longText(min, Math.min(max, sizeMax)) : shortText(min, max);
  if (field.oneOf !== undefined) return fc.constantFrom(...field.oneOf);
  if (field.form === 'currency') return fc.constantFrom('USD', 'JPY', 'KWD', 'CLF');
  if (field.form === 'date') return fc.constant('2026-05-31');
  const [min, max] = field.range ?? [-1e6, 1e6];
  switch (field.kind) {
    case 'string':
      return text(...(field.length ?? [0, 12]));
    case 'long':
      return fc.integer({ min: 0, max: 2 ** 31 - 1 }).map((value) => Math.min(Math.max(value, min), max));
    case 'double':
      return fc.integer({ min: 1, max: 5 });
    case 'boolean':
      return fc.boolean();
    case 'instant':
      return fc.integer({ min: sampleNow - 300 * 86_400_000, max: sampleNow });
    case 'strings':
      return fc.array(text(0, field.length?.[1] ?? 12), {
        maxLength: sizeMax > 12 ? (field.count?.[1] ?? 3) : 3,
        size: 'max',
      });
  }
}

function ofType(family: Family, index: number, sizeMax: number): fc.Arbitrary<Event> {
  const spec = specs[family];
  const type = spec.types[index]!;
  const required = requiredFields(spec, type);
  const always = [
    ...required,
    ...Object.values(type.requiredWhen).flatMap((byValue) => Object.values(byValue).flat()),
  ];
  const fields = spec.fields.map((field): [string, fc.Arbitrary<unknown>] => {
    if (field.name === 'type') return ['type', fc.constant(type.type)];
    if (field.name === 'answer') return ['answer', fc.constantFrom('yes', 'no')];
    const without =
      (field.name === 'voids' && !required.includes('voids')) ||
      field.name.startsWith('scale_') ||
      field.internal;
    if (without) return [field.name, fc.constant(null)];
    const value = arbitraryOf(field, sizeMax);
    return [field.name, field.nullable && !always.includes(field.name) ? fc.option(value) : value];
  });
  return fc.record(Object.fromEntries(fields), { noNullPrototype: true }) as unknown as fc.Arbitrary<Event>;
}

/** Any valid event of a family, with texts of up to so many code points, and lists of as many items, where the rules let them. */
export const anyEventOf = (family: Family, sizeMax: number): fc.Arbitrary<Event> =>
  fc.oneof(...specs[family].types.map((_, index) => ofType(family, index, sizeMax)));

/** Any valid event, of all types, with texts and lists as `anyEventOf` has them. */
export const anyEventUpTo = (sizeMax: number): fc.Arbitrary<Event> =>
  fc.oneof(...families.map((family) => anyEventOf(family, sizeMax)));

/** Any valid event, of all types, with short texts. */
export const anyEvent: fc.Arbitrary<Event> = anyEventUpTo(12);
