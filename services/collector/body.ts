import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import { fromBinary, fromStructured, isBinaryMode, type Carried } from './cloud-events.ts';
import { type BodyLimits, hasMoreElements, plainBody, type Refused } from './plain-body.ts';

/** What a body holds: events in their order, as they came, each parsed when it is asked for where the form allows it. */
export type Body =
  | {
      readonly items: Iterable<Carried>;
      readonly cloudEvents: boolean;
      /** Its size, uncompressed. */
      readonly bytes: number;
    }
  | Refused;

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

/**
 * A body, or a part of it, as JSON.
 *
 * @param what The part, as the fault names it.
 */
export function parse(bytes: Buffer, what: string): Carried {
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

function* linesOf(bytes: Buffer): Generator<Buffer> {
  for (let from = 0; from < bytes.length;) {
    const found = bytes.indexOf(newline, from);
    const end = found === -1 ? bytes.length : found;
    const line = bytes.subarray(from, end);
    if (!isBlank(line)) yield line;
    from = end + 1;
  }
}

function* parsed(lines: Iterable<Buffer>): Generator<Carried> {
  for (const line of lines) yield parse(line, 'The line');
}

function hasMoreLines(bytes: Buffer, max: number): boolean {
  let count = 0;
  for (const _ of linesOf(bytes)) if (++count > max) return true;
  return false;
}

/** Every element of a body that is an array, else the body itself. */
function elementsOf(carried: Carried): readonly Carried[] {
  if (!('value' in carried) || !Array.isArray(carried.value)) return [carried];
  return carried.value.map((value: unknown) => ({ value }));
}

function each(carried: readonly Carried[], read: (value: unknown) => Carried): Carried[] {
  return carried.map((one) => ('value' in one ? read(one.value) : one));
}

/**
 * Takes a body apart: one event, a JSON array, NDJSON, or CloudEvents in any mode, gzip or plain. What can't be read is an
 * item with its fault, so that one bad line never blocks the others.
 */
export async function itemsOf(
  headers: IncomingHttpHeaders,
  given: Buffer,
  limits: BodyLimits,
): Promise<Body> {
  const type = (headers['content-type'] ?? 'application/json').split(';', 1)[0]!.trim().toLowerCase();
  const form = formOf(type, isBinaryMode(headers));
  if (form === undefined)
    return { status: 415, refused: `Content-Type ${type} is not read; send ${accepted}.` };
  const bytes = await plainBody(headers, given, limits);
  if (!Buffer.isBuffer(bytes)) return bytes;
  const { itemsMax } = limits;
  if (form === 'lines' ? hasMoreLines(bytes, itemsMax) : hasMoreElements(bytes, itemsMax))
    return {
      status: 413,
      refused: `The body has more than ${limits.itemsMax} events; send them in several requests.`,
    };
  return {
    items: itemsIn(form, headers, bytes),
    cloudEvents: form !== 'events' && form !== 'lines',
    bytes: bytes.length,
  };
}

function itemsIn(form: Form, headers: IncomingHttpHeaders, bytes: Buffer): Iterable<Carried> {
  if (form === 'lines') return parsed(linesOf(bytes));
  const body = parse(bytes, 'The body');
  switch (form) {
    case 'events':
      return elementsOf(body);
    case 'batch':
      return each(elementsOf(body), fromStructured);
    case 'structured':
      return each([body], fromStructured);
    case 'binary':
      return each([body], (data) => fromBinary(headers, data));
  }
}

type Form = 'events' | 'lines' | 'structured' | 'batch' | 'binary';

/** The form of a body: CloudEvents say theirs by the begin of the type, and in binary mode the data may be JSON of any kind. */
function formOf(type: string, isBinary: boolean): Form | undefined {
  if (/^application\/cloudevents-batch(\+json)?$/.test(type)) return 'batch';
  if (/^application\/cloudevents(\+json)?$/.test(type)) return 'structured';
  if (ndjsonTypes.has(type)) return 'lines';
  const isJson = type === 'application/json' || type === 'text/json';
  if (isBinary) return isJson || type.endsWith('+json') ? 'binary' : undefined;
  return isJson ? 'events' : undefined;
}
