/** Reporting-currency variants of the views of sales and carts in the reporting currency: docs/decisions/currencies.md. */
import { type Row, type Settings, count, grouped, ratio } from '../oracle/base.oracle.ts';
import type { Given } from '../oracle/expected.oracle.ts';
import { exchange } from '../currencies/rates.oracle.ts';
import { type Unit, dateOf, monthsAfter } from '../oracle/calendar.oracle.ts';
import { sum } from '../oracle/money.oracle.ts';
import { type Purchase, purchases } from './purchase.oracle.ts';
import { type Exchange, type Known, minus, sumKnown } from '../currencies/rates.oracle.ts';
import { rateOf, shareOf, amountText } from '../subscription/reporting.oracle.ts';

/**
 * What was sold and given back on a day in one currency and kind: converted as one amount, so that the kinds add up to
 * the whole.
 */
export type Lot = {
  readonly date: string;
  readonly kind: string;
  readonly revenue: Known;
  readonly refunds: Known;
  readonly bought: readonly Purchase[];
};

/** All lots, of days on which anything was sold or given back. */
export function lotsOf(bought: readonly Purchase[], exchange: Exchange, { zone }: Settings): Lot[] {
  const name = (at: number, { currency, kind }: Purchase): string =>
    JSON.stringify([dateOf(at, zone), currency, kind]);
  const sold = grouped(bought, (one) => name(one.at, one));
  const refunds = bought.flatMap((one) =>
    one.refunds
      .filter(({ amount }) => amount > 0n)
      .map(({ at, amount }) => ({ group: name(at, one), amount })),
  );
  const back = grouped(refunds, ({ group }) => group);
  return [...new Set([...sold.keys(), ...back.keys()])].map((group) => {
    const [date = '', currency = '', kind = ''] = JSON.parse(group) as string[];
    const some = sold.get(group) ?? [];
    const convert = (amount: bigint): Known => exchange.convert(amount, currency, date, 'sales');
    return {
      date,
      kind,
      revenue: convert(sum(some, ({ amount }) => amount)),
      refunds: convert(sum(back.get(group) ?? [], ({ amount }) => amount)),
      bought: some,
    };
  });
}

const monthOf = (date: string): string => `${date.slice(0, 7)}-01`;

function salesRow(lots: readonly Lot[]) {
  const bought = lots.flatMap((lot) => lot.bought);
  const revenue = sumKnown(lots, (lot) => lot.revenue);
  const refunds = sumKnown(lots, (lot) => lot.refunds);
  return {
    bought: bought.length,
    revenue,
    row: {
      purchases: bought.length,
      revenue: amountText(revenue),
      refunds: amountText(refunds),
      net_revenue: amountText(minus(revenue, refunds)),
      buyers: new Set(bought.map(({ customer }) => customer)).size,
      first_time_buyers: count(bought, ({ place }) => place === 0),
      average_purchase_value: shareOf(revenue, bought.length),
    },
  };
}

/** Sales over all currencies by day, or by month with growth, or by month and kind. */
export function salesReportingView(
  lots: readonly Lot[],
  by: Extract<Unit, 'day' | 'month'> | 'kind',
  { reportingCurrency: currency }: Settings,
): Row[] {
  const group = ({ date, kind }: Lot): string =>
    by === 'day' ? date : by === 'month' ? monthOf(date) : `${monthOf(date)} ${kind}`;
  const groups = grouped(lots, group);
  return [...groups].map(([key, some]) => {
    const { row, ...now } = salesRow(some);
    if (by === 'day') return { date: key, currency, ...row };
    if (by === 'kind') return { month: key.slice(0, 10), currency, kind: key.slice(11), ...row };
    const before = salesRow(groups.get(monthsAfter(key, -1)) ?? []);
    return {
      month: key,
      currency,
      ...row,
      purchases_growth: ratio(now.bought - before.bought, before.bought),
      revenue_growth: rateOf(minus(now.revenue, before.revenue), before.revenue),
    };
  });
}

/** All lots of what was sold, converted. */
export const lots = (given: Given): Lot[] =>
  lotsOf(given.once(purchases), given.once(exchange), given.settings);
