import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { Registry } from 'prom-client';
import { Failure, isFailure } from '@tidemark/service/failures';
import { guardByToken, guardRequests, isProbe, tokenCheck } from '@tidemark/service/guard';
import { answerUnknown, describeApi } from '@tidemark/service/openapi';
import { operationRoutes } from '@tidemark/service/operation-routes';
import type { Erasures, Running } from './erasures.ts';
import { customersMax, idLengthMax } from './ids.ts';
import { operations, personalDataApiInfo } from './operations.ts';

/** What the API needs. */
export type PersonalDataApi = {
  readonly erasures: Erasures;
  /** The certificates of what is done, by the id of the erasure. */
  readonly certificates: ReadonlyMap<string, unknown>;
  readonly registry: Registry;
  /** What the service waits for before it works, one sentence each. */
  readonly waitingFor: () => readonly string[];
  readonly token: string;
};

const bodyBytesMax = 4 * 1024 * 1024;

/** The HTTP API: erasures of customers. Ids come in bodies alone, so that no log of requests has them. */
export function personalDataApi(api: PersonalDataApi): FastifyInstance {
  const app = fastify({
    bodyLimit: bodyBytesMax,
    requestTimeout: 60_000,
    connectionTimeout: 90_000,
    onProtoPoisoning: 'error',
    forceCloseConnections: true,
  });
  const description = describeApi(app, personalDataApiInfo);
  answerUnknown(app, description, 'GET /openapi.json describes what there is.');
  guardRequests(app, { isLocal: false });
  guardByToken(app, {
    check: tokenCheck(api.token),
    tokenVariable: 'PERSONAL_DATA_TOKEN',
    isOpen: isProbe,
  });
  operationRoutes(app, {
    description,
    readySummary: 'Whether it takes erasures',
    waitingFor: api.waitingFor,
    registry: api.registry,
  });
  erasureRoutes(app, api);
  return app;
}

function erasureRoutes(app: FastifyInstance, { erasures, certificates, waitingFor }: PersonalDataApi): void {
  const path = '/v1/erasures';
  app.post<{ Body: unknown }>(path, { config: { operation: operations.begin } }, async ({ body }, reply) => {
    const [waiting] = waitingFor();
    if (waiting !== undefined) return reply.code(503).send({ message: waiting });
    const ids = idsIn(body);
    if (typeof ids === 'string') return reply.code(400).send({ message: ids });
    try {
      const id = await erasures.begin(ids);
      return await reply.code(202).header('location', `${path}/${id}`).send({ id, customers: ids.size });
    } catch (error) {
      return refused(reply, error);
    }
  });
  app.get(path, { config: { operation: operations.list } }, () => ({
    erasures: [
      ...(erasures.running === undefined ? [] : [shown(erasures.running)]),
      ...[...certificates].map(([id, certificate]) => ({ id, status: 'done', certificate })),
    ],
  }));
  const one = { config: { operation: operations.get } };
  app.get<{ Params: { id: string } }>(`${path}/:id`, one, ({ params: { id } }, reply) => {
    const certificate = certificates.get(id);
    if (certificate !== undefined) return { id, status: 'done', certificate };
    if (erasures.running?.id === id) return shown(erasures.running);
    return reply.code(404).send({ message: `There is no erasure with this id; GET ${path} lists them.` });
  });
}

const shown = (running: Running): object => ({ ...running, status: 'running' });

/** The ids of a body, or what is wrong with it. */
function idsIn(body: unknown): ReadonlySet<string> | string {
  const given: unknown =
    typeof body === 'object' && body !== null && 'customer_ids' in body ? body.customer_ids : undefined;
  if (!Array.isArray(given) || given.length === 0 || given.length > customersMax)
    return `customer_ids must be a list of 1 to ${customersMax} ids: send {"customer_ids": ["acme"]}`;
  const wrong = given.findIndex(
    (id: unknown) => typeof id !== 'string' || id === '' || Array.from(id).length > idLengthMax,
  );
  if (wrong !== -1) return `customer_ids[${wrong}] must be a text of 1 to ${idLengthMax} characters`;
  return new Set(given as string[]);
}

function refused(reply: FastifyReply, error: unknown): FastifyReply {
  if (!(error instanceof Failure)) throw error;
  return reply
    .code(isFailure(error, 'settings.invalid') ? 409 : 503)
    .send({ message: `It cannot begin: ${error.message}` });
}
