import type { CustomersOf } from './history-filtered.ts';
import { daysOf, movementKinds, spanOf, type Span } from './history.ts';

/** A wrong parameter; the message says what is right. */
export class WrongInput extends Error {
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

type Query = Readonly<Record<string, string | undefined>>;

const daysMax = 1_100;
const idLengthMax = 256;

/** A parameter's text. A parameter that is given twice is an array, and wrong. */
export function parameter(query: Query, field: string): string | undefined {
  const given: unknown = query[field];
  if (given === undefined) return undefined;
  if (typeof given !== 'string')
    throw new WrongInput(field, `${field} is given more than once: send it once.`);
  return given;
}

/** A day that exists. */
export function readDay(query: Query, field: string): string {
  const day = parameter(query, field) ?? '';
  const at = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(day) : Number.NaN;
  const exists = !Number.isNaN(at) && new Date(at).toISOString().startsWith(day);
  if (!exists || day < '1980-01-01' || day > '2148-12-31')
    throw new WrongInput(field, `${field} is a day such as 2026-05-01, from 1980 to 2148.`);
  return day;
}

/** An instant with its offset, as milliseconds since the epoch. */
export function readInstant(query: Query, field: string): number {
  const text = parameter(query, field) ?? '';
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (Number.isNaN(at) || at < 0)
    throw new WrongInput(
      field,
      `${field} is an instant such as 2026-05-01T00:00:00Z or 2026-05-01T00:00:00+02:00 (a + in an address is %2B).`,
    );
  return at;
}

/** `from` and `to`, in order and not too far apart, and `against`, the first day of the period compared with, which is as long. */
export function readSpan(query: Query): Span {
  const [from, to] = [readDay(query, 'from'), readDay(query, 'to')];
  if (to < from) throw new WrongInput('to', 'to is before from: swap them.');
  if (daysOf({ from, to }) > daysMax)
    throw new WrongInput('to', `to is more than ${daysMax} days after from: ask for less at once.`);
  if (query['against'] === undefined) return spanOf(from, to);
  const span = spanOf(from, to, readDay(query, 'against'));
  if (span.before_to >= from)
    throw new WrongInput(
      'against',
      `against begins a period of the same length, which would end on ${span.before_to}: it has to end before ${from}.`,
    );
  return span;
}

/** A currency of the form of ISO 4217. */
export function readCurrency(query: Query): string {
  const currency = parameter(query, 'currency') ?? '';
  if (!/^[A-Z]{3}$/.test(currency))
    throw new WrongInput(
      'currency',
      'currency is an ISO 4217 code such as EUR; amounts of several are never added up.',
    );
  return currency;
}

/** One kind of movement, or `undefined` for all. */
export function readMovement(query: Query): string | undefined {
  const movement = parameter(query, 'movement');
  if (movement !== undefined && !movementKinds.some((kind) => kind === movement))
    throw new WrongInput('movement', `movement is one of ${movementKinds.join(', ')}, or left out.`);
  return movement;
}

/** The owner and the segment that customers have to have; `''` is none, and without either it is all of them. */
export function readCustomers(query: Query): {
  readonly owner: string | undefined;
  readonly segment: string | undefined;
} {
  const read = (field: 'owner' | 'segment'): string | undefined => {
    const value = parameter(query, field);
    if ((value?.length ?? 0) > idLengthMax)
      throw new WrongInput(
        field,
        `${field} has ${idLengthMax} characters at most, none for customers without.`,
      );
    return value;
  };
  return { owner: read('owner'), segment: read('segment') };
}

/** The one of the two that churn is counted by; `undefined` for all customers. */
export function readCustomersOf(query: Query): CustomersOf | undefined {
  const { owner, segment } = readCustomers(query);
  if (owner !== undefined && segment !== undefined)
    throw new WrongInput('segment', 'churn is counted by owner or by segment: leave one of them out.');
  if (owner !== undefined) return { attribute: 'owner', value: owner };
  return segment === undefined ? undefined : { attribute: 'segment', value: segment };
}

/** A whole number within limits, both included. */
export function readNumber(
  query: Query,
  field: string,
  { min, max, fallback }: { readonly min: number; readonly max: number; readonly fallback: number },
): number {
  const given = parameter(query, field);
  if (given === undefined) return fallback;
  const value = /^\d{1,9}$/.test(given) ? Number(given) : Number.NaN;
  if (!(value >= min && value <= max))
    throw new WrongInput(field, `${field} is a whole number from ${min} to ${max}.`);
  return value;
}

/** A customer's id. */
export function readId(query: Query): string {
  const id = parameter(query, 'id') ?? '';
  if (id === '' || id.length > idLengthMax)
    throw new WrongInput('id', `id is a customer's id of 1 to ${idLengthMax} characters.`);
  return id;
}
