/** Views of recurring revenue: movements, bridges, revenue churn, cohorts, cancellations. Rule 10,
 * rule 11, rule 12, rule 13, rule 26. */
import { type Row, type Settings, grouped, ratio, count } from '../oracle/base.oracle.ts';
import {
  type Period,
  type Unit,
  dateOf,
  iso,
  monthsAfter,
  monthsBetween,
  period,
  periodOf,
  periods,
} from '../oracle/calendar.oracle.ts';
import { decimal, rate, share, sum } from '../oracle/money.oracle.ts';
import { type Customer, standingBefore } from './subscription.oracle.ts';
import type { Movement, Standing } from './standing.oracle.ts';

/** A movement with whose it is and when. */
export type Moved = { readonly customer: Customer; readonly standing: Standing; readonly movement: Movement };

/** All movements in the order of time. */
export const allMovements = (customers: readonly Customer[]): Moved[] =>
  customers
    .flatMap((customer) =>
      customer.standings.flatMap((standing) =>
        standing.movements.map((movement) => ({ customer, standing, movement })),
      ),
    )
    .sort((a, b) => a.standing.at - b.standing.at);

/** MRR of a customer in a currency just before an instant, in micros. */
export const mrrBefore = (customer: Customer, currency: string, at: number): bigint =>
  standingBefore(customer, at)?.mrr.get(currency) ?? 0n;

/** The instant up to which a period is known: its end, or now. */
const known = (it: Period, now: number): number => Math.min(it.end, now);

/** Every movement, one row each. */
export const movementsView = (customers: readonly Customer[]): Row[] =>
  allMovements(customers).map(({ customer, standing, movement }) => ({
    occurred_at: iso(standing.at),
    customer_id: customer.id,
    currency: movement.currency,
    movement: movement.movement,
    amount: decimal(movement.amount),
    plan_id: movement.plan,
    owner: movement.owner,
    segment: movement.segment,
    country: movement.country,
    reason: movement.reason,
    event_id: movement.eventId,
  }));

const kinds = ['new', 'expansion', 'contraction', 'churn', 'reactivation'] as const;

/** The MRR bridge per currency and period. */
export function mrrView(customers: readonly Customer[], unit: Unit, { now, zone }: Settings): Row[] {
  const byCurrency = grouped(allMovements(customers), ({ movement }) => movement.currency);
  return [...byCurrency].flatMap(([currency, moved]) =>
    periods(moved[0]?.standing.at ?? now, now, unit, zone).map((it) => {
      const within = moved.filter(({ standing }) => standing.at >= it.start && standing.at < it.end);
      const amounts = kinds.map((kind) => [
        kind,
        decimal(
          sum(
            within.filter(({ movement }) => movement.movement === kind),
            ({ movement }) => movement.amount,
          ),
        ),
      ]);
      const closing = customers.map((customer) => standingBefore(customer, known(it, now)));
      const mrr = sum(closing, (one) => one?.mrr.get(currency) ?? 0n);
      const paying = count(closing, (one) => one?.active.has(currency) ?? false);
      return {
        [unit === 'day' ? 'date' : 'month']: it.key,
        currency,
        ...Object.fromEntries(amounts),
        net: decimal(sum(within, ({ movement }) => movement.amount)),
        mrr: decimal(mrr),
        customers: paying,
        arpa: share(mrr, paying),
      };
    }),
  );
}

/** MRR kept of those who were active at the start of each month. */
export function revenueChurnView(customers: readonly Customer[], { now, zone }: Settings): Row[] {
  const byCurrency = grouped(allMovements(customers), ({ movement }) => movement.currency);
  return [...byCurrency].flatMap(([currency, moved]) =>
    periods(moved[0]?.standing.at ?? now, now, 'month', zone).map((it) => {
      const opening = customers
        .filter((customer) => standingBefore(customer, it.start)?.active.has(currency))
        .map((customer) => ({
          start: mrrBefore(customer, currency, it.start),
          end: mrrBefore(customer, currency, known(it, now)),
        }));
      const atStart = sum(opening, ({ start }) => start);
      const grr = rate(
        sum(opening, ({ start, end }) => (end < start ? end : start)),
        atStart,
      );
      const nrr = rate(
        sum(opening, ({ end }) => end),
        atStart,
      );
      return {
        month: it.key,
        currency,
        mrr_at_start: decimal(atStart),
        grr,
        nrr,
        gross_revenue_churn_rate: grr === null ? null : 1 - grr,
        net_revenue_churn_rate: nrr === null ? null : 1 - nrr,
      };
    }),
  );
}

/** Retention of the customers who came in one month, in every month since. A currency they ever moved in has all rows. */
export function cohortsView(customers: readonly Customer[], { now, zone }: Settings): Row[] {
  const came = customers.flatMap((customer) => {
    const first = customer.standings.find((standing) => standing.turned === 'new');
    return first ? [{ customer, first, cohort: periodOf(first.at, 'month', zone) }] : [];
  });
  const latest = periodOf(now, 'month', zone);
  return [...grouped(came, ({ cohort }) => cohort)].flatMap(([cohort, members]) => {
    const currencies = new Set(
      members.flatMap(({ customer }) => allMovements([customer]).map(({ movement }) => movement.currency)),
    );
    return Array.from({ length: monthsBetween(cohort, latest) + 1 }, (_, since) => since).flatMap((since) => {
      const month = monthsAfter(cohort, since);
      const at = known(period(month, 'month', zone), now);
      const active = count(members, ({ customer }) => (standingBefore(customer, at)?.active.size ?? 0) > 0);
      return [...currencies].map((currency) => {
        const mrr = sum(members, ({ customer }) => mrrBefore(customer, currency, at));
        const opening = sum(members, ({ first }) => first.mrr.get(currency) ?? 0n);
        return {
          cohort,
          months_since: since,
          currency,
          month,
          customers: members.length,
          active,
          logo_retention: ratio(active, members.length),
          mrr: decimal(mrr),
          revenue_retention: rate(mrr, opening),
        };
      });
    });
  });
}

/** Cancellations by the day on which they were scheduled or withdrawn. */
export function cancellationsView(customers: readonly Customer[], { zone }: Settings): Row[] {
  const sayings = customers.flatMap((customer) => customer.sayings);
  const days = grouped(sayings, ({ at, currency, reason }) =>
    JSON.stringify([dateOf(at, zone), currency, reason]),
  );
  return [...days.values()].flatMap((some) => {
    const [first] = some;
    if (!first) return [];
    const scheduled = some.filter(({ what }) => what === 'scheduled');
    const back = some.filter(({ what }) => what === 'taken_back');
    return {
      date: dateOf(first.at, zone),
      currency: first.currency,
      reason: first.reason,
      scheduled: scheduled.length,
      scheduled_mrr: decimal(sum(scheduled, ({ mrr }) => mrr)),
      taken_back: back.length,
      taken_back_mrr: decimal(sum(back, ({ mrr }) => mrr)),
    };
  });
}
