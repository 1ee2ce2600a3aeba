import type { FieldSpec } from './schema.ts';
import { instantMin, millisecondsMin, parseInstant } from './times.ts';

/** What is wrong with an event: where, as a JSON path relative to it, and a sentence that says how to fix it. */
export type Fault = { readonly path: string; readonly message: string };

const shownMax = 40;

/** A value as a message shows it: short. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'string' && value.length > shownMax)
    return `${JSON.stringify(value.slice(0, shownMax).toWellFormed())}… (${value.length} characters)`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

/** The JSON path of a field of the event. */
export function pathOf(field: string): string {
  return /^[A-Za-z_][\w-]*$/.test(field) ? `$.${field}` : `$[${JSON.stringify(field.slice(0, 128))}]`;
}

const instantForm =
  'a time with an offset such as "2026-05-31T12:00:00Z", or whole milliseconds since the epoch';

/** What a field must be, as the end of "must be …". */
export function expectation(field: FieldSpec): string {
  if (field.oneOf !== undefined) return `one of ${field.oneOf.join(', ')} (case matters)`;
  const range = field.range === undefined ? '' : ` from ${field.range[0]} to ${field.range[1]}`;
  switch (field.kind) {
    case 'instant':
      return instantForm;
    case 'long':
      return `a whole number${range}, without quotes`;
    case 'double':
      return `a number${range}, without quotes`;
    case 'boolean':
      return 'true or false, without quotes';
    case 'strings':
      return field.count === undefined
        ? 'an array of strings'
        : `an array of at most ${field.count[1]} strings`;
    case 'string':
      return textExpectation(field);
  }
}

function textExpectation(field: FieldSpec): string {
  if (field.form === 'currency') return 'an ISO 4217 code in capitals that has a minor unit, such as "USD"';
  if (field.form === 'date') return 'a date such as "2026-05-31"';
  if (field.length === undefined) return 'a string';
  if (field.length[0] === 0) return `a string of at most ${field.length[1]} characters`;
  return `a string of ${field.length[0]} to ${field.length[1]} characters`;
}

/** That a required field is not there. */
export function missing(field: FieldSpec, type: string): Fault {
  return {
    path: pathOf(field.name),
    message: `${field.name} is missing, and ${type} needs it: give ${expectation(field)}. ${field.doc}`,
  };
}

/** That a field is not what it must be. */
export function unfit(field: FieldSpec, value: unknown, path = pathOf(field.name)): Fault {
  if (typeof value === 'string' && (value.includes('\0') || !value.isWellFormed()))
    return { path, message: `${field.name} has a NUL or half of a surrogate pair in it; leave it out.` };
  const hint = field.kind === 'instant' ? hintOnInstant(value) : '';
  return { path, message: `${field.name} must be ${expectation(field)}, not ${shown(value)}${hint}.` };
}

/** The probable cause of an instant that is too small (rule 49), as the end of a sentence. */
function hintOnInstant(value: unknown): string {
  const instant = typeof value === 'string' ? parseInstant(value) : value;
  if (typeof instant !== 'number') return '';
  if (instant < instantMin)
    return ', which is before 1970-01-01T00:00:00Z, the first instant that is counted';
  if (typeof value !== 'number' || instant >= millisecondsMin || !Number.isInteger(instant)) return '';
  return ', which looks like seconds: multiply it by 1000, or write a time before 1973-03-03 as text';
}
