import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { exponentOf } from './currencies.ts';
import { families } from './families.ts';
import { missing, unfit, type Fault } from './fault.ts';
import { jsonSchemaOf, type Form } from './json-schema.ts';
import { specs, type FamilySpec, type FieldSpec } from './schema.ts';
import { instantMax, instantMin, parseDate, parseInstant } from './times.ts';

/** A NUL or half of a surrogate pair is no text: Kafka's clients and ClickHouse do not keep them as they are. */
function isText(value: string): boolean {
  return value.isWellFormed() && !value.includes('\0');
}

function isInstant(value: string): boolean {
  const instant = parseInstant(value);
  return instant !== undefined && instant >= instantMin && instant <= instantMax;
}

function ajvFor(form: Form): Ajv2020 {
  return new Ajv2020({
    strict: true,
    // `if`/`then` name fields whose type the properties beside them give.
    strictTypes: false,
    strictRequired: false,
    coerceTypes: false,
    verbose: true,
    // A publisher wants to know all that is wrong; a record that is set aside needs one reason.
    allErrors: form === 'json',
    formats: {
      text: isText,
      instant: isInstant,
      date: (value: string) => parseDate(value) !== undefined,
      currency: (value: string) => exponentOf(value) !== undefined,
    },
  });
}

/** The check of one event type, and what its errors mean. */
export type Validator = {
  readonly spec: FamilySpec;
  /** Whether each field by itself is as it must be. */
  readonly check: (value: unknown) => boolean;
  /** What the last failed check found, one fault a field. */
  readonly faults: () => Fault[];
};

function faultOf(
  fields: ReadonlyMap<string, FieldSpec>,
  type: string,
  error: ErrorObject,
): Fault | undefined {
  const [, name, index] = error.instancePath.split('/');
  if (name === undefined) {
    const { missingProperty } = error.params as { missingProperty?: string };
    const field = fields.get(missingProperty ?? '');
    return field && missing(field, type);
  }
  const field = fields.get(name);
  if (field === undefined) return undefined;
  if (index !== undefined) {
    const path = `$.${name}[${index}]`;
    return unfit({ ...field, kind: 'string' }, error.data, path);
  }
  const required = error.data === null || error.data === undefined;
  return required ? missing(field, type) : unfit(field, error.data);
}

function faultsOf(
  fields: ReadonlyMap<string, FieldSpec>,
  type: string,
  errors: readonly ErrorObject[],
): Fault[] {
  const faults = new Map<string, Fault>();
  for (const error of errors) {
    const fault = faultOf(fields, type, error);
    if (fault !== undefined && !faults.has(fault.path)) faults.set(fault.path, fault);
  }
  return [...faults.values()];
}

/**
 * Validators by event type, of JSON from outside or of decoded events. Each is compiled when the first event of its type comes:
 * all of them take a second of CPU, which a service that sees few types need not have at its start.
 */
export function validatorsFor(form: Form): ReadonlyMap<string, Validator> {
  const ajv = ajvFor(form);
  const validators = families.flatMap((family) => {
    const spec = specs[family];
    const fields = new Map(spec.fields.map((field) => [field.name, field]));
    return spec.types.map((type): [string, Validator] => {
      let compiled: ValidateFunction | undefined;
      const check = (value: unknown): boolean => {
        compiled ??= ajv.compile(jsonSchemaOf(spec, type, form));
        return compiled(value);
      };
      return [type.type, { spec, check, faults: () => faultsOf(fields, type.type, compiled?.errors ?? []) }];
    });
  });
  return new Map(validators);
}
