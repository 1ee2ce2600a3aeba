/** Reporting-currency variants of the views of recurring revenue in the reporting currency: docs/decisions/currencies.md. */
import { type Row, type Settings, count, grouped, ratio } from '../oracle/base.oracle.ts';
import type { Given } from '../oracle/expected.oracle.ts';
import {
  type Period,
  dateOf,
  iso,
  monthsAfter,
  monthsBetween,
  period,
  periodOf,
  periods,
} from '../oracle/calendar.oracle.ts';
import { decimal, share } from '../oracle/money.oracle.ts';
import { type Exchange, exchange, type Known, minus, plus, sumKnown } from '../currencies/rates.oracle.ts';
import { type Moved, allMovements, mrrBefore } from './recurring-revenue.oracle.ts';
import { type Customer, customers, standingBefore } from './subscription.oracle.ts';

/** Money as text, null when unknown. */
export const amountText = (amount: Known): string | null => (amount === null ? null : decimal(amount));
/** An unknown amount's quotient is unknown too. */
export const shareOf = (amount: Known, divisor: number): string | null =>
  amount === null ? null : share(amount, divisor);
/** A rate of two amounts; null when either is unknown or the divisor is 0. */
export const rateOf = (amount: Known, divisor: Known): number | null =>
  amount === null || divisor === null ? null : ratio(Number(amount), Number(divisor));

const kinds = ['new', 'expansion', 'contraction', 'churn', 'reactivation'] as const;
type Kind = (typeof kinds)[number];

/** A period of the bridge: what moved in it, and what stands at its end. */
export type Span = {
  readonly key: string;
  readonly moved: Readonly<Record<Kind, Known>>;
  readonly mrr: Known;
};

/** What is needed for recurring revenue over all currencies. */
export type Ledger = {
  readonly customers: readonly Customer[];
  readonly exchange: Exchange;
  readonly settings: Settings;
  /** The days from the first movement to the one under way. */
  readonly days: readonly Span[];
};

/** The last day of a period, or today while it is under way. */
export function lastDay(it: Period, { now, zone }: Settings): string {
  return dateOf(Math.min(it.end - 1, now), zone);
}

/** Converts every day's movements, by currency and kind, and the balances at its end. */
export function ledgerOf(customers: readonly Customer[], exchange: Exchange, settings: Settings): Ledger {
  const { now, zone } = settings;
  const all = allMovements(customers);
  const first = all[0]?.standing.at;
  if (first === undefined) return { customers, exchange, settings, days: [] };
  const byDay = grouped(all, ({ standing }) => dateOf(standing.at, zone));
  const balances = new Map<string, bigint>();
  const days = periods(first, now, 'day', zone).map(({ key }) => {
    const byCurrency = grouped(byDay.get(key) ?? [], ({ movement }) => movement.currency);
    const of = (kind: Kind): Known =>
      sumKnown(byCurrency, ([currency, some]) => {
        const amount = amountOf(some.filter(({ movement }) => movement.movement === kind));
        return exchange.convert(amount, currency, key, 'mrr');
      });
    for (const [currency, some] of byCurrency)
      balances.set(currency, (balances.get(currency) ?? 0n) + amountOf(some));
    const moved = Object.fromEntries(kinds.map((kind) => [kind, of(kind)])) as Record<Kind, Known>;
    const mrr = sumKnown(balances, ([currency, amount]) => exchange.convert(amount, currency, key, 'mrr'));
    return { key, moved, mrr };
  });
  return { customers, exchange, settings, days };
}

const amountOf = (some: readonly Moved[]): bigint =>
  some.reduce((all, { movement }) => all + movement.amount, 0n);

/** The months of a ledger: movements as converted day by day, the balance of the last day. */
export function monthsOf({ days }: Ledger): Span[] {
  return [...grouped(days, ({ key }) => `${key.slice(0, 7)}-01`)].map(([key, some]) => ({
    key,
    moved: Object.fromEntries(
      kinds.map((kind) => [kind, sumKnown(some, ({ moved }) => moved[kind])]),
    ) as Record<Kind, Known>,
    mrr: some.at(-1)?.mrr ?? null,
  }));
}

/** The bridge, `customers` being those of `churn_daily` or `churn_monthly`. */
export function bridgeView(spans: readonly Span[], churned: readonly Row[], { reportingCurrency }: Settings) {
  return (column: 'date' | 'month'): Row[] => {
    const active = new Map(churned.map((row) => [row[column], Number(row['customers_at_end'])]));
    return spans.map(({ key, moved, mrr }, i) => {
      const net = sumKnown(kinds, (kind) => moved[kind]);
      const opening = i === 0 ? 0n : (spans[i - 1]?.mrr ?? null);
      const customers = active.get(key) ?? 0;
      return {
        [column]: key,
        currency: reportingCurrency,
        ...Object.fromEntries(kinds.map((kind) => [kind, amountText(moved[kind])])),
        net: amountText(net),
        fx: amountText(minus(minus(mrr, opening), net)),
        mrr: amountText(mrr),
        customers,
        arpa: shareOf(mrr, customers),
      };
    });
  };
}

/** Every movement at the rate of its day. */
export function movementsReportingView(
  { customers, exchange, settings }: Ledger,
  rows: readonly Row[],
): Row[] {
  const { zone, reportingCurrency } = settings;
  const amounts = new Map(
    allMovements(customers).map(({ customer, standing, movement: { currency, amount } }) => [
      JSON.stringify([iso(standing.at), customer.id, currency]),
      exchange.convert(amount, currency, dateOf(standing.at, zone), 'mrr'),
    ]),
  );
  return rows.map((row) => ({
    ...row,
    currency: reportingCurrency,
    amount: amountText(
      amounts.get(JSON.stringify([row['occurred_at'], row['customer_id'], row['currency']])) ?? null,
    ),
    original_currency: row['currency'] ?? null,
    original_amount: row['amount'] ?? null,
  }));
}

/** Cancellations of all currencies by the day on which they were scheduled or withdrawn. */
export function cancellationsReportingView({ customers, exchange, settings }: Ledger): Row[] {
  const sayings = customers.flatMap((customer) => customer.sayings);
  const days = grouped(sayings, ({ at, reason }) => JSON.stringify([dateOf(at, settings.zone), reason]));
  return [...days].map(([group, some]) => {
    const [date = '', reason = ''] = JSON.parse(group) as string[];
    const worth = (what: 'scheduled' | 'taken_back'): Known =>
      sumKnown(
        grouped(
          some.filter((one) => one.what === what),
          ({ currency }) => currency,
        ),
        ([currency, some]) =>
          exchange.convert(
            some.reduce((all, { mrr }) => all + mrr, 0n),
            currency,
            date,
            'cancellations',
          ),
      );
    return {
      date,
      currency: settings.reportingCurrency,
      reason,
      scheduled: count(some, ({ what }) => what === 'scheduled'),
      scheduled_mrr: amountText(worth('scheduled')),
      taken_back: count(some, ({ what }) => what === 'taken_back'),
      taken_back_mrr: amountText(worth('taken_back')),
    };
  });
}

/** MRR kept of those who were active when the month began, start and end at the rates of the start. */
export function revenueChurnReportingView(ledger: Ledger): Row[] {
  const { customers, exchange, settings } = ledger;
  const { now, zone, reportingCurrency } = settings;
  const months = monthsOf(ledger);
  return months.map(({ key }, i) => {
    const it = period(key, 'month', zone);
    const eve = dateOf(it.start - 1, zone);
    const worth = (customer: Customer, at: number): Known =>
      sumKnown(standingBefore(customer, at)?.mrr ?? [], ([currency, amount]) =>
        exchange.exactly(amount, currency, eve, 'mrr'),
      );
    const pairs = customers
      .filter((customer) => (standingBefore(customer, it.start)?.active.size ?? 0) > 0)
      .map((customer) => ({
        start: worth(customer, it.start),
        end: worth(customer, Math.min(it.end, now)),
      }));
    const atStart = sumKnown(pairs, ({ start }) => start);
    const grr = rateOf(
      sumKnown(pairs, ({ start, end }) =>
        start === null || end === null ? null : end < start ? end : start,
      ),
      atStart,
    );
    const nrr = rateOf(
      sumKnown(pairs, ({ end }) => end),
      atStart,
    );
    return {
      month: key,
      currency: reportingCurrency,
      mrr_at_start: amountText(i === 0 ? 0n : (months[i - 1]?.mrr ?? null)),
      grr,
      nrr,
      gross_revenue_churn_rate: grr === null ? null : 1 - grr,
      net_revenue_churn_rate: nrr === null ? null : 1 - nrr,
    };
  });
}

/** Retention of those who came in one month; money as it stands, rates and all. */
export function cohortsReportingView(ledger: Ledger): Row[] {
  const { customers, exchange, settings } = ledger;
  const { now, zone, reportingCurrency } = settings;
  const came = customers.flatMap((customer) => {
    const first = customer.standings.find((standing) => standing.turned === 'new');
    return first ? [{ customer, cohort: periodOf(first.at, 'month', zone) }] : [];
  });
  const won = new Map(monthsOf(ledger).map(({ key, moved }) => [key, moved.new]));
  const latest = periodOf(now, 'month', zone);
  return [...grouped(came, ({ cohort }) => cohort)].flatMap(([cohort, members]) =>
    Array.from({ length: monthsBetween(cohort, latest) + 1 }, (_, since) => {
      const month = monthsAfter(cohort, since);
      const it = period(month, 'month', zone);
      const at = Math.min(it.end, now);
      const active = count(members, ({ customer }) => (standingBefore(customer, at)?.active.size ?? 0) > 0);
      const currencies = new Set(
        members.flatMap(({ customer }) => [...(standingBefore(customer, at)?.mrr.keys() ?? [])]),
      );
      const mrr = sumKnown(currencies, (currency) =>
        exchange.convert(
          members.reduce((all, { customer }) => all + mrrBefore(customer, currency, at), 0n),
          currency,
          lastDay(it, settings),
          'mrr',
        ),
      );
      return {
        cohort,
        months_since: since,
        month,
        customers: members.length,
        active,
        logo_retention: ratio(active, members.length),
        currency: reportingCurrency,
        mrr: amountText(mrr),
        revenue_retention: rateOf(mrr, won.get(cohort) ?? null),
      };
    }),
  );
}

/** What the MRR of each day is worth at the rate of that day, in `rateUnit`ths of micros × ms: per customer, and per day. */
export type Accrued = {
  readonly perCustomer: ReadonlyMap<string, Known>;
  readonly perDay: ReadonlyMap<string, Known>;
};

/** Sums the MRR of all customers over the time up to now. */
export function accruals({ customers, exchange, settings, days }: Ledger): Accrued {
  const { now, zone } = settings;
  const spans = days.map(({ key }) => period(key, 'day', zone));
  const perDay = new Map<string, Known>();
  const perCustomer = new Map<string, Known>();
  for (const { id, standings } of customers) {
    let worth: Known = 0n;
    let first = 0;
    for (const [i, { at, mrr }] of standings.entries()) {
      const until = Math.min(standings[i + 1]?.at ?? now, now);
      while (first < spans.length && (spans[first]?.end ?? 0) <= at) first++;
      for (let n = first; mrr.size > 0 && n < spans.length; n++) {
        const { key, start, end } = spans[n]!;
        if (start >= until) break;
        const lasted = BigInt(Math.min(end, until) - Math.max(start, at));
        for (const [currency, amount] of mrr) {
          const more = exchange.exactly(amount * lasted, currency, key, 'mrr');
          worth = plus(worth, more);
          const soFar = perDay.get(key);
          perDay.set(key, soFar === undefined ? more : plus(soFar, more));
        }
      }
    }
    perCustomer.set(id, worth);
  }
  return { perDay, perCustomer };
}

/** All movements and balances, converted. */
export const ledger = (given: Given): Ledger =>
  ledgerOf(given.once(customers), given.once(exchange), given.settings);
