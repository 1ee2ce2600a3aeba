/** What customers cost to win and to keep. Rule 40. */
import { type Row, type Settings, grouped } from '../oracle/base.oracle.ts';
import { type Period, period, periodOf, periods } from '../oracle/calendar.oracle.ts';
import type { Given } from '../oracle/expected.oracle.ts';
import { decimal, share, sum } from '../oracle/money.oracle.ts';
import { type Purchase, purchases } from '../purchase/purchase.oracle.ts';
import { churnMonthly } from '../subscription/churn.oracle.ts';
import {
  type Customer,
  customers as subscribersOf,
  standingBefore,
} from '../subscription/subscription.oracle.ts';
import { type Expense, expenses } from './cost.oracle.ts';

/** A customer won, with the currency and segment of the first movement or purchase. */
export type Acquired = {
  readonly customer: string;
  readonly at: number;
  readonly currency: string;
  readonly segment: string;
};
/** What costs and lifetime values are made of. */
export type Basis = {
  readonly subscribers: readonly Customer[];
  readonly bought: readonly Purchase[];
  readonly spent: readonly Expense[];
  /** The rows of `churn_monthly`. */
  readonly churned: readonly Row[];
  readonly settings: Settings;
};

/** The first day of a date's month. */
export const monthOf = (date: string): string => `${date.slice(0, 7)}-01`;

/** Each customer at its first `new` movement or first purchase, the earlier; a tie is the subscription's. */
export function acquisitions({ subscribers, bought }: Basis): Acquired[] {
  const subscribed = subscribers.flatMap(({ id, standings }) => {
    const first = standings.find(({ turned }) => turned === 'new');
    // New in two currencies at once is one customer still: the alphabet decides.
    const currency = first ? [...first.mrr.keys()].toSorted()[0] : undefined;
    return first && currency ? [{ customer: id, at: first.at, currency, segment: first.segment }] : [];
  });
  const first = new Map<string, Acquired>();
  for (const one of [...subscribed, ...bought.filter(({ place }) => place === 0)]) {
    const known = first.get(one.customer);
    if (!known || one.at < known.at) first.set(one.customer, one);
  }
  return [...first.values()];
}

/** Whether a cost was for winning customers; the others are for keeping them. */
export const acquiring = ({ category }: Expense): boolean => category === 'marketing' || category === 'sales';

/** What it cost to win customers, per segment. */
export function acquisitionView(basis: Basis): Row[] {
  const { zone } = basis.settings;
  const name = (...parts: string[]): string => JSON.stringify(parts);
  const costs = grouped(basis.spent.filter(acquiring), (one) =>
    name(monthOf(one.date), one.currency, one.segment),
  );
  const won = grouped(acquisitions(basis), (one) =>
    name(periodOf(one.at, 'month', zone), one.currency, one.segment),
  );
  return [...new Set([...costs.keys(), ...won.keys()])].flatMap((group) => {
    const [month = '', currency = '', segment = ''] = JSON.parse(group) as string[];
    const cost = sum(costs.get(group) ?? [], ({ amount }) => amount);
    const customers = won.get(group)?.length ?? 0;
    if (cost === 0n && customers === 0) return [];
    const row = {
      acquisition_cost: decimal(cost),
      customers_acquired: customers,
      cac: share(cost, customers),
    };
    return [{ month, currency, segment, ...row }];
  });
}

/** Every month from the first movement, purchase or cost of a currency to now. */
export function monthsOf({
  subscribers,
  bought,
  spent,
  settings: { now, zone },
}: Basis): [string, Period[]][] {
  const seen = [
    ...subscribers.flatMap(({ standings }) =>
      standings.flatMap(({ at, movements }) =>
        movements.map(({ currency }) => ({ currency, month: periodOf(at, 'month', zone) })),
      ),
    ),
    ...bought.map(({ currency, at }) => ({ currency, month: periodOf(at, 'month', zone) })),
    ...spent.map(({ currency, date }) => ({ currency, month: monthOf(date) })),
  ];
  return [...grouped(seen, ({ currency }) => currency)].map(([currency, all]) => {
    const first = all.map(({ month }) => month).toSorted()[0] ?? '';
    return [currency, periods(period(first, 'month', zone).start, now, 'month', zone)];
  });
}

/** Customers active in a currency at a month's end, and their MRR together. */
export function closing({ subscribers, settings: { now } }: Basis, currency: string, month: Period) {
  const all = subscribers.flatMap((one) => standingBefore(one, Math.min(month.end, now)) ?? []);
  return {
    customers: all.filter(({ active }) => active.has(currency)).length,
    mrr: sum(all, ({ mrr }) => mrr.get(currency) ?? 0n),
  };
}

/** Whether an instant lies in a half-open stretch of time. */
export const within = (at: number, { start, end }: { start: number; end: number }): boolean =>
  at >= start && at < end;

/** What keeping customers of a currency cost in a month, and how many they are. */
export function service(basis: Basis, currency: string, month: Period) {
  const buyers = basis.bought.filter((one) => one.currency === currency && within(one.at, month));
  const customers =
    closing(basis, currency, month).customers || new Set(buyers.map(({ customer }) => customer)).size;
  const cost = sum(
    basis.spent.filter(
      (one) => one.currency === currency && monthOf(one.date) === month.key && !acquiring(one),
    ),
    ({ amount }) => amount,
  );
  return { customers, cost };
}

/** What it cost to keep and serve them: the subscribers at the month's end, else its buyers. */
export const retentionCostView = (basis: Basis): Row[] =>
  monthsOf(basis).flatMap(([currency, months]) =>
    months.flatMap((month) => {
      const { customers, cost } = service(basis, currency, month);
      if (customers === 0 && cost === 0n) return [];
      const row = { retention_cost: decimal(cost), customers, crc: share(cost, customers) };
      return [{ month: month.key, currency, ...row }];
    }),
  );

/** What there is of it. */
export const basisOf = (given: Given): Basis => ({
  subscribers: given.once(subscribersOf),
  bought: given.once(purchases),
  spent: given.once(expenses),
  churned: given.once(churnMonthly),
  settings: given.settings,
});
