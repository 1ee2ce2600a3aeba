/** MRR together with what was sold once. */
import { type Row, type Settings, grouped } from '../oracle/base.oracle.ts';
import { period, periodOf, periods } from '../oracle/calendar.oracle.ts';
import { decimal, sum } from '../oracle/money.oracle.ts';
import { minus, plus, sumKnown } from '../currencies/rates.oracle.ts';
import type { Purchase } from '../purchase/purchase.oracle.ts';
import type { Lot } from '../purchase/sales-reporting.oracle.ts';
import { mrrBefore } from '../subscription/recurring-revenue.oracle.ts';
import { type Span, amountText } from '../subscription/reporting.oracle.ts';
import type { Customer } from '../subscription/subscription.oracle.ts';

const monthOf = (date: string): string => `${date.slice(0, 7)}-01`;

/**
 * MRR and the month's sales together, per currency: every month from the first movement or sale in it to now, so
 * that no revenue is left out where there is no subscription yet.
 */
export function withNonRecurringView(
  subscribers: readonly Customer[],
  bought: readonly Purchase[],
  { now, zone }: Settings,
): Row[] {
  const moves = subscribers.flatMap((customer) =>
    customer.standings.flatMap(({ at, movements }) =>
      movements.map(({ currency }) => ({ currency, at, amount: 0n })),
    ),
  );
  const sales = bought.flatMap(({ currency, at, amount, refunds }) => [
    { currency, at, amount },
    ...refunds.map((refund) => ({ currency, at: refund.at, amount: -refund.amount })),
  ]);
  return [...grouped([...moves, ...sales], ({ currency }) => currency)].flatMap(([currency, all]) => {
    const first = all.reduce((least, { at }) => Math.min(least, at), now);
    return periods(first, now, 'month', zone).map(({ key, end }) => {
      const mrr = sum(subscribers, (customer) => mrrBefore(customer, currency, Math.min(end, now)));
      const oneOff = sum(
        all.filter(({ at }) => periodOf(at, 'month', zone) === key),
        ({ amount }) => amount,
      );
      return {
        month: key,
        currency,
        mrr: decimal(mrr),
        non_recurring_revenue: decimal(oneOff),
        total: decimal(mrr + oneOff),
      };
    });
  });
}

/** MRR and the month's sales together, from the first movement or sale in any currency to now. */
export function withNonRecurringReportingView(
  months: readonly Span[],
  lots: readonly Lot[],
  { now, zone, reportingCurrency }: Settings,
): Row[] {
  const mrr = new Map(months.map((month) => [month.key, month.mrr]));
  const sold = grouped(lots, ({ date }) => monthOf(date));
  const first = [...mrr.keys(), ...sold.keys()].toSorted()[0];
  if (first === undefined) return [];
  return periods(period(first, 'month', zone).start, now, 'month', zone).map(({ key }) => {
    const standing = mrr.has(key) ? (mrr.get(key) ?? null) : 0n;
    const oneOff = sumKnown(sold.get(key) ?? [], ({ revenue, refunds }) => minus(revenue, refunds));
    return {
      month: key,
      currency: reportingCurrency,
      mrr: amountText(standing),
      non_recurring_revenue: amountText(oneOff),
      total: amountText(plus(standing, oneOff)),
    };
  });
}
