import type { FastifyInstance } from 'fastify';
import { Registry } from 'prom-client';
import { conforming } from '@tidemark/service/openapi.fixtures';
import { definitionsWith } from '@tidemark/metrics';
import type { Series } from '@tidemark/metrics/definition/definition';
import { defaultMetricSettings } from '@tidemark/metrics/settings';
import { bucketMs } from '@tidemark/runtime/counters';
import { ingestCounters } from '@tidemark/runtime/ingest-counters';
import type { AlertsAddress } from './alerts-proxy.ts';
import { liveApi } from './api.ts';
import { CounterStore } from './counter-store.ts';
import { countedDefinitions } from './definitions.ts';
import type { ExplainApi } from './explain-api.ts';
import { noHistory, type HistoryReader } from './history-reader.ts';

/** The time of the API, less a quarter of an hour. */
export const noon = Date.parse('2026-05-10T12:00:00Z');
const definitions = definitionsWith(defaultMetricSettings);
/** All series. */
export const declared: { readonly [name: string]: Series } = Object.assign(
  {},
  ingestCounters,
  ...definitions.map(({ counters }) => counters),
);

type LiveFixture = {
  readonly token?: string;
  readonly history?: HistoryReader;
  readonly requestsPerMinute?: number;
  readonly now?: () => number;
  readonly alerts?: AlertsAddress;
  readonly explain?: Partial<ExplainApi>;
};

/** The API over counters of one bucket. */
export function apiOf(
  values: Record<string, bigint>,
  { token, history = noHistory, requestsPerMinute, now, alerts, explain }: LiveFixture = {},
): FastifyInstance {
  const store = new CounterStore();
  store.apply(0, { definition: 'd', bucket: noon, values });
  return conforming(
    liveApi({
      store,
      series: declared,
      definitions: () => countedDefinitions(definitions, 2, { 'cart-outcomes': '2 quietMs=3600000' }),
      zone: 'UTC',
      now: now ?? (() => noon + bucketMs),
      isReady: () => true,
      waitingFor: () => '',
      registry: new Registry(),
      history,
      explain: {
        reader: undefined,
        events: async () => [],
        generation: () => 1,
        now: () => noon,
        ...explain,
      },
      historyRequestsPerMinute: requestsPerMinute,
      watch: () => undefined,
      collector: new URL('http://127.0.0.1:8080'),
      token,
      alerts: alerts ?? { url: undefined, token: undefined },
    }),
  );
}
