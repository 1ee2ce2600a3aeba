import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { fromBinary, fromStructured, isBinaryMode, type Carried } from './cloud-events.ts';

/** What a body holds: events in their order, as they came, each parsed when it is asked for where the form allows it. */
export type Body =
  | {
      readonly items: Iterable<Carried>;
      readonly cloudEvents: boolean;
      /** Its size, uncompressed. */
      readonly bytes: number;
    }
  /** It cannot be taken: why, and with which status. */
  | { readonly refused: string; readonly status: 400 | 413 | 415 };

/** How much of a body is taken. */
export type BodyLimits = {
  /** Greatest body, in bytes, uncompressed. */
  readonly bytesMax: number;
  /** Most events of a request. */
  readonly itemsMax: number;
};

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

const [quote, backslash, comma] = [0x22, 0x5c, 0x2c];
const [openArray, closeArray, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Whether a JSON array has more than `max` elements: it counts commas, before anything is parsed. */
function hasMoreElements(bytes: Buffer, max: number): boolean {
  let at = bytes.findIndex((byte) => byte > 0x20);
  if (bytes[at] !== openArray) return false;
  let elements = 1;
  let depth = 0;
  for (; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === quote) at = endOfString(bytes, at);
    else if (byte === openArray || byte === openObject) depth += 1;
    else if (byte === closeArray || byte === closeObject) depth -= 1;
    else if (byte === comma && depth === 1 && ++elements > max) return true;
  }
  return false;
}

function endOfString(bytes: Buffer, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1;
  return at;
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

const gunzipped = promisify(gunzip);

/** The body as it was before `Content-Encoding`, no larger than the limit. */
async function plainOf(encoding: string, given: Buffer, { bytesMax }: BodyLimits): Promise<Buffer | Body> {
  if (encoding === 'identity') return given;
  if (encoding !== 'gzip' && encoding !== 'x-gzip')
    return {
      status: 415,
      refused: `Content-Encoding ${encoding} is not read; send gzip, or the body as it is.`,
    };
  try {
    return await gunzipped(given, { maxOutputLength: bytesMax });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
      ? {
          status: 413,
          refused: `The body is over ${bytesMax} bytes uncompressed; send the events in several requests.`,
        }
      : {
          status: 400,
          refused: 'The body is not gzip, as Content-Encoding says; compress it so, or leave the header out.',
        };
  }
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
  const encoding = (headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  const form = formOf(type, isBinaryMode(headers));
  if (form === undefined)
    return { status: 415, refused: `Content-Type ${type} is not read; send ${accepted}.` };
  const plain = await plainOf(encoding, given, limits);
  if (!Buffer.isBuffer(plain)) return plain;
  const bytes = withoutMark(plain);
  const hasTooMany = form === 'lines' ? hasMoreLines : hasMoreElements;
  if (hasTooMany(bytes, limits.itemsMax))
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
