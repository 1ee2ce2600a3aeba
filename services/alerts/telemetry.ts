import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Log } from '@tidemark/service/log';
import type { Delivery } from './deliver/outbox.ts';
import type { Outcome } from './deliver/outcome.ts';
import type { Notice } from './life/episode.ts';
import type { AlertState } from './state.ts';
import type { Held } from './watch.ts';

/** One fact each: it drives the log line and the figures. */
export type AlertTelemetry = ReturnType<typeof alertTelemetry>;

/** Log lines and figures of the alerts service. */
export function alertTelemetry(log: Log, registry: Registry) {
  const registers = [registry];
  const leading = new Gauge({
    name: 'tidemark_alerts_leading',
    help: '1 on the instance that decides and tells.',
    registers,
  });
  const firing = new Gauge({
    name: 'tidemark_alerts_firing',
    help: 'Alerts that fire now, as the leading instance has them.',
    labelNames: ['rule', 'severity'],
    registers,
  });
  const heldRules = new Gauge({
    name: 'tidemark_alerts_rules_suppressed',
    help: 'Rules that neither begin nor end anything now: too little history, or data that are behind.',
    registers,
  });
  const looks = new Histogram({
    name: 'tidemark_alerts_evaluation_seconds',
    help: 'Time of one look with all rules.',
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
    registers,
  });
  const notices = new Counter({
    name: 'tidemark_alerts_notifications_total',
    help: 'Messages decided on, by what they say.',
    labelNames: ['kind'],
    registers,
  });
  const attempts = new Counter({
    name: 'tidemark_alerts_delivery_attempts_total',
    help: 'Attempts to deliver, by receiver and outcome.',
    labelNames: ['receiver', 'outcome'],
    registers,
  });
  const waiting = new Gauge({
    name: 'tidemark_alerts_deliveries_waiting',
    help: 'Messages that are not delivered yet.',
    registers,
  });
  const dead = new Gauge({
    name: 'tidemark_alerts_dead_letters',
    help: 'Messages that could not be delivered and were set aside.',
    registers,
  });
  let heldNow = new Map<string, string>();
  return {
    /** Why rules are held now, by rule. */
    heldReasons: (): ReadonlyMap<string, string> => heldNow,
    leading(is: boolean): void {
      leading.set(is ? 1 : 0);
      if (!is) firing.reset();
      log.info({ leading: is }, 'Leadership of the alerts.');
    },
    held(held: readonly Held[]): void {
      heldRules.set(held.length);
      heldNow = new Map(held.map(({ rule, reason }) => [rule, reason]));
    },
    looked: (tookMs: number): void => looks.observe(tookMs / 1_000),
    noticed({ kind, incident, episodes }: Notice): void {
      notices.inc({ kind });
      log.warn({ incident: incident.id, kind, alerts: episodes.map(({ id }) => id) }, 'An alert is told.');
    },
    attempted(delivery: Delivery, outcome: Outcome, after: Delivery | undefined): void {
      const { receiver, id } = delivery;
      attempts.inc({ receiver, outcome: outcome.status });
      if (outcome.status === 'delivered') log.info({ receiver, delivery: id }, 'A message was delivered.');
      else if (after?.status === 'dead')
        log.error({ receiver, delivery: id, reason: outcome.reason }, 'A message is set aside.');
      else log.warn({ receiver, delivery: id, reason: outcome.reason }, 'A message is tried again.');
    },
    state({ alerts, deliveries }: AlertState): void {
      firing.reset();
      for (const { status, rule, severity } of alerts.episodes)
        if (status === 'firing') firing.inc({ rule, severity });
      const all = [...deliveries.values()];
      const deadOnes = all.filter(({ status }) => status === 'dead').length;
      dead.set(deadOnes);
      waiting.set(all.length - deadOnes);
    },
  };
}
