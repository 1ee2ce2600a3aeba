import type { Log } from '@tidemark/service/log';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Delivery } from './deliver/outbox.ts';
import type { Outcome } from './deliver/outcome.ts';
import type { Suppressed } from './evaluator.ts';
import type { Notification } from './lifecycle/alert.ts';
import type { AlertState } from './state.ts';

/** One method for each kind of event in the service: it writes the log line and updates the metrics. */
export type AlertTelemetry = ReturnType<typeof alertTelemetry>;

/** The log lines and Prometheus metrics of the alerts service. */
export function alertTelemetry(log: Log, registry: Registry) {
  const metrics = registerMetrics(registry);
  let suppressedNow = new Map<string, string>();
  return {
    /** Why rules are suppressed now, by rule. */
    suppressedReasons: (): ReadonlyMap<string, string> => suppressedNow,
    leading(is: boolean): void {
      metrics.leading.set(is ? 1 : 0);
      if (!is) metrics.firing.reset();
      log.info({ leading: is }, is ? 'This instance leads.' : 'This instance does not lead any more.');
    },
    evaluated(suppressed: readonly Suppressed[], tookMs: number): void {
      metrics.evaluationSeconds.observe(tookMs / 1_000);
      metrics.suppressedRules.set(suppressed.length);
      suppressedNow = new Map(suppressed.map(({ rule, reason }) => [rule, reason]));
    },
    notified({ kind, incident, alerts }: Notification): void {
      metrics.notifications.inc({ kind });
      log.warn(
        { incident: incident.id, kind, alerts: alerts.map(({ id }) => id) },
        'A notification is queued.',
      );
    },
    attempted(delivery: Delivery, outcome: Outcome, after: Delivery | undefined): void {
      const { receiver, id } = delivery;
      metrics.attempts.inc({ receiver, outcome: outcome.status });
      if (outcome.status === 'delivered')
        log.info({ receiver, delivery: id }, 'A notification was delivered.');
      else if (after?.status === 'dead')
        log.error({ receiver, delivery: id, reason: outcome.reason }, 'A notification became a dead letter.');
      else log.warn({ receiver, delivery: id, reason: outcome.reason }, 'A delivery failed and is retried.');
    },
    state({ store, deliveries }: AlertState): void {
      metrics.firing.reset();
      for (const { status, rule, severity } of store.alerts)
        if (status === 'firing') metrics.firing.inc({ rule, severity });
      const all = [...deliveries.values()];
      const dead = all.filter(({ status }) => status === 'dead').length;
      metrics.deadLetters.set(dead);
      metrics.waiting.set(all.length - dead);
    },
  };
}

function registerMetrics(registry: Registry) {
  const registers = [registry];
  return {
    leading: new Gauge({
      name: 'tidemark_alerts_leading',
      help: '1 on the instance that evaluates the rules and sends notifications.',
      registers,
    }),
    firing: new Gauge({
      name: 'tidemark_alerts_firing',
      help: 'Alerts that fire now, as the leading instance knows them.',
      labelNames: ['rule', 'severity'],
      registers,
    }),
    suppressedRules: new Gauge({
      name: 'tidemark_alerts_rules_suppressed',
      help: 'Rules that start and resolve nothing now, because history is too short or data are behind.',
      registers,
    }),
    evaluationSeconds: new Histogram({
      name: 'tidemark_alerts_evaluation_seconds',
      help: 'Duration of one evaluation of all rules.',
      buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
      registers,
    }),
    notifications: new Counter({
      name: 'tidemark_alerts_notifications_total',
      help: 'Notifications, by kind: firing, escalated, repeated, resolved.',
      labelNames: ['kind'],
      registers,
    }),
    attempts: new Counter({
      name: 'tidemark_alerts_delivery_attempts_total',
      help: 'Attempts to deliver a notification, by receiver and outcome.',
      labelNames: ['receiver', 'outcome'],
      registers,
    }),
    waiting: new Gauge({
      name: 'tidemark_alerts_deliveries_waiting',
      help: 'Notifications that are not delivered yet, one for each receiver.',
      registers,
    }),
    deadLetters: new Gauge({
      name: 'tidemark_alerts_dead_letters',
      help: 'Notifications that could not be delivered and are not tried again.',
      registers,
    }),
  };
}
