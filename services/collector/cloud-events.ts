/**
 * CloudEvents 1.0: the envelope's attributes are the event's envelope, `data` holds the event's own fields
 * (rule 36).
 *
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Fault } from '@tidemark/events/validate';

type Json = { readonly [name: string]: unknown };

/** An event as it was sent, before it is judged; or the fault of its envelope. */
export type Carried =
  | { readonly value: unknown }
  | { readonly event_id: string | null; readonly fault: Fault };

/** Where the envelope's fields stand in a CloudEvent. */
const attributeOf: ReadonlyMap<string, string> = new Map([
  ['$.event_id', '$.id'],
  ['$.occurred_at', '$.time'],
]);

/** A fault of the event as the sender of a CloudEvent knows it: by the attribute, where the field is one. */
export function inCloudEvent(fault: Fault): Fault {
  const path = attributeOf.get(fault.path);
  if (path === undefined) return fault;
  const [field, attribute] = [fault.path, path].map((one) => one.slice(2)) as [string, string];
  const message = fault.message.startsWith(field)
    ? `${attribute}${fault.message.slice(field.length)} A CloudEvent has ${field} in the attribute ${attribute}, not in data.`
    : fault.message;
  return { path, message };
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function dataOf(event: Json): unknown {
  const { data, data_base64: encoded } = event;
  if (data !== undefined || typeof encoded !== 'string') return data;
  try {
    return JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'));
  } catch {
    return encoded;
  }
}

/** A CloudEvent in its JSON form as an event. */
export function fromStructured(event: unknown): Carried {
  const refuse = (path: string, message: string): Carried => {
    const id = isObject(event) && typeof event['id'] === 'string' ? event['id'] : null;
    return { event_id: id, fault: { path, message } };
  };
  if (!isObject(event))
    return refuse('$', 'A CloudEvent is a JSON object with specversion, id, type, source, time and data.');
  if (event['specversion'] !== '1.0') return refuse('$.specversion', 'specversion must be "1.0".');
  const data = dataOf(event);
  if (!isObject(data)) return refuse('$.data', "data must be a JSON object with the event's own fields.");
  const { id, type, time, source, sequence } = event;
  // An attribute that is there wins over the same name in data, and one that is missing can't be made up for by it.
  const envelope = { event_id: id, type, occurred_at: time, source: source ?? data['source'] };
  const order = numeric(sequence);
  return { value: { ...data, ...envelope, ...(order === undefined ? {} : { sequence: order }) } };
}

/** The extension `sequence` is a text; it counts where it is a whole number. */
function numeric(sequence: unknown): number | undefined {
  if (typeof sequence === 'string' && /^\d{1,16}$/.test(sequence)) return Number(sequence);
  return Number.isInteger(sequence) ? (sequence as number) : undefined;
}

/** Whether a request is a CloudEvent in binary mode: its attributes in headers, its body the data. */
export function isBinaryMode(headers: IncomingHttpHeaders): boolean {
  return headers['ce-specversion'] !== undefined;
}

function decoded(value: string | string[] | undefined): string | undefined {
  if (typeof value !== 'string') return undefined;
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** A CloudEvent in binary mode as an event. */
export function fromBinary(headers: IncomingHttpHeaders, data: unknown): Carried {
  const attributes = ['specversion', 'id', 'type', 'time', 'source', 'sequence'];
  const envelope = attributes.map((name) => [name, decoded(headers[`ce-${name}`])]);
  return fromStructured({ ...Object.fromEntries(envelope), data });
}
