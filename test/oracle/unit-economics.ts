/** What customers cost and are worth. Rule 40, rule 41. */
import { type Row, type Settings, grouped, mean, ratio } from './base.ts';
import { type Period, monthsAfter, monthsBetween, period, periodOf, periods } from './calendar.ts';
import type { Expense } from './cost.ts';
import { decimal, halfEven, share, sum } from './money.ts';
import { type Purchase, recurringToDate } from './purchase.ts';
import { mrrBefore } from './recurring-revenue.ts';
import type { Customer } from './subscription.ts';

export type Acquired = {
  readonly customer: string;
  readonly at: number;
  readonly currency: string;
  readonly segment: string;
};
/** Everything that costs and worths are made of. */
export type Books = {
  readonly subscribers: readonly Customer[];
  readonly bought: readonly Purchase[];
  readonly spent: readonly Expense[];
  /** The rows of `churn_monthly`. */
  readonly churned: readonly Row[];
  readonly settings: Settings;
};

/** A month in ms: 365/12 days. */
export const monthMs = (365 / 12) * 86_400_000;
const major = (micros: bigint): number => Number(micros) / 1e6;
const monthOf = (date: string): string => `${date.slice(0, 7)}-01`;

/** Each customer at its first `new` movement or first purchase, the earlier; a tie is the subscription's. */
export function acquisitions({ subscribers, bought }: Books): Acquired[] {
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

const acquiring = ({ category }: Expense): boolean => category === 'marketing' || category === 'sales';

/** What it cost to win customers, per segment. */
export function acquisitionView(books: Books): Row[] {
  const { zone } = books.settings;
  const name = (...parts: string[]): string => JSON.stringify(parts);
  const costs = grouped(books.spent.filter(acquiring), (one) =>
    name(monthOf(one.date), one.currency, one.segment),
  );
  const won = grouped(acquisitions(books), (one) =>
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
function monthsOf({ subscribers, bought, spent, settings: { now, zone } }: Books): [string, Period[]][] {
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

/** Payers of a currency at a month's end, and what they pay together. */
function closing({ subscribers, settings: { now } }: Books, currency: string, month: Period) {
  const all = subscribers
    .map((one) => mrrBefore(one, currency, Math.min(month.end, now)))
    .filter((mrr) => mrr > 0n);
  return { customers: all.length, mrr: sum(all, (mrr) => mrr) };
}

const within = (at: number, { start, end }: { start: number; end: number }): boolean =>
  at >= start && at < end;

function service(books: Books, currency: string, month: Period) {
  const buyers = books.bought.filter((one) => one.currency === currency && within(one.at, month));
  const customers =
    closing(books, currency, month).customers || new Set(buyers.map(({ customer }) => customer)).size;
  const cost = sum(
    books.spent.filter(
      (one) => one.currency === currency && monthOf(one.date) === month.key && !acquiring(one),
    ),
    ({ amount }) => amount,
  );
  return { customers, cost };
}

/** What it cost to keep and serve them: the subscribers at the month's end, else its buyers. */
export const retentionCostView = (books: Books): Row[] =>
  monthsOf(books).flatMap(([currency, months]) =>
    months.flatMap((month) => {
      const { customers, cost } = service(books, currency, month);
      if (customers === 0 && cost === 0n) return [];
      const row = { retention_cost: decimal(cost), customers, crc: share(cost, customers) };
      return [{ month: month.key, currency, ...row }];
    }),
  );

/** How long a customer stays, in months: 1 ÷ churn of the trailing year, else as observed among the buyers so far. */
function lifespan({ bought, churned }: Books, currency: string, month: Period): number | null {
  const opens = monthsAfter(month.key, -11);
  const year = churned.filter((row) => String(row['month']) >= opens && String(row['month']) <= month.key);
  const add = (column: string): number => year.reduce((all, row) => all + Number(row[column]), 0);
  const churn = ratio(add('customers_lost'), add('customers_at_start'));
  if (churn) return 1 / churn;
  const mine = bought.filter((one) => one.currency === currency && one.at < month.end);
  return mean([...grouped(mine, ({ customer }) => customer).values()], (all) => {
    return ((all.at(-1)?.at ?? 0) - (all[0]?.at ?? 0)) / monthMs;
  });
}

/** Revenue to date less every cost to date, for each customer there ever was. */
function netToDate({ subscribers, bought, spent, settings }: Books, currency: string, month: Period) {
  const until = Math.min(month.end, settings.now);
  const mine = bought.filter((one) => one.currency === currency && one.at < until);
  const payers = subscribers.filter((one) =>
    one.standings.some(({ at, mrr }) => at < until && mrr.has(currency)),
  );
  const refunds = mine.flatMap((one) => one.refunds.filter(({ at }) => at < until));
  const value =
    sum(mine, ({ amount }) => amount) -
    sum(refunds, ({ amount }) => amount) +
    sum(payers, (one) => recurringToDate(one, currency, until)) -
    sum(
      spent.filter((one) => one.currency === currency && monthOf(one.date) <= month.key),
      ({ amount }) => amount,
    );
  const ever = new Set([...mine.map(({ customer }) => customer), ...payers.map(({ id }) => id)]).size;
  return ever === 0 ? null : major(value) / ever;
}

/** What 1 a month is worth now over so many months, at a year's rate. */
export function discounted(discountRate: number, months: number | null): number | null {
  const i = (1 + discountRate) ** (1 / 12) - 1;
  return months === null ? null : (1 - (1 + i) ** -months) / i;
}

/** The product, null when a factor is. */
export const times = (...factors: readonly (number | null)[]): number | null =>
  factors.reduce((all, one) => (all === null || one === null ? null : all * one), 1);

/** Lifetime value in its four forms; money as plain numbers, to be compared within a millionth. */
function lifetime(books: Books, currency: string, first: string, month: Period) {
  const { zone, discountRate } = books.settings;
  const year = { start: period(monthsAfter(month.key, -11), 'month', zone).start, end: month.end };
  const mine = books.bought.filter((one) => one.currency === currency);
  const recent = mine.filter((one) => within(one.at, year));
  const buyers = new Set(recent.map(({ customer }) => customer)).size;
  const value = ratio(major(sum(recent, ({ amount }) => amount)), recent.length);
  const months = Math.min(12, monthsBetween(first, month.key) + 1);
  const frequency = buyers === 0 ? null : recent.length / buyers / months;
  const stays = lifespan(books, currency, month);
  const { customers, mrr } = closing(books, currency, month);
  const { customers: served, cost } = service(books, currency, month);
  const arpa = ratio(major(mrr), customers);
  const contribution = arpa === null ? null : arpa - (ratio(major(cost), served) ?? 0);
  return {
    average_purchase_value: share(
      sum(recent, ({ amount }) => amount),
      recent.length,
    ),
    purchase_frequency: frequency,
    lifespan_months: stays,
    clv_purchase: times(value, frequency, stays),
    contribution_per_period: contribution,
    clv_contribution: times(contribution, stays),
    clv_discounted: times(contribution, discounted(discountRate, stays)),
    clv_net: netToDate(books, currency, month),
  };
}

function lifetimes(books: Books) {
  const { zone, now } = books.settings;
  return monthsOf(books).flatMap(([currency, months]) => {
    const mine = books.bought.filter((one) => one.currency === currency).map(({ at }) => at);
    const first = periodOf(Math.min(now, ...mine), 'month', zone);
    return months.map((month) => ({
      month: month.key,
      currency,
      ...lifetime(books, currency, first, month),
    }));
  });
}

/** Lifetime value per month and currency. */
export const clvView = (books: Books): Row[] => lifetimes(books);

/** What a quotient of lifetime value and cost to win says. */
export const verdict = (quotient: number | null): string => {
  if (quotient === null) return '';
  if (quotient >= 3) return 'healthy';
  return quotient > 1 ? 'thin' : 'losing';
};

/** Lifetime value against what a customer costs to win. */
export function unitEconomicsView(books: Books): Row[] {
  const { zone } = books.settings;
  const acquired = acquisitions(books);
  return lifetimes(books).map((row) => {
    const clv = row.contribution_per_period === null ? row.clv_purchase : row.clv_contribution;
    const cost = sum(
      books.spent.filter(
        (one) => acquiring(one) && one.currency === row.currency && monthOf(one.date) === row.month,
      ),
      ({ amount }) => amount,
    );
    const won = acquired.filter(
      (one) => one.currency === row.currency && periodOf(one.at, 'month', zone) === row.month,
    ).length;
    // The quotient of the two as they are read, so that a reader who divides them finds the same.
    const cac = won === 0 ? null : major(halfEven(cost, BigInt(won)));
    const quotient = clv === null || cac === null ? null : ratio(Math.round(clv * 1e6) / 1e6, cac);
    return {
      month: row.month,
      currency: row.currency,
      clv,
      cac: share(cost, won),
      clv_cac: quotient,
      verdict: verdict(quotient),
      profit_per_customer: clv === null || cac === null ? null : clv - cac,
    };
  });
}
