import fastify, { type FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import { type AlertsAddress, alertsProxy } from './alerts-proxy.ts';
import { Broadcast } from './broadcast.ts';
import { parseInstant } from '@tidemark/events/times';
import type { Series } from '@tidemark/metrics/definition/definition';
import { decimalOf } from '@tidemark/metrics/definition/money';
import { bucketMs } from '@tidemark/runtime/counters';
import {
  describeApi,
  healthOperation,
  metricsOperation,
  answerUnknown,
  serveOpenApi,
} from '@tidemark/service/openapi';
import type { CounterStore } from './counter-store.ts';
import type { CountedDefinitions } from './definitions.ts';
import { type ExplainApi, explainRoutes } from './explain-api.ts';
import { firstEvent } from './first-event.ts';
import { guard, securityHeaders } from './guard.ts';
import { historyRoutes } from './history-api.ts';
import type { HistoryReader } from './history-reader.ts';
import { pages } from './pages.ts';
import { mcpRoute } from './mcp/route.ts';
import { liveApiInfo, operations } from './operations.ts';
import type { PipelineWatch } from './pipeline-watch.ts';
import { viewRoutes } from './views-api.ts';
import { restatementRoutes } from './restatements-api.ts';
import { summarize } from './summary.ts';

/** What the API answers from. */
export type LiveApi = {
  readonly store: CounterStore;
  /** All series by their names. */
  readonly series: { readonly [name: string]: Series };
  /** The definitions, in the versions of the generation that serves. */
  readonly definitions: () => CountedDefinitions;
  readonly zone: string;
  readonly now: () => number;
  /** Whether the counters have been read up to the end they had at the start. */
  readonly isReady: () => boolean;
  /** What it waits for while it is not ready, a sentence. */
  readonly waitingFor: () => string;
  readonly registry: Registry;
  readonly history: HistoryReader;
  /** Requests for the history a minute of one address; 600 by default. */
  readonly historyRequestsPerMinute?: number | undefined;
  readonly explain: ExplainApi;
  readonly watch: () => PipelineWatch | undefined;
  /** Where publishers reach the collector. */
  readonly collector: URL;
  /** The token that readers must show; `undefined` on loopback alone. */
  readonly token: string | undefined;
  readonly alerts: AlertsAddress;
};

/** Most buckets that one answer lists: a year of quarter hours. */
const bucketsMax = 400 * 96;

/**
 * The HTTP API of the live counters with the dashboard. It needs Kafka at the start alone, and ClickHouse for
 * `/v1/history` alone.
 */
export function liveApi(live: LiveApi): FastifyInstance {
  const app = fastify({ logger: false, bodyLimit: 1_024, requestTimeout: 15_000, connectionTimeout: 0 });
  const api = describeApi(app, liveApiInfo(live.token !== undefined));
  answerUnknown(app, api, 'GET /openapi.json describes what there is.');
  guard(app, live.token);
  serveOpenApi(app, api);
  pages(app);
  alertsProxy(app, live.alerts);
  void app.register(
    (scope) =>
      historyRoutes(scope, {
        reader: live.history,
        zone: live.zone,
        now: live.now,
        requestsPerMinute: live.historyRequestsPerMinute,
      }),
    {
      prefix: '/v1/history',
    },
  );
  void app.register(
    (scope) => restatementRoutes(scope, { reader: live.history, zone: live.zone, now: live.now }),
    { prefix: '/v1/restatements' },
  );
  void app.register((scope) => viewRoutes(scope, { reader: live.history, zone: live.zone, now: live.now }), {
    prefix: '/v1/views',
  });
  mcpRoute(app, { reader: live.history, zone: live.zone, now: live.now, alerts: live.alerts });
  void app.register((scope) => explainRoutes(scope, live.explain), { prefix: '/v1/explain' });
  counterRoutes(app, live);
  streamRoutes(app, live);
  return app;
}

function counterRoutes(app: FastifyInstance, live: LiveApi): void {
  app.get('/health', { config: { operation: healthOperation } }, () => ({ status: 'ok' }));
  app.get('/ready', { config: { operation: operations.ready } }, (_request, reply) =>
    live.isReady()
      ? { status: 'ok' }
      : reply.code(503).send({ status: 'starting', message: live.waitingFor() }),
  );
  app.get('/metrics', { config: { operation: metricsOperation } }, async (_request, reply) =>
    reply.type(live.registry.contentType).send(await live.registry.metrics()),
  );
  const definitions = { config: { operation: operations.listDefinitions } };
  app.get('/v1/definitions', definitions, () => live.definitions());
  const names = Object.entries(live.series).map(([name, { dimensions }]) => [name, dimensions]);
  const list = { config: { operation: operations.listSeries } };
  app.get('/v1/counters', list, () => ({ bucket_ms: bucketMs, series: Object.fromEntries(names) as object }));
  const first = { config: { operation: operations.firstEvent } };
  app.get('/v1/first-event', first, () => firstEvent(live.collector, live.now()));
  const summary = { config: { operation: operations.summary } };
  app.get('/v1/counters/summary', summary, () => summarize(live.store, live.now(), live.zone));
  app.get<{ Params: { name: string }; Querystring: Record<string, unknown> }>(
    '/v1/counters/:name',
    { config: { operation: operations.counter } },
    (request, reply) => {
      const { name } = request.params;
      const series = Object.hasOwn(live.series, name) ? live.series[name] : undefined;
      if (series === undefined) {
        const known = Object.keys(live.series).join(', ');
        return reply.code(404).send({ message: `There is no series ${name}; there are: ${known}.` });
      }
      const asked = askedFor(request.query, live.now());
      if ('message' in asked) return reply.code(400).send(asked);
      return { name, dimensions: series.dimensions, ...answer(live.store, name, series, asked) };
    },
  );
}

/** The stream: `summary` when counters change, `pipeline` when the pipeline was looked at. */
function streamRoutes(app: FastifyInstance, live: LiveApi): void {
  const broadcast = new Broadcast([
    {
      event: 'summary',
      // A day begins without a change.
      version: () => `${live.store.changes} ${Math.floor(live.now() / 60_000)} ${live.isReady()}`,
      data: () => ({ ...summarize(live.store, live.now(), live.zone), ready: live.isReady() }),
    },
    {
      event: 'pipeline',
      version: () => live.watch()?.state().as_of ?? '',
      data: () => live.watch()?.state() ?? null,
    },
  ]);
  app.addHook('preClose', async () => broadcast.close());
  app.get('/v1/pipeline', { config: { operation: operations.pipeline } }, () => ({
    state: live.watch()?.state() ?? null,
    samples: live.watch()?.samples() ?? [],
  }));
  app.get('/v1/stream', { config: { operation: operations.stream } }, (_request, reply) => {
    reply.hijack();
    const head = { 'content-type': 'text/event-stream', 'cache-control': 'no-store', ...securityHeaders };
    reply.raw.writeHead(200, head);
    if (!broadcast.add(reply.raw)) reply.raw.end();
  });
}

type Asked = { readonly from: number; readonly to: number; readonly byBucket: boolean };

/** An instant of a parameter, or `fallback` without one; NaN for anything else. */
function instantOr(given: unknown, fallback: number): number {
  if (given === undefined) return fallback;
  return typeof given === 'string' ? (parseInstant(given) ?? Number.NaN) : Number.NaN;
}

function askedFor(query: Record<string, unknown>, now: number): Asked | { message: string } {
  const from = instantOr(query['from'], 0);
  const to = instantOr(query['to'], now + bucketMs);
  if (Number.isNaN(from) || Number.isNaN(to))
    return {
      message: 'from and to are instants such as 2026-05-01T00:00:00Z; send them so, or leave them out.',
    };
  if (query['by'] !== undefined && query['by'] !== 'bucket')
    return { message: 'by is bucket, or left out for one row over the whole time.' };
  const byBucket = query['by'] === 'bucket';
  if (byBucket && (to - from) / bucketMs > bucketsMax)
    return {
      message: `by=bucket lists at most ${bucketsMax} quarter hours: send from and to closer together.`,
    };
  return { from, to, byBucket };
}

/** A sum as JSON, exact: money as decimal text, a count as a number, and as text where a number would not be exact. */
function valueOf({ type }: Series, sum: bigint): string | number {
  if (type === 'money') return decimalOf(sum);
  const value = Number(sum);
  return Number.isSafeInteger(value) ? value : String(sum);
}

function answer(store: CounterStore, name: string, declared: Series, asked: Asked) {
  const { from, to, byBucket } = asked;
  const rowsOf = (start: number, end: number) =>
    [...store.sums(start, end, name)].map(([series, sum]) => {
      const [, ...values] = JSON.parse(series) as [string, ...string[]];
      const labels = Object.fromEntries(
        declared.dimensions.map((dimension, index) => [dimension, values[index] ?? '']),
      );
      return { ...labels, value: valueOf(declared, sum) };
    });
  const period = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
  if (!byBucket) return { ...period, rows: rowsOf(from, to) };
  const rows = [];
  for (let bucket = Math.ceil(from / bucketMs) * bucketMs; bucket < to; bucket += bucketMs)
    for (const row of rowsOf(bucket, bucket + 1))
      rows.push({ bucket: new Date(bucket).toISOString(), ...row });
  return { ...period, rows };
}
