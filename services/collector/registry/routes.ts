/**
 * The Confluent schema registry's API, for serializers and deserializers of any language. Set `schema.registry.url` to
 * the collector's address.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import type { Operation } from '@tidemark/service/openapi';
import * as answers from './answers.ts';
import { ok, readOnly, type Answer } from './answers.ts';
import { contentType, operations, refused } from './operations.ts';

type Asked = {
  readonly id: string;
  readonly subject: string;
  readonly version: string;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
};

const askedOf = ({ params, query, body }: FastifyRequest): Asked => {
  const { id = '', subject = '', version = '' } = params as Partial<Record<string, string>>;
  return { id, subject, version, body, query: query as Asked['query'] };
};

/** Adds the routes. */
export function addSchemaRegistry(app: FastifyInstance): void {
  const on = (
    method: HTTPMethods,
    url: string,
    operation: Operation,
    make: (asked: Asked) => Answer,
  ): void => {
    app.route({
      method,
      url,
      config: { operation },
      handler: (request, reply): FastifyReply => {
        const { status, body } = make(askedOf(request));
        return reply.code(status).type(contentType).send(JSON.stringify(body));
      },
    });
  };
  readingRoutes((url, operation, make) => on('GET', url, operation, make));
  judgingRoutes((url, operation, make) => on('POST', url, operation, make));
  for (const [method, url, id, what] of changes)
    on(method, url, refused(id, `${what}; refused`), () => readOnly(`${what} is not done here`));
}

type Add = (url: string, operation: Operation, make: (asked: Asked) => Answer) => void;

const level = { compatibilityLevel: 'BACKWARD' };
const mode = { mode: 'READONLY' };

function readingRoutes(get: Add): void {
  get('/schemas/types', operations.types, () => ok(['AVRO']));
  get('/contexts', operations.contexts, () => ok(['.']));
  get('/schemas', operations.schemas, ({ query }) =>
    answers.schemasFrom(query['subjectPrefix'], query['latestOnly']),
  );
  get('/schemas/ids/:id', operations.byId, ({ id }) => answers.byId(id, (_, schema) => ({ schema })));
  get('/schemas/ids/:id/schema', operations.rawById, ({ id }) => answers.byId(id, answers.schemaOf));
  get('/schemas/ids/:id/subjects', operations.subjectsOfId, ({ id }) =>
    answers.byId(id, ({ subject }) => [subject]),
  );
  get('/schemas/ids/:id/versions', operations.versionsOfId, ({ id }) =>
    answers.byId(id, ({ subject, version }) => [{ subject, version }]),
  );
  get('/subjects', operations.subjects, ({ query }) => answers.subjectsFrom(query['subjectPrefix']));
  get('/subjects/:subject/versions', operations.versions, ({ subject }) => answers.versionList(subject));
  const ofVersion = '/subjects/:subject/versions/:version';
  get(ofVersion, operations.version, ({ subject, version }) => answers.byVersion(subject, version));
  get(`${ofVersion}/schema`, operations.rawVersion, ({ subject, version }) =>
    answers.byVersion(subject, version, answers.schemaOf),
  );
  get(`${ofVersion}/referencedby`, operations.references, ({ subject, version }) =>
    answers.byVersion(subject, version, () => []),
  );
  get('/config', operations.config, () => ok(level));
  get('/config/:subject', operations.subjectConfig, ({ subject }) => answers.ofSubject(subject, level));
  get('/mode', operations.mode, () => ok(mode));
  get('/mode/:subject', operations.subjectMode, ({ subject }) => answers.ofSubject(subject, mode));
}

function judgingRoutes(post: Add): void {
  post('/subjects/:subject', operations.lookUp, ({ subject, body }) => answers.lookUp(subject, body));
  post('/subjects/:subject/versions', operations.register, ({ subject, body }) =>
    answers.register(subject, body),
  );
  post(
    '/compatibility/subjects/:subject/versions/:version',
    operations.compatibility,
    ({ subject, version, body }) => answers.compatibility(subject, version, body),
  );
  post(
    '/compatibility/subjects/:subject/versions',
    { ...operations.compatibility, operationId: 'testCompatibilityOfAll' },
    ({ subject, body }) => answers.compatibility(subject, undefined, body),
  );
}

const changes: readonly (readonly [HTTPMethods, string, string, string])[] = [
  ['DELETE', '/subjects/:subject', 'deleteSubject', 'Deleting a subject'],
  ['DELETE', '/subjects/:subject/versions/:version', 'deleteVersion', 'Deleting a version'],
  ['PUT', '/config', 'setConfig', 'Setting the level of compatibility'],
  ['PUT', '/config/:subject', 'setSubjectConfig', 'Setting the level of compatibility of a subject'],
  ['DELETE', '/config/:subject', 'deleteSubjectConfig', 'Deleting the level of a subject'],
  ['PUT', '/mode', 'setMode', 'Setting the mode'],
  ['PUT', '/mode/:subject', 'setSubjectMode', 'Setting the mode of a subject'],
];
