import type { Notification } from '../lifecycle/alert.ts';
import { highestSeverity } from '../lifecycle/notification-policy.ts';
import type { Receiver } from '../receivers/receiver.ts';
import type { Instant } from '../series/series-store.ts';
import type { Outcome } from './outcome.ts';

/** A notification that waits to be delivered to one receiver. */
export type Delivery = {
  /** Idempotency key: the same at every attempt. */
  readonly id: string;
  readonly receiver: string;
  readonly notification: Notification;
  /** `dead`: a dead letter, which is not tried again unless a command asks for it. */
  readonly status: 'waiting' | 'dead';
  readonly queuedAt: Instant;
  readonly attempts: number;
  readonly nextAt: Instant;
  readonly lastReason: string | null;
};

const backOffMs = { first: 2_000, max: 15 * 60_000 };

/** The deliveries of a notification: one for each receiver that takes alerts of its severity. */
export function deliveriesOf(
  notification: Notification,
  receivers: readonly Pick<Receiver, 'name' | 'severities'>[],
  now: Instant,
): Delivery[] {
  const severity = highestSeverity(notification.alerts);
  return receivers
    .filter(({ severities }) => severities.includes(severity))
    .map(({ name }) => ({
      id: `${notification.id}/${name}`,
      receiver: name,
      notification,
      status: 'waiting',
      queuedAt: now,
      attempts: 0,
      nextAt: now,
      lastReason: null,
    }));
}

/** The deliveries to try now: for each receiver the oldest that waits, so that it learns of the start before the end. */
export function due(deliveries: Iterable<Delivery>, now: Instant): Delivery[] {
  const first = new Map<string, Delivery>();
  for (const delivery of deliveries) {
    if (delivery.status === 'dead') continue;
    const other = first.get(delivery.receiver);
    if (other === undefined || isBefore(delivery, other)) first.set(delivery.receiver, delivery);
  }
  return [...first.values()].filter(({ nextAt }) => nextAt <= now);
}

function isBefore(a: Delivery, b: Delivery): boolean {
  if (a.queuedAt !== b.queuedAt) return a.queuedAt < b.queuedAt;
  return a.notification.incident.notificationCount < b.notification.incident.notificationCount;
}

/**
 * A delivery after an attempt.
 *
 * @param chance In [0, 1): spreads the attempts of deliveries that failed at the same moment.
 * @param deliveryTimeoutMs How long a delivery is tried.
 * @returns `undefined` when it is delivered, otherwise the delivery as it waits for the next attempt or as a dead letter.
 */
export function afterAttempt(
  delivery: Delivery,
  outcome: Outcome,
  now: Instant,
  chance: number,
  deliveryTimeoutMs: number,
): Delivery | undefined {
  if (outcome.status === 'delivered') return undefined;
  const attempts = delivery.attempts + 1;
  const tried = { ...delivery, attempts, lastReason: outcome.reason };
  if (outcome.status === 'refused') return { ...tried, status: 'dead' };
  const steps = Math.min(attempts - 1, 20);
  const backOff = Math.min(backOffMs.first * 2 ** steps, backOffMs.max);
  // Half of the wait is fixed, half is random.
  const waitMs = Math.max(outcome.afterMs ?? 0, Math.round(backOff * (0.5 + chance / 2)));
  const nextAt = now + waitMs;
  return nextAt - delivery.queuedAt > deliveryTimeoutMs ? { ...tried, status: 'dead' } : { ...tried, nextAt };
}

/** A dead letter as a new delivery, to be tried from now on. */
export function requeued(delivery: Delivery, now: Instant): Delivery {
  return { ...delivery, status: 'waiting', queuedAt: now, nextAt: now, attempts: 0 };
}
