/**
 * What the schema registry answers, over the schemas of the repository: reading, and the registration of what is registered
 * already. Statuses and error codes are those of Confluent's registry in the mode READONLY.
 *
 * @see https://docs.confluent.io/platform/current/schema-registry/develop/api.html
 */
import avro from 'avsc';
import {
  latestOf,
  registeredSchemas,
  schemaOfId,
  schemaText,
  type RegisteredSchema,
} from '@tidemark/events/registry';
import { fingerprint } from './schema-fingerprint.ts';

/** A status with its body. */
export type Answer = { readonly status: number; readonly body: unknown };

/** An answer of 200. */
export const ok = (body: unknown): Answer => ({ status: 200, body });

function fault(status: number, errorCode: number, message: string): Answer {
  return { status, body: { error_code: errorCode, message } };
}

const unknownSubject = (subject: string): Answer => fault(404, 40401, `Subject '${subject}' not found.`);
const noSchema = fault(404, 40403, 'Schema not found.');
const notAvro = fault(
  422,
  42201,
  'The body must be {"schema": "…"}, the schema an Avro schema in JSON; schemaType is AVRO or left out.',
);

/** The answer to every change: schemas, levels and modes come with the release. */
export const readOnly = (what: string): Answer =>
  fault(422, 42205, `${what}: the registry is in the mode READONLY, and schemas come with the release.`);

const texts = new Map(
  registeredSchemas.map((entry) => [entry.id, JSON.stringify(JSON.parse(schemaText(entry)))]),
);

function versionsOf(subject: string): RegisteredSchema[] {
  return registeredSchemas.filter((entry) => entry.subject === subject);
}

function described(entry: RegisteredSchema): object {
  const { subject, id, version } = entry;
  return { subject, id, version, schemaType: 'AVRO', schema: texts.get(id) };
}

const wrongParameter = (name: string, takes: string): Answer =>
  fault(422, 42201, `The parameter ${name} is ${takes}, given once, or left out.`);

/** Names of the subjects that begin with a prefix. */
export function subjectsFrom(prefix: unknown = ''): Answer {
  if (typeof prefix !== 'string') return wrongParameter('subjectPrefix', 'a text');
  const names = new Set(registeredSchemas.map(({ subject }) => subject));
  return ok([...names].filter((name) => name.startsWith(prefix)));
}

/** Every version of the subjects that begin with a prefix, or the latest of each. */
export function schemasFrom(prefix: unknown = '', latestOnly: unknown = 'false'): Answer {
  if (typeof prefix !== 'string') return wrongParameter('subjectPrefix', 'a text');
  if (latestOnly !== 'true' && latestOnly !== 'false') return wrongParameter('latestOnly', 'true or false');
  return ok(
    registeredSchemas
      .filter((entry) => entry.subject.startsWith(prefix))
      .filter((entry) => latestOnly === 'false' || latestOf(entry.subject) === entry)
      .map(described),
  );
}

/** What `read` makes of the schema of an id. */
export function byId(id: string, read: (entry: RegisteredSchema, text: string) => unknown): Answer {
  const entry = /^\d{1,9}$/.test(id) ? schemaOfId(Number(id)) : undefined;
  return entry === undefined ? noSchema : ok(read(entry, texts.get(entry.id)!));
}

/** The numbers of a subject's versions. */
export function versionList(subject: string): Answer {
  const versions = versionsOf(subject).map((entry) => entry.version);
  return versions.length === 0 ? unknownSubject(subject) : ok(versions);
}

function find(subject: string, version: string): RegisteredSchema | Answer {
  const known = versionsOf(subject);
  if (known.length === 0) return unknownSubject(subject);
  if (version === 'latest' || version === '-1') return latestOf(subject)!;
  if (!/^[1-9]\d{0,8}$/.test(version))
    return fault(422, 42202, `The version '${version}' is no version: send a number from 1, or "latest".`);
  return (
    known.find((one) => String(one.version) === version) ??
    fault(
      404,
      40402,
      `Version ${version} not found; there are ${known.map((one) => one.version).join(', ')}.`,
    )
  );
}

/** What `read` makes of a version of a subject. */
export function byVersion(
  subject: string,
  version: string,
  read: (entry: RegisteredSchema) => unknown = described,
): Answer {
  const found = find(subject, version);
  return 'status' in found ? found : ok(read(found));
}

/** The schema of a version, as it is. */
export const schemaOf = ({ id }: RegisteredSchema): unknown => JSON.parse(texts.get(id)!);

function textIn(body: unknown): string | undefined {
  try {
    const { schema, schemaType = 'AVRO' } = JSON.parse(String(body)) as {
      schema: string;
      schemaType?: string;
    };
    avro.Type.forSchema(JSON.parse(schema) as avro.Schema);
    return schemaType === 'AVRO' ? schema : undefined;
  } catch {
    return undefined;
  }
}

function sameShape(subject: string, text: string): RegisteredSchema | undefined {
  const wanted = fingerprint(text);
  return versionsOf(subject).findLast((entry) => fingerprint(schemaText(entry)) === wanted);
}

/** The version of a subject that has the shape of the schema in a request's body. */
export function lookUp(subject: string, body: unknown): Answer {
  if (versionsOf(subject).length === 0) return unknownSubject(subject);
  const text = textIn(body);
  if (text === undefined) return notAvro;
  const found = sameShape(subject, text);
  return found === undefined ? noSchema : ok(described(found));
}

/** The id of a schema that is registered already; nothing is added. */
export function register(subject: string, body: unknown): Answer {
  const text = textIn(body);
  if (text === undefined) return notAvro;
  const newest = latestOf(subject);
  if (newest === undefined) return readOnly(`There is no subject '${subject}' and none can be added here`);
  const found = sameShape(subject, text);
  if (found !== undefined) return ok({ id: found.id });
  return readOnly(
    `That is no version of '${subject}' and none can be added here; use schema id ${newest.id}`,
  );
}

/**
 * Whether a reader with the schema of a request's body reads what a version wrote: the level BACKWARD.
 *
 * @param version A version; `undefined` for all of the subject, of which BACKWARD asks the latest.
 */
export function compatibility(subject: string, version: string | undefined, body: unknown): Answer {
  const found = find(subject, version ?? 'latest');
  // A subject without a version contradicts nothing.
  if ('status' in found) return version === undefined ? ok({ is_compatible: true }) : found;
  const text = textIn(body);
  if (text === undefined) return notAvro;
  const reader = avro.Type.forSchema(JSON.parse(text) as avro.Schema);
  const writer = avro.Type.forSchema(schemaOf(found) as avro.Schema);
  try {
    reader.createResolver(writer);
    return ok({ is_compatible: true });
  } catch (error) {
    return ok({ is_compatible: false, messages: [(error as Error).message] });
  }
}

/** What `read` makes of a subject that exists. */
export function ofSubject(subject: string, body: unknown): Answer {
  return versionsOf(subject).length === 0 ? unknownSubject(subject) : ok(body);
}
