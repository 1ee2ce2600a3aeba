/**
 * The alerts service: looks at the live counters, decides what is out of the ordinary, and tells it once. It needs Kafka
 * alone; ClickHouse may be away.
 *
 * **Delivery guarantee**: what is decided is committed to Kafka exactly once, by one leading instance; then it is delivered
 * at least once, under a key that stays the same, so that a receiver that knows it can drop the repeat after a crash.
 *
 * **Back pressure**: of each receiver one message at a time is under way; the others wait in the state, in Kafka.
 */
import { isIP } from 'node:net';
import { partitionCounts } from '@tidemark/kafka/admin';
import { openKafka } from '@tidemark/kafka/client';
import { onceReachable } from '@tidemark/kafka/patience';
import { Failure } from '@tidemark/service/failures';
import { runService } from '@tidemark/service/service';
import { alertsApi } from './api.ts';
import { courier } from './deliver/courier.ts';
import { openFeed } from './feed.ts';
import { readRules, shippedRules } from './rules/read-file.ts';
import { runAlerts, type AlertsInstance } from './service.ts';
import { alertSettings, hourOfWeekIn } from './settings.ts';
import { AlertState } from './state.ts';
import { alertTelemetry } from './telemetry.ts';
import { watch } from './watch.ts';

const description = {
  name: 'alerts',
  summary: 'The alerts service: finds what is out of the ordinary in the live counters, and tells it once.',
  settings: alertSettings,
  examples: [
    'KAFKA_BROKERS=127.0.0.1:9092 npm run start:alerts',
    "curl 'http://127.0.0.1:8082/v1/alerts?status=firing'",
    'curl -X POST -H \'content-type: application/json\' -d \'{"rule":"churn-spike","for":"2h","by":"ada","reason":"price change"}\' http://127.0.0.1:8082/v1/silences',
  ],
};

await runService(description, async ({ settings, log, shutdown, registry, fail }) => {
  const { ALERTS_HOST: host, ALERTS_PORT: port, ALERTS_TOKEN: token } = settings;
  const isLoopback = host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
  if (!isLoopback && token === undefined)
    throw new Failure('settings.invalid', `ALERTS_HOST is ${host}, which others reach: set ALERTS_TOKEN`);
  const { rules, receivers } = readRules(settings.ALERTS_RULES ?? shippedRules, process.env);
  const hourOfWeek = hourOfWeekIn(settings.REPORTING_TIMEZONE);
  const telemetry = alertTelemetry(log, registry);
  const kafka = openKafka(settings, log);
  let instance: AlertsInstance | undefined;
  const before = new AlertState(rules);
  const app = alertsApi({
    get state() {
      return instance?.state ?? before;
    },
    rules,
    heldReasons: telemetry.heldReasons,
    write: async (command) => {
      if (instance === undefined) throw new Error('The alerts are still being read.');
      await instance.write(command);
    },
    now: Date.now,
    registry,
    waitingFor: () => (instance === undefined ? ['The counters and the alerts are still being read.'] : []),
    token,
  });
  await app.listen({ host, port });
  shutdown.add('alerts API', () => app.close());

  const topics = ['counters', 'alerts', 'alert-commands'];
  const counts = await onceReachable(() => partitionCounts(kafka, topics), log, shutdown.signal);
  const partitions = counts.get('counters');
  for (const topic of topics)
    if (!counts.has(topic)) throw new Failure('kafka.topics', `the topic ${topic} does not exist yet`);
  const feed = await openFeed(kafka, partitions!, fail);
  shutdown.add('feed', feed.stop);
  const messages = courier({
    rules,
    pageUrl: settings.ALERTS_PAGE_URL,
    runbookUrl: settings.ALERTS_RUNBOOK_URL,
    allowPrivate: settings.ALERTS_ALLOW_PRIVATE,
    now: Date.now,
  });
  shutdown.add('courier', messages.close);
  const context = {
    kafka,
    groupId: 'tidemark-alerts',
    rules,
    receivers,
    look: watch({ rules, ...feed, hourOfWeek }),
    lookEveryMs: settings.ALERTS_LOOK_EVERY,
    giveUpAfterMs: settings.ALERTS_GIVE_UP_AFTER,
    deliver: messages.deliver,
    telemetry,
    now: Date.now,
  };
  instance = await runAlerts(kafka, feed, context, log, fail);
  shutdown.add('alerts', instance.stop);
  log.info({ host, port, rules: rules.length, receivers: receivers.length }, 'Alerts are watched.');
});
