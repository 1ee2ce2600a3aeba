/** What customers are worth. Rule 41. */
import {
  acquiring,
  acquisitions,
  type Basis,
  closing,
  monthOf,
  monthsOf,
  service,
  within,
} from '../cost/acquisition.oracle.ts';
import { type Row, grouped, mean, ratio } from '../oracle/base.oracle.ts';
import { type Period, monthsAfter, monthsBetween, period, periodOf } from '../oracle/calendar.oracle.ts';
import { halfEven, share, sum } from '../oracle/money.oracle.ts';
import { recurringToDate } from './customer-value.oracle.ts';

/** A month in ms: 365/12 days. */
const monthMs = (365 / 12) * 86_400_000;
const major = (micros: bigint): number => Number(micros) / 1e6;
/**
 * How long a customer stays, in months: 1 ÷ churn of the trailing year, else as observed among the buyers so far; null while
 * none has bought twice (rule 51).
 */
function lifespan({ bought, churned }: Basis, currency: string, month: Period): number | null {
  const opens = monthsAfter(month.key, -11);
  const year = churned.filter((row) => String(row['month']) >= opens && String(row['month']) <= month.key);
  const add = (column: string): number => year.reduce((all, row) => all + Number(row[column]), 0);
  const churn = ratio(add('customers_lost'), add('customers_at_start'));
  if (churn) return 1 / churn;
  const mine = bought.filter((one) => one.currency === currency && one.at < month.end);
  return observedLifespan([...grouped(mine, ({ customer }) => customer).values()]);
}

/** The mean time from first to last purchase of the buyers, in months; null while none has bought twice. */
export function observedLifespan(buyers: readonly (readonly { readonly at: number }[])[]): number | null {
  if (!buyers.some((purchases) => purchases.length > 1)) return null;
  return mean(buyers, (all) => ((all.at(-1)?.at ?? 0) - (all[0]?.at ?? 0)) / monthMs);
}

/** Revenue to date less every cost to date, for each customer there ever was. */
function netToDate({ subscribers, bought, spent, settings }: Basis, currency: string, month: Period) {
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
function lifetime(basis: Basis, currency: string, first: string, month: Period) {
  const { zone, discountRate } = basis.settings;
  const year = { start: period(monthsAfter(month.key, -11), 'month', zone).start, end: month.end };
  const mine = basis.bought.filter((one) => one.currency === currency);
  const recent = mine.filter((one) => within(one.at, year));
  const buyers = new Set(recent.map(({ customer }) => customer)).size;
  const value = ratio(major(sum(recent, ({ amount }) => amount)), recent.length);
  const months = Math.min(12, monthsBetween(first, month.key) + 1);
  const frequency = buyers === 0 ? null : recent.length / buyers / months;
  const stays = lifespan(basis, currency, month);
  const { customers, mrr } = closing(basis, currency, month);
  const { customers: served, cost } = service(basis, currency, month);
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
    clv_net: netToDate(basis, currency, month),
  };
}

function lifetimes(basis: Basis) {
  const { zone, now } = basis.settings;
  return monthsOf(basis).flatMap(([currency, months]) => {
    const mine = basis.bought.filter((one) => one.currency === currency).map(({ at }) => at);
    const first = periodOf(Math.min(now, ...mine), 'month', zone);
    return months.map((month) => ({
      month: month.key,
      currency,
      ...lifetime(basis, currency, first, month),
    }));
  });
}

/** Lifetime value per month and currency. */
export const clvView = (basis: Basis): Row[] => lifetimes(basis);

/** What a quotient of lifetime value and cost to win says. */
export const verdict = (quotient: number | null): string => {
  if (quotient === null) return '';
  if (quotient >= 3) return 'healthy';
  return quotient > 1 ? 'thin' : 'losing';
};

/** Lifetime value against what a customer costs to win. */
export function unitEconomicsView(basis: Basis): Row[] {
  const { zone } = basis.settings;
  const acquired = acquisitions(basis);
  return lifetimes(basis).map((row) => {
    const clv = row.contribution_per_period === null ? row.clv_purchase : row.clv_contribution;
    const cost = sum(
      basis.spent.filter(
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
