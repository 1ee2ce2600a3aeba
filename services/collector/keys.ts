import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { FastifyRequest } from 'fastify';
import { isFamily, type Family } from '@tidemark/events/families';
import { Failure } from '@tidemark/service/failures';
import { bearerOf, isLoopback } from '@tidemark/service/guard';

/** What a key may send a second; `undefined` where the settings of all keys apply. */
export type KeyLimits = {
  readonly requestsPerSecond: number | undefined;
  readonly bytesPerSecond: number | undefined;
};

/** Who publishes: the holder of an API key. */
export type ApiKey = {
  /** The `source` of events that name none, unless `source` is bound. */
  readonly name: string;
  /** The only `source` its events may name; `undefined` for any. */
  readonly source: string | undefined;
  /** Limits of its own, beside those of all keys; 0 for none. */
  readonly limits: KeyLimits;
  /** The families it may publish; `undefined` for all. */
  readonly families: ReadonlySet<Family> | undefined;
  /** Whether it is valid on loopback only. */
  readonly loopbackOnly: boolean;
};

/** What of a request says whose it is. */
export type Caller = Pick<FastifyRequest, 'headers' | 'socket' | 'hostname'>;

/** API keys by the SHA-256 of the key in hex: the keys themselves are not stored. */
export type ApiKeys = ReadonlyMap<string, ApiKey>;

/** The hash an API key is kept as: hex SHA-256. A key is a long random text, so no salt and no slow hash is needed. */
export function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

function invalid(message: string): Failure {
  return new Failure('settings.invalid', `COLLECTOR_KEYS: ${message}`);
}

const fields: ReadonlySet<string> = new Set([
  'name',
  'sha256',
  'families',
  'source',
  'requestsPerSecond',
  'bytesPerSecond',
]);
const nameLengthMax = 256;

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= nameLengthMax;
}

function apiKeyFrom(value: unknown, index: number): [string, ApiKey] {
  const where = `key ${index}`;
  if (typeof value !== 'object' || value === null) throw invalid(`${where} is no object`);
  const given = value as Readonly<Record<string, unknown>>;
  const { name, sha256, source } = given;
  if (!isName(name)) throw invalid(`${where} needs a "name"`);
  // A right that is misspelt would be one that is not restricted.
  const unknown = Object.keys(given).find((field) => !fields.has(field));
  if (unknown !== undefined)
    throw invalid(`"${unknown}" of ${name} is not known; known are ${[...fields].join(', ')}`);
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256))
    throw invalid(`"sha256" of ${name} must be the SHA-256 of the key, 64 hex digits in lower case`);
  if (source !== undefined && !isName(source))
    throw invalid(
      `"source" of ${name} must be a text of 1 to ${nameLengthMax} characters, or left out for any`,
    );
  const limit = (field: keyof KeyLimits): number | undefined => {
    const number = given[field];
    if (number === undefined || (Number.isSafeInteger(number) && (number as number) >= 0))
      return number as number | undefined;
    throw invalid(
      `"${field}" of ${name} must be a whole number, 0 for no limit, or left out for the setting of all keys`,
    );
  };
  const limits = { requestsPerSecond: limit('requestsPerSecond'), bytesPerSecond: limit('bytesPerSecond') };
  return [
    sha256,
    { name, source, limits, families: familiesOf(given['families'], name), loopbackOnly: false },
  ];
}

function familiesOf(given: unknown, name: string): ReadonlySet<Family> | undefined {
  if (given === undefined) return undefined;
  const known = Array.isArray(given) ? given.filter((one) => typeof one === 'string' && isFamily(one)) : [];
  if (!Array.isArray(given) || known.length !== given.length)
    throw invalid(`"families" of ${name} must be an array of families, or left out for all`);
  return new Set(known as Family[]);
}

const devApiKey: ApiKey = {
  name: 'dev',
  source: undefined,
  limits: { requestsPerSecond: undefined, bytesPerSecond: undefined },
  families: undefined,
  loopbackOnly: true,
};

/**
 * Reads API keys from JSON such as `[{ "name": "shop", "sha256": "…", "families": ["cart", "purchase"] }]`.
 *
 * @param setting The JSON, or `@` and the path of a file that holds it.
 * @param devKey Whether the key `dev-key` opens everything, on loopback only.
 * @throws Failure `settings.invalid`, naming the key at fault.
 */
export function readApiKeys(setting: string, devKey: boolean): ApiKeys {
  const given = parse(setting);
  if (!Array.isArray(given)) throw invalid('must be a JSON array of keys');
  const keys = new Map(given.map(apiKeyFrom));
  if (keys.size !== given.length) throw invalid('two keys have the same "sha256"');
  if (devKey) keys.set(hashOf('dev-key'), devApiKey);
  return keys;
}

function parse(setting: string): unknown {
  try {
    return JSON.parse(setting.startsWith('@') ? readFileSync(setting.slice(1), 'utf8') : setting);
  } catch (cause) {
    throw new Failure('settings.invalid', 'COLLECTOR_KEYS: can not be read as JSON', { cause });
  }
}

/** Whether the well-known key is among them. */
export function hasDevKey(keys: ApiKeys): boolean {
  return [...keys.values()].some(({ loopbackOnly }) => loopbackOnly);
}

/** Whether a request comes from this machine, to a name of this machine: a page elsewhere can make a browser call 127.0.0.1. */
function isFromHere({ socket, hostname }: Caller): boolean {
  return isLoopback(socket.remoteAddress?.replace(/^::ffff:/, '') ?? '') && isLoopback(hostname);
}

/** The key an `Authorization` header carries (rule 31); `undefined` when none, unknown, or not from where it holds. */
export function apiKeyOf(keys: ApiKeys, request: Caller): ApiKey | undefined {
  return keyFor(keys, bearerOf(request), request);
}

/**
 * The key of a reader of documents: as `apiKeyOf`, or as the password of `Basic`, which is what clients of a schema registry
 * send; the name is of no matter.
 */
export function readerKeyOf(keys: ApiKeys, request: Caller): ApiKey | undefined {
  const basic = basicOf(request);
  return basic === undefined ? apiKeyOf(keys, request) : keyFor(keys, basic.password, request);
}

/** The key as Segment's libraries send it: as the name of `Basic`, with an empty password; or as `apiKeyOf`. */
export function writeKeyOf(keys: ApiKeys, request: Caller): ApiKey | undefined {
  const basic = basicOf(request);
  return basic === undefined ? apiKeyOf(keys, request) : keyFor(keys, basic.name, request);
}

function basicOf({ headers }: Caller): { readonly name: string; readonly password: string } | undefined {
  const basic = /^Basic +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
  if (basic === undefined) return undefined;
  const text = Buffer.from(basic, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return { name: text.slice(0, colon === -1 ? undefined : colon), password: text.slice(colon + 1) };
}

function keyFor(keys: ApiKeys, token: string | undefined, request: Caller): ApiKey | undefined {
  const key = token === undefined ? undefined : keys.get(hashOf(token));
  return key?.loopbackOnly === true && !isFromHere(request) ? undefined : key;
}
