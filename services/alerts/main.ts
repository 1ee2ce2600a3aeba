/**
 * The alerts service: evaluates rules on the live counters and notifies receivers of what is out of the ordinary. It needs
 * Kafka only; ClickHouse may be down.
 *
 * **Delivery guarantee**: one leading instance commits its decisions to Kafka exactly once. Notifications are then delivered
 * at least once, under an id that stays the same, so that a receiver can drop the repetition after a crash.
 *
 * **Back pressure**: each receiver gets one notification at a time; the others wait in the state, in Kafka.
 */
import { partitionCounts } from '@tidemark/kafka/admin';
import { openKafka } from '@tidemark/kafka/client';
import { connectionOf } from '@tidemark/kafka/settings';
import type { SettingsOf } from '@tidemark/service/settings';
import { onceReachable } from '@tidemark/kafka/retry';
import { Failure } from '@tidemark/service/failures';
import { assertGuarded } from '@tidemark/service/guard';
import { runService } from '@tidemark/service/service';
import { generationOf } from '@tidemark/topics/generation';
import { followServing } from '@tidemark/topics/serving';
import { alertsApi } from './api.ts';
import { notifier } from './deliver/notifier.ts';
import { type Evaluation, openEvaluation } from './evaluation.ts';
import { readRules, shippedRules } from './rules/read-file.ts';
import { runAlerts, type AlertsInstance } from './service.ts';
import { alertSettings, calendarIn } from './settings.ts';
import { AlertState } from './state.ts';
import { alertTelemetry } from './telemetry.ts';

type AlertSettings = SettingsOf<typeof alertSettings>;

const description = {
  name: 'alerts',
  summary: 'The alerts service: evaluates rules on the live counters and notifies receivers.',
  settings: alertSettings,
  checks: [
    connectionOf,
    ({ ALERTS_HOST: host, ALERTS_TOKEN: token }: AlertSettings) =>
      assertGuarded({ host, token, hostVariable: 'ALERTS_HOST', tokenVariable: 'ALERTS_TOKEN' }),
    ({ ALERTS_RULES: path }: AlertSettings) => readRules(path ?? shippedRules, process.env),
    ({ REPORTING_TIMEZONE: zone }: AlertSettings) => calendarIn(zone),
  ],
  examples: [
    'KAFKA_BROKERS=127.0.0.1:9092 npm run start:alerts',
    "curl 'http://127.0.0.1:8082/v1/alerts?status=firing'",
    'curl -X POST -H \'content-type: application/json\' -d \'{"rule":"churn-spike","for":"2h","by":"ada","reason":"price change"}\' http://127.0.0.1:8082/v1/silences',
  ],
};

await runService(description, async ({ settings, log, shutdown, registry, fail }) => {
  const { ALERTS_HOST: host, ALERTS_PORT: port, ALERTS_TOKEN: token } = settings;
  const { rules, receivers } = readRules(settings.ALERTS_RULES ?? shippedRules, process.env);
  const calendar = calendarIn(settings.REPORTING_TIMEZONE);
  const telemetry = alertTelemetry(log, registry);
  const kafka = openKafka(settings, log);
  let instance: AlertsInstance | undefined;
  let away: string | undefined = 'Kafka has not answered yet.';
  const empty = new AlertState(rules);
  const app = alertsApi({
    get state() {
      return instance?.state ?? empty;
    },
    rules,
    suppressedReasons: telemetry.suppressedReasons,
    write: async (command) => {
      if (instance === undefined) throw new Error('The state of the alerts is still being read.');
      await instance.write(command);
    },
    now: Date.now,
    registry,
    waitingFor: () =>
      instance === undefined
        ? [away ?? 'The counters and the state of the alerts are still being read.']
        : [],
    token,
  });
  await app.listen({ host, port });
  shutdown.add('alerts API', () => app.close());

  const names = generationOf(1, settings.KAFKA_PREFIX);
  const topics = [names.shared.alerts, names.shared.alertCommands];
  const reached = <Result>(ask: () => Promise<Result>): Promise<Result> =>
    onceReachable(ask, log, shutdown.signal, (reason) => {
      away = reason;
    });
  const counts = await reached(() => partitionCounts(kafka, topics));
  for (const topic of topics)
    if (!counts.has(topic)) throw new Failure('kafka.topics', `the topic ${topic} does not exist yet`);
  let evaluation: Evaluation | undefined;
  const turnTo = (generation: number): void => evaluation?.turnTo(generation);
  const serving = await reached(() => followServing(kafka, turnTo, fail));
  shutdown.add('serving', serving.stop);
  const first = serving.generation;
  evaluation = await reached(() => openEvaluation(kafka, first, { rules, calendar }, fail));
  if (serving.generation !== first) evaluation.turnTo(serving.generation);
  shutdown.add('evaluation', evaluation.stop);
  const notifications = notifier({
    rules,
    dashboardUrl: settings.ALERTS_DASHBOARD_URL,
    runbookUrl: settings.ALERTS_RUNBOOK_URL,
    allowPrivate: settings.ALERTS_ALLOW_PRIVATE,
    now: Date.now,
  });
  shutdown.add('notifier', notifications.close);
  const context = {
    kafka,
    names,
    rules,
    receivers,
    evaluate: evaluation.evaluate,
    evaluationIntervalMs: settings.ALERTS_EVALUATION_INTERVAL,
    deliveryTimeoutMs: settings.ALERTS_DELIVERY_TIMEOUT,
    deliver: notifications.deliver,
    telemetry,
    now: Date.now,
  };
  instance = await reached(() => runAlerts(kafka, context, log, fail));
  shutdown.add('alerts', instance.stop);
  log.info(
    { host, port, rules: rules.length, receivers: receivers.length },
    'The alerts service is running.',
  );
});
