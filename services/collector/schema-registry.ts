/**
 * The part of the Confluent schema registry's API that clients use, over the schemas of the repository: reading, and
 * the registration of what is registered already. Set `schema.registry.url` to the collector's address.
 *
 * @see https://docs.confluent.io/platform/current/schema-registry/develop/api.html
 */
import type { FastifyInstance, FastifyReply } from 'fastify';
import { fingerprint } from './schema-fingerprint.ts';
import {
  latestOf,
  registeredSchemas,
  schemaOfId,
  schemaText,
  type RegisteredSchema,
} from '@tidemark/events/registry';

const contentType = 'application/vnd.schemaregistry.v1+json';

type Answer = { readonly status: number; readonly body: unknown };

function fault(status: number, errorCode: number, message: string): Answer {
  return { status, body: { error_code: errorCode, message } };
}

const unknownSubject = (subject: string): Answer => fault(404, 40401, `Subject '${subject}' not found.`);

const texts = new Map(
  registeredSchemas.map((entry) => [entry.id, JSON.stringify(JSON.parse(schemaText(entry)))]),
);

function versionsOf(subject: string): RegisteredSchema[] {
  return registeredSchemas.filter((entry) => entry.subject === subject);
}

function described(entry: RegisteredSchema): Answer {
  const { subject, id, version } = entry;
  return { status: 200, body: { subject, id, version, schemaType: 'AVRO', schema: texts.get(id) } };
}

function byVersion(subject: string, version: string): Answer {
  const known = versionsOf(subject);
  if (known.length === 0) return unknownSubject(subject);
  const entry =
    version === 'latest' || version === '-1'
      ? latestOf(subject)
      : known.find((one) => String(one.version) === version);
  return entry === undefined ? fault(404, 40402, `Version ${version} not found.`) : described(entry);
}

/** The registered version of the same shape as the schema in a request's body. */
function sameShape(subject: string, body: unknown): RegisteredSchema | undefined | Answer {
  try {
    const { schema } = JSON.parse(String(body)) as { schema: string };
    const wanted = fingerprint(schema);
    return versionsOf(subject).findLast((entry) => fingerprint(schemaText(entry)) === wanted);
  } catch {
    return fault(422, 42201, 'The body must be {"schema": "…"}, the schema an Avro schema in JSON.');
  }
}

function lookUp(subject: string, body: unknown): Answer {
  if (versionsOf(subject).length === 0) return unknownSubject(subject);
  const found = sameShape(subject, body);
  if (found === undefined) return fault(404, 40403, 'Schema not found.');
  return 'status' in found ? found : described(found);
}

function register(subject: string, body: unknown): Answer {
  const newest = latestOf(subject);
  if (newest === undefined)
    return fault(
      403,
      40301,
      `There is no subject '${subject}' and none can be added here: schemas come with the release.`,
    );
  const found = sameShape(subject, body);
  if (found === undefined)
    return fault(
      409,
      409,
      `That is no version of '${subject}', and none can be added here; use schema id ${newest.id}.`,
    );
  return 'status' in found ? found : { status: 200, body: { id: found.id } };
}

type Subject = { Params: { subject: string } };
type Version = { Params: { subject: string; version: string } };
type Id = { Params: { id: string } };

/** Adds the routes. */
export function addSchemaRegistry(app: FastifyInstance): void {
  const send = (reply: FastifyReply, { status, body }: Answer): FastifyReply =>
    reply.code(status).type(contentType).send(JSON.stringify(body));
  const ok = (body: unknown): Answer => ({ status: 200, body });
  const noSchema = fault(404, 40403, 'Schema not found.');

  app.get('/schemas/types', (_request, reply) => send(reply, ok(['AVRO'])));
  app.get<Id>('/schemas/ids/:id', ({ params }, reply) => {
    const schema = texts.get(Number(params.id));
    return send(reply, schema === undefined ? noSchema : ok({ schema }));
  });
  app.get<Id>('/schemas/ids/:id/versions', ({ params }, reply) => {
    const entry = schemaOfId(Number(params.id));
    return send(
      reply,
      entry === undefined ? noSchema : ok([{ subject: entry.subject, version: entry.version }]),
    );
  });
  app.get('/subjects', (_request, reply) =>
    send(reply, ok([...new Set(registeredSchemas.map((entry) => entry.subject))])),
  );
  app.get<Subject>('/subjects/:subject/versions', ({ params: { subject } }, reply) => {
    const versions = versionsOf(subject).map((entry) => entry.version);
    return send(reply, versions.length === 0 ? unknownSubject(subject) : ok(versions));
  });
  app.get<Version>('/subjects/:subject/versions/:version', ({ params }, reply) =>
    send(reply, byVersion(params.subject, params.version)),
  );
  app.post<Subject>('/subjects/:subject', ({ params, body }, reply) =>
    send(reply, lookUp(params.subject, body)),
  );
  app.post<Subject>('/subjects/:subject/versions', ({ params, body }, reply) =>
    send(reply, register(params.subject, body)),
  );
  app.get('/config', (_request, reply) => send(reply, ok({ compatibilityLevel: 'BACKWARD' })));
  app.get('/config/:subject', (_request, reply) => send(reply, ok({ compatibilityLevel: 'BACKWARD' })));
}
