import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { Registry } from 'prom-client';
import { guardByToken, guardRequests, isProbe, tokenCheck } from '@tidemark/service/guard';
import { answerUnknown, describeApi } from '@tidemark/service/openapi';
import { operationRoutes } from '@tidemark/service/operation-routes';
import { parseDuration } from '@tidemark/service/settings';
import type { Command } from './commands.ts';
import type { Alert, Silence } from './lifecycle/alert.ts';
import type { Rule } from './rules/rule.ts';
import { apiAlert, iso } from './api-alert.ts';
import { alertsApiInfo, operations } from './operations.ts';
import type { AlertState } from './state.ts';

/** What the API needs. */
export type AlertsApi = {
  /** The state as read from the topic: the same on every instance. */
  readonly state: AlertState;
  readonly rules: readonly Rule[];
  /** Why rules are suppressed now, by rule. */
  readonly suppressedReasons: () => ReadonlyMap<string, string>;
  readonly write: (command: Command) => Promise<void>;
  readonly now: () => number;
  readonly registry: Registry;
  /** What the service waits for before it works, one sentence each. */
  readonly waitingFor: () => readonly string[];
  /** Bearer token that a request must send; `undefined` lets every request in. */
  readonly token: string | undefined;
};

/** How long a request waits until its command is executed. */
const executedMs = 10_000;
const textMax = 500;
const silenceMaxMs = 366 * 86_400_000;

/** The HTTP API: alerts with their timelines, acknowledgements, silences, deliveries. */
export function alertsApi(api: AlertsApi): FastifyInstance {
  const app = fastify({
    bodyLimit: 16_384,
    requestTimeout: 20_000,
    connectionTimeout: 30_000,
    onProtoPoisoning: 'error',
    forceCloseConnections: true,
  });
  const description = describeApi(app, alertsApiInfo(api.token !== undefined, api.rules));
  answerUnknown(app, description, 'GET /openapi.json describes what there is.');
  guardRequests(app, { isLocal: api.token === undefined });
  if (api.token !== undefined) {
    guardByToken(app, { check: tokenCheck(api.token), tokenVariable: 'ALERTS_TOKEN', isOpen: isProbe });
  }
  operationRoutes(app, {
    description,
    readySummary: 'Whether it evaluates',
    waitingFor: api.waitingFor,
    registry: api.registry,
  });
  alertRoutes(app, api);
  silenceRoutes(app, api);
  app.get('/v1/rules', { config: { operation: operations.listRules } }, () => ({
    rules: api.rules.map(({ name, title, severity, group, runbook, search }) => ({
      name,
      title,
      severity,
      group,
      runbook,
      kind: search.kind,
      suppressed: api.suppressedReasons().get(name) ?? null,
    })),
  }));
  deliveryRoutes(app, api);
  return app;
}

function alertRoutes(app: FastifyInstance, api: AlertsApi): void {
  const find = (id: string): Alert | undefined => [...api.state.store.alerts].find((one) => one.id === id);
  const listed = { config: { operation: operations.listAlerts } };
  app.get<{ Querystring: { status?: string; limit?: string } }>('/v1/alerts', listed, (request, reply) => {
    const { status, limit = '200' } = request.query;
    const known = ['pending', 'firing', 'resolved'];
    if (status !== undefined && !known.includes(status))
      return badRequest(reply, `status must be one of ${known.join(', ')}`);
    const max = /^\d{1,4}$/.test(limit) ? Number(limit) : Number.NaN;
    if (Number.isNaN(max) || max < 1 || max > 1_000)
      return badRequest(reply, 'limit must be a whole number from 1 to 1000');
    const alerts = [...api.state.store.alerts]
      .filter((one) => status === undefined || one.status === status)
      .toSorted((a, b) => b.pendingAt - a.pendingAt)
      .slice(0, max)
      .map(apiAlert);
    return { alerts };
  });
  const one = { config: { operation: operations.getAlert } };
  app.get<{ Params: { id: string } }>('/v1/alerts/:id', one, (request, reply) => {
    const alert = find(request.params.id);
    return alert === undefined ? notFound(reply, 'alert') : apiAlert(alert);
  });
  app.post<{ Params: { id: string }; Body: { by?: unknown; note?: unknown } | null }>(
    '/v1/alerts/:id/ack',
    { config: { operation: operations.acknowledge } },
    async (request, reply) => {
      const { id } = request.params;
      const { by, note = '' } = request.body ?? {};
      if (!isText(by) || by === '')
        return badRequest(reply, 'by must name who acknowledges: send {"by": "ada"}');
      if (!isText(note)) return badRequest(reply, `note must be a text of at most ${textMax} characters`);
      const alert = find(id);
      if (alert === undefined) return notFound(reply, 'alert');
      if (alert.status === 'resolved')
        return reply.code(409).send({ message: 'The alert is resolved already.' });
      const isDone = (): boolean => find(id)?.acknowledged !== null;
      return run(api, reply, { type: 'acknowledge', id, by, note, at: api.now() }, isDone, () =>
        apiAlert(find(id)!),
      );
    },
  );
}

function deliveryRoutes(app: FastifyInstance, api: AlertsApi): void {
  app.get('/v1/deliveries', { config: { operation: operations.listDeliveries } }, () => ({
    deliveries: [...api.state.deliveries.values()].map(({ notification, ...delivery }) => ({
      ...delivery,
      kind: notification.kind,
      incident: notification.incident.id,
    })),
  }));
  const retry = { config: { operation: operations.retryDeliveries } };
  app.post<{ Body: { receiver?: unknown } | null | undefined }>(
    '/v1/deliveries/retry',
    retry,
    async (request, reply) => {
      const { body = {} } = request;
      if (typeof body !== 'object' || body === null || Array.isArray(body))
        return badRequest(reply, 'send {"receiver": "…"}, or {} for all receivers');
      const receiver = body.receiver ?? null;
      if (receiver !== null && typeof receiver !== 'string')
        return badRequest(reply, 'receiver must be the name of a receiver; leave it out for all of them');
      const dead = [...api.state.deliveries.values()].filter(
        (one) => one.status === 'dead' && (receiver === null || one.receiver === receiver),
      );
      const isDone = (): boolean =>
        dead.every(({ id, queuedAt }) => api.state.deliveries.get(id)?.queuedAt !== queuedAt);
      return run(api, reply, { type: 'retry-dead-letters', receiver, at: api.now() }, isDone, () => ({
        retried: dead.length,
      }));
    },
  );
}

function silenceRoutes(app: FastifyInstance, api: AlertsApi): void {
  const find = (id: string): Silence | undefined =>
    [...api.state.store.silences].find((one) => one.id === id);
  const listed = { config: { operation: operations.listSilences } };
  app.get('/v1/silences', listed, () => ({ silences: [...api.state.store.silences].map(apiSilence) }));
  const make = { config: { operation: operations.silence } };
  app.post<{ Body: unknown }>('/v1/silences', make, async (request, reply) => {
    const given = silenceOf(request.body, api);
    if (typeof given === 'string') return badRequest(reply, given);
    const isDone = (): boolean => find(given.id) !== undefined;
    return run(api, reply.code(201), { type: 'silence', silence: given }, isDone, () => apiSilence(given));
  });
  const end = { config: { operation: operations.unsilence } };
  app.delete<{ Params: { id: string } }>('/v1/silences/:id', end, async (request, reply) => {
    const { id } = request.params;
    const silence = find(id);
    if (silence === undefined) return notFound(reply, 'silence');
    const isDone = (): boolean => find(id)?.until !== silence.until;
    if (silence.until <= api.now()) return apiSilence(silence);
    return run(api, reply, { type: 'unsilence', id, at: api.now() }, isDone, () => apiSilence(find(id)!));
  });
}

/** Writes a command for the leading instance, and replies once it is executed. */
async function run(
  api: AlertsApi,
  reply: FastifyReply,
  command: Command,
  isDone: () => boolean,
  answer: () => object,
): Promise<FastifyReply> {
  await api.write(command);
  const deadline = performance.now() + executedMs;
  while (!isDone()) {
    if (performance.now() > deadline)
      return reply.code(202).send({
        message: 'The command is stored. No instance leads at the moment, so it will be executed later.',
      });
    await sleep(25);
  }
  return reply.send(answer());
}

function silenceOf(body: unknown, { now, rules }: AlertsApi): Silence | string {
  if (typeof body !== 'object' || body === null)
    return 'send {"rule": "churn-spike", "for": "2h", "by": "ada", "reason": "…"}';
  const { rule = '*', labels = {}, by, reason = '', for: length } = body as Record<string, unknown>;
  if (!isText(rule) || (rule !== '*' && !rules.some(({ name }) => name === rule)))
    return `rule must be * or one of ${rules.map(({ name }) => name).join(', ')}`;
  if (!isLabels(labels)) return 'labels must be an object of texts, such as {"segment": "enterprise"}';
  if (!isText(by) || by === '') return 'by must name who silences';
  if (!isText(reason)) return `reason must be a text of at most ${textMax} characters`;
  const ms = isText(length) ? parseDuration(length) : undefined;
  if (ms === undefined || ms <= 0 || ms > silenceMaxMs)
    return 'for must be a duration such as 30m, 2h or 7d, at most a year';
  const from = now();
  return { id: randomUUID(), rule, labels, from, until: from + ms, by, reason };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= textMax;
}

function isLabels(value: unknown): value is Record<string, string> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(isText)
  );
}

function badRequest(reply: FastifyReply, message: string): FastifyReply {
  return reply.code(400).send({ message });
}

function notFound(reply: FastifyReply, what: string): FastifyReply {
  return reply.code(404).send({ message: `There is no such ${what}.` });
}

function apiSilence(silence: Silence): object {
  return { ...silence, from: iso(silence.from), until: iso(silence.until) };
}
