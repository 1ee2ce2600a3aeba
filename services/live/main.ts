/**
 * The live service: it reads the counters topic and answers with the current numbers, by HTTP, server-sent events and
 * Prometheus. It works while ClickHouse is down.
 *
 * **Delivery guarantee**: counters are absolute, and read committed; reading one twice changes nothing. Each answer is a
 * state that was committed for each partition.
 *
 * **Back pressure**: none is needed. A client of the stream that is too slow misses messages, and each message is whole.
 */
import { connectClickHouse } from '@tidemark/clickhouse/client';
import { acceptedEvents } from '@tidemark/explain/events';
import { openReader } from '@tidemark/explain/reader';
import { openKafka } from '@tidemark/kafka/client';
import { connectionOf } from '@tidemark/kafka/settings';
import { onceReachable } from '@tidemark/kafka/retry';
import { assertGuarded } from '@tidemark/service/guard';
import type { SettingsOf } from '@tidemark/service/settings';
import { runService } from '@tidemark/service/service';
import { ingestCounters } from '@tidemark/runtime/ingest-counters';
import { definitionsWith } from '@tidemark/metrics';
import { defaultMetricSettings } from '@tidemark/metrics/settings';
import { followServing, servingAtFirst, type ServingFollowed } from '@tidemark/topics/serving';
import { liveApi } from './api.ts';
import { watchReconciliation } from './reconciliation-watch.ts';
import { registerBusinessMetrics } from './business-metrics.ts';
import { CounterStore } from './counter-store.ts';
import { type Counted, followCounters } from './counted.ts';
import { countedDefinitions } from './definitions.ts';
import { type HistoryReader, noHistory, openHistory } from './history-reader.ts';
import { type PipelineWatch, watchPipeline } from './pipeline-watch.ts';
import { liveSettings } from './settings.ts';

const description = {
  name: 'live',
  summary:
    'The live service: the dashboard, and the current numbers by HTTP, server-sent events and Prometheus.',
  settings: liveSettings,
  checks: [
    connectionOf,
    ({ LIVE_HOST: host, LIVE_TOKEN: token }: SettingsOf<typeof liveSettings>) =>
      assertGuarded({ host, token, hostVariable: 'LIVE_HOST', tokenVariable: 'LIVE_TOKEN' }),
  ],
  examples: [
    'KAFKA_BROKERS=127.0.0.1:9092 npm run start:live',
    'curl http://127.0.0.1:8081/v1/counters/summary',
    "curl 'http://127.0.0.1:8081/v1/counters/customers_lost?from=2026-05-01T00:00:00Z&by=bucket'",
    'curl -N http://127.0.0.1:8081/v1/stream',
  ],
};

await runService(description, async ({ settings, log, shutdown, registry, fail }) => {
  const { LIVE_HOST: host, LIVE_PORT: port, REPORTING_TIMEZONE: zone } = settings;
  const client = openKafka(settings, log);
  const store = new CounterStore();
  let isReady = false;
  let waiting = 'Kafka has not answered yet.';
  registerBusinessMetrics(registry, store, zone, Date.now);
  const definitions = definitionsWith(defaultMetricSettings);
  const series = Object.assign({}, ingestCounters, ...definitions.map(({ counters }) => counters));
  const history = historyOf(settings);
  shutdown.add('history', history.close);
  shutdown.add('reconciliation', watchReconciliation({ history, registry, log }).stop);
  const explain = explainReaderOf(settings);
  shutdown.add('explain', async () => explain?.close());
  let watch: PipelineWatch | undefined;
  let serving: ServingFollowed | undefined;
  const app = liveApi({
    store,
    series,
    definitions() {
      const { generation } = serving ?? servingAtFirst;
      return countedDefinitions(definitions, generation, serving?.versions(generation));
    },
    zone,
    now: Date.now,
    isReady: () => isReady,
    waitingFor: () => waiting,
    registry,
    history,
    explain: {
      reader: explain?.reader,
      events: (asked) => acceptedEvents(client, asked),
      generation: () => (serving ?? servingAtFirst).generation,
      now: Date.now,
    },
    watch: () => watch,
    collector: settings.COLLECTOR_URL,
    token: settings.LIVE_TOKEN,
    alerts: { url: settings.ALERTS_URL, token: settings.ALERTS_TOKEN },
  });
  await app.listen({ host, port });
  shutdown.add('live API', () => app.close());

  const show = async (number: number, before?: Counted): Promise<Counted> => {
    const counted = await followCounters(client, number, fail);
    await counted.caughtUp;
    // At one instant, for every reader.
    before?.leave();
    counted.feed(store);
    await Promise.all([watch?.stop(), before?.stop()]);
    const groups = { processorGroup: settings.APPLICATION_ID, sinkGroup: settings.SINK_GROUP };
    watch = watchPipeline({ ...counted, ...groups, client, history, now: Date.now });
    log.info({ generation: number }, 'The figures of a generation are shown.');
    return counted;
  };
  let shown: Promise<Counted> | undefined;
  const turnTo = (number: number): void => {
    shown = shown?.then((before) => show(number, before));
    shown?.catch(fail);
  };
  const reached = <Result>(ask: () => Promise<Result>): Promise<Result> =>
    onceReachable(ask, log, shutdown.signal, (reason = 'The counters are still being read.') => {
      waiting = reason;
    });
  const followed = await reached(() => followServing(client, turnTo, fail));
  serving = followed;
  shutdown.add('serving', followed.stop);
  shown = reached(() => show(followed.generation));
  shutdown.add('following', async () => {
    if (isReady) await (await shown)?.stop();
  });
  shutdown.add('watch', async () => watch?.stop());
  await shown;
  isReady = true;
  log.info({ host, port }, 'Live API is ready.');
});

function historyOf(settings: SettingsOf<typeof liveSettings>): HistoryReader {
  const {
    LIVE_CLICKHOUSE_URL: url,
    LIVE_CLICKHOUSE_USER: user,
    LIVE_CLICKHOUSE_PASSWORD: password,
  } = settings;
  return url === undefined ? noHistory : openHistory({ url, user, password }, Date.now);
}

/** Reads facts as a user of its own, so that whoever reads the views cannot. */
function explainReaderOf(settings: SettingsOf<typeof liveSettings>) {
  const {
    LIVE_CLICKHOUSE_URL: CLICKHOUSE_URL,
    LIVE_EXPLAIN_USER: CLICKHOUSE_USER,
    LIVE_EXPLAIN_PASSWORD: CLICKHOUSE_PASSWORD,
  } = settings;
  if (CLICKHOUSE_URL === undefined || CLICKHOUSE_USER === undefined) return undefined;
  const client = connectClickHouse({ CLICKHOUSE_URL, CLICKHOUSE_USER, CLICKHOUSE_PASSWORD });
  return { reader: openReader(client, settings), close: () => client.close() };
}
