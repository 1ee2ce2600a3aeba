import type { Notice, Severity } from '../life/episode.ts';
import type { Receiver } from '../rules/rule.ts';
import type { Instant } from '../series/series-book.ts';
import type { Outcome } from './outcome.ts';

/** A message on its way to one receiver. */
export type Delivery = {
  /** Idempotency key: the same however often it is tried. */
  readonly id: string;
  readonly receiver: string;
  readonly notice: Notice;
  readonly status: 'waiting' | 'dead';
  readonly since: Instant;
  readonly attempts: number;
  readonly nextAt: Instant;
  readonly lastReason: string | null;
};

const backOffMs = { first: 2_000, most: 15 * 60_000 };

/** The deliveries of a notice: one for each receiver that wants to know of anything as grave. */
export function deliveriesOf(notice: Notice, receivers: readonly Receiver[], now: Instant): Delivery[] {
  const severity: Severity = notice.episodes.some((one) => one.severity === 'page') ? 'page' : 'ticket';
  return receivers
    .filter(({ severities }) => severities.includes(severity))
    .map(({ name }) => ({
      id: `${notice.id}/${name}`,
      receiver: name,
      notice,
      status: 'waiting',
      since: now,
      attempts: 0,
      nextAt: now,
      lastReason: null,
    }));
}

/**
 * What is to be tried now: of each receiver the oldest that waits, so that nobody hears of the end before the beginning.
 */
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
  return a.since !== b.since ? a.since < b.since : a.notice.incident.told < b.notice.incident.told;
}

/**
 * A delivery after an attempt: `undefined` when it is done, else as it waits for the next, or set aside.
 *
 * @param chance In [0, 1): spreads the attempts of many who failed at the same moment.
 * @param giveUpAfterMs How long it is tried.
 */
export function afterAttempt(
  delivery: Delivery,
  outcome: Outcome,
  now: Instant,
  chance: number,
  giveUpAfterMs: number,
): Delivery | undefined {
  if (outcome.status === 'delivered') return undefined;
  const attempts = delivery.attempts + 1;
  const tried = { ...delivery, attempts, lastReason: outcome.reason };
  if (outcome.status === 'refused') return { ...tried, status: 'dead' };
  const steps = Math.min(attempts - 1, 20);
  const backOff = Math.min(backOffMs.first * 2 ** steps, backOffMs.most);
  // Half fixed, half by chance.
  const waitMs = Math.max(outcome.afterMs ?? 0, Math.round(backOff * (0.5 + chance / 2)));
  const nextAt = now + waitMs;
  return nextAt - delivery.since > giveUpAfterMs ? { ...tried, status: 'dead' } : { ...tried, nextAt };
}

/** A delivery that was set aside, to be tried again as if it were new. */
export function revived(delivery: Delivery, now: Instant): Delivery {
  return { ...delivery, status: 'waiting', since: now, nextAt: now, attempts: 0 };
}
