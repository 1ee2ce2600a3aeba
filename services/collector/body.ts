import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import { fromBinary, fromStructured, isBinaryMode, type Carried } from './cloud-events.ts';

/** What a body holds: events in their order, as they came. */
export type Body =
  | { readonly items: readonly Carried[]; readonly cloudEvents: boolean }
  /** The content type is none that can be read. */
  | { readonly unsupported: string };

const accepted =
  'application/json, application/x-ndjson, application/cloudevents+json or application/cloudevents-batch+json';
const ndjsonTypes: ReadonlySet<string> = new Set([
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
]);

function notJson(why: string): Carried {
  return { event_id: null, fault: { path: '$', message: why } };
}

function parse(bytes: Buffer, what: string): Carried {
  if (!isUtf8(bytes)) return notJson(`${what} is not UTF-8; encode it so.`);
  try {
    return { value: JSON.parse(bytes.toString('utf8')) as unknown };
  } catch (error) {
    return notJson(`${what} is not JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

const newline = 0x0a;

function isBlank(line: Buffer): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

function linesOf(bytes: Buffer): Carried[] {
  const items: Carried[] = [];
  for (let from = 0; from < bytes.length;) {
    const found = bytes.indexOf(newline, from);
    const end = found === -1 ? bytes.length : found;
    const line = bytes.subarray(from, end);
    if (!isBlank(line)) items.push(parse(line, 'The line'));
    from = end + 1;
  }
  return items;
}

/** Every element of a body that is an array, else the body itself. */
function elementsOf(carried: Carried): readonly Carried[] {
  if (!('value' in carried) || !Array.isArray(carried.value)) return [carried];
  return carried.value.map((value: unknown) => ({ value }));
}

function each(carried: readonly Carried[], read: (value: unknown) => Carried): Carried[] {
  return carried.map((one) => ('value' in one ? read(one.value) : one));
}

/** A byte order mark is no part of the JSON. */
function withoutMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

/**
 * Takes a body apart: one event, a JSON array, NDJSON, or CloudEvents in any mode. What can't be read is an item with
 * its fault, so that one bad line never blocks the others.
 */
export function itemsOf(headers: IncomingHttpHeaders, given: Buffer): Body {
  const type = (headers['content-type'] ?? 'application/json').split(';', 1)[0]!.trim().toLowerCase();
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity')
    return { unsupported: `Content-Encoding ${encoding} is not read; send the body as it is.` };
  const bytes = withoutMark(given);
  if (type === 'application/cloudevents+json')
    return { items: each([parse(bytes, 'The body')], fromStructured), cloudEvents: true };
  if (type === 'application/cloudevents-batch+json')
    return { items: each(elementsOf(parse(bytes, 'The body')), fromStructured), cloudEvents: true };
  if (ndjsonTypes.has(type)) return { items: linesOf(bytes), cloudEvents: false };
  if (type !== 'application/json' && type !== 'text/json')
    return { unsupported: `Content-Type ${type} is not read; send ${accepted}.` };
  const body = parse(bytes, 'The body');
  if (isBinaryMode(headers))
    return { items: each([body], (data) => fromBinary(headers, data)), cloudEvents: true };
  return { items: elementsOf(body), cloudEvents: false };
}
