import { families, type Retention } from './families.ts';
import { pathOf, shown, type Fault } from './fault.ts';
import { ageFault, crossFieldFault, warningsOf } from './rules.ts';
import type { FieldSpec } from './schema.ts';
import { parseInstant } from './times.ts';
import { eventTypes, type Event } from './types.ts';
import { validatorsFor, type Validator } from './validators.ts';

export type { Fault } from './fault.ts';

/** How JSON is judged. */
export type AcceptOptions = {
  /** The clock of the receipt, milliseconds. */
  readonly now: number;
  /** The `source` of events that name none. */
  readonly defaultSource: string;
  /** Whether an unknown field is an error rather than ignored. */
  readonly strict?: boolean;
  /** How old events may be; that of the contract by default. */
  readonly retention?: Retention | undefined;
};

/** The verdict on one JSON value. */
export type Verdict =
  | {
      readonly ok: true;
      readonly event: Event;
      /** What in it will have no effect (rule 66); absent for nothing. */
      readonly warnings?: readonly Fault[];
    }
  | {
      readonly ok: false;
      /** Where it could be read. */
      readonly event_id: string | null;
      /** At least one; each names a path and the fix. */
      readonly errors: readonly Fault[];
      /** The event when nothing is wrong with it but that it comes too late. */
      readonly tooLate?: Event;
    };

type Json = { readonly [field: string]: unknown };

const jsonValidators = validatorsFor('json');
const decodedValidators = validatorsFor('decoded');

/** Ids longer than this are not repeated in an answer. */
const eventIdShownMax = 256;

function eventIdOf(value: Json): string | null {
  const id = value['event_id'];
  return typeof id === 'string' && id.length <= eventIdShownMax ? id : null;
}

function typeFault(type: unknown): Fault {
  const family = families.find((name) => typeof type === 'string' && type.startsWith(`${name}.`));
  const known =
    family === undefined
      ? `a type begins with its family: ${families.join(', ')}`
      : `${family} has ${eventTypes[family].join(', ')}`;
  const what = type === undefined ? 'type is missing' : `${shown(type)} is no event type`;
  return { path: '$.type', message: `${what}; ${known}.` };
}

function unknownFields(value: Json, { spec }: Validator): Fault[] {
  const type = value['type'] as string;
  const voided = type.endsWith('.voided');
  const known = new Set(
    spec.fields
      .filter((field) => !field.internal && (voided || field.name !== 'voids'))
      .map((field) => field.name),
  );
  return Object.keys(value)
    .filter((name) => !known.has(name))
    .map((name) => ({
      path: pathOf(name),
      message: `${type} has no such field; correct its name or leave it out (it is an error because strict is set).`,
    }));
}

function readField(field: FieldSpec, given: unknown): unknown {
  if (given === undefined || given === null || field.internal) return field.default;
  return field.kind === 'instant' && typeof given === 'string' ? parseInstant(given) : given;
}

function eventOf(value: Json, { spec }: Validator, defaultSource: string): Event {
  const event: { [field: string]: unknown } = {};
  for (const field of spec.fields) event[field.name] = readField(field, value[field.name]);
  event['source'] ??= defaultSource;
  if (!(event['type'] as string).endsWith('.voided')) event['voids'] = null;
  return event as Event;
}

/**
 * Judges any JSON value as an event. Paths of faults are relative to the event (rule 31). Only known fields are read, so no
 * unknown one gets into the event, and no `__proto__`.
 */
export function acceptJson(
  value: unknown,
  { now, defaultSource, strict = false, retention }: AcceptOptions,
): Verdict {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const message = `An event is a JSON object such as {"event_id": "1", "type": "cart.created", …}, not ${shown(value)}.`;
    return { ok: false, event_id: null, errors: [{ path: '$', message }] };
  }
  const json = value as Json;
  const refuse = (errors: readonly Fault[]): Verdict => ({ ok: false, event_id: eventIdOf(json), errors });
  const validator = jsonValidators.get(json['type'] as string);
  if (validator === undefined) return refuse([typeFault(json['type'])]);
  const faults = validator.check(json) ? [] : validator.faults();
  // There may be more unknown fields than a call can have arguments.
  const errors = strict ? faults.concat(unknownFields(json, validator)) : faults;
  if (errors.length > 0) return refuse(errors);
  const event = eventOf(json, validator, defaultSource);
  const cross = crossFieldFault(event, now);
  if (cross !== undefined) return refuse([cross]);
  const age = ageFault(event, now, retention);
  if (age === undefined) {
    const warnings = warningsOf(event);
    return warnings.length === 0 ? { ok: true, event } : { ok: true, event, warnings };
  }
  const { path, message, tooLate } = age;
  const refused = { ok: false, event_id: eventIdOf(json), errors: [{ path, message }] } as const;
  return tooLate ? { ...refused, tooLate: event } : refused;
}

/**
 * Holds an event that came as Avro to the same rules.
 *
 * @param options.now The receipt, milliseconds.
 * @param options.retention How old events may be; that of the contract by default.
 * @returns The first thing that is wrong with it, or `undefined`.
 */
export function checkEvent(
  event: Event,
  { now, retention }: { readonly now: number; readonly retention?: Retention | undefined },
): (Fault & { readonly tooLate: boolean }) | undefined {
  const validator = decodedValidators.get(event.type);
  if (validator === undefined) return { ...typeFault(event.type), tooLate: false };
  if (!validator.check(event)) {
    const [first] = validator.faults();
    return { path: '$', message: 'The event does not fit its type.', ...first, tooLate: false };
  }
  const cross = crossFieldFault(event, now);
  return cross === undefined ? ageFault(event, now, retention) : { ...cross, tooLate: false };
}
