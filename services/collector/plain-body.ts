import type { IncomingHttpHeaders } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

/** A body that cannot be taken: why, and with which status. */
export type Refused = { readonly refused: string; readonly status: 400 | 413 | 415 };

/** How much of a body is taken. */
export type BodyLimits = {
  /** Greatest body, in bytes, uncompressed. */
  readonly bytesMax: number;
  /** Most events of a request. */
  readonly itemsMax: number;
};

/** A byte order mark is no part of the JSON. */
function withoutMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

const gunzipped = promisify(gunzip);

/** The body as it was before `Content-Encoding`, no larger than the limit. */
export async function plainBody(
  headers: IncomingHttpHeaders,
  given: Buffer,
  limits: BodyLimits,
): Promise<Buffer | Refused> {
  const encoding = (headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  const plain = await decoded(encoding, given, limits);
  return Buffer.isBuffer(plain) ? withoutMark(plain) : plain;
}

async function decoded(encoding: string, given: Buffer, { bytesMax }: BodyLimits): Promise<Buffer | Refused> {
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

const [quote, backslash, comma] = [0x22, 0x5c, 0x2c];
const [openArray, closeArray, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Whether an array of a JSON text has more than `max` elements: it counts commas, before anything is parsed.
 *
 * @param level How deep the arrays are: 1 is the text itself, 2 those in the fields of an object.
 */
export function hasMoreElements(bytes: Buffer, max: number, level: 1 | 2 = 1): boolean {
  let [elements, depth, isCounted] = [1, 0, false];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === quote) at = endOfString(bytes, at);
    else if (byte === openArray || byte === openObject) {
      depth += 1;
      if (depth === level) [elements, isCounted] = [1, byte === openArray];
    } else if (byte === closeArray || byte === closeObject) depth -= 1;
    else if (byte === comma && depth === level && isCounted && ++elements > max) return true;
  }
  return false;
}

function endOfString(bytes: Buffer, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1;
  return at;
}
