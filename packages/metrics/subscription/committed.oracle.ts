/** MRR with what is pending, by day. Rule 56. */
import type { Row, Settings } from '../oracle/base.oracle.ts';
import { dayStart, daysAfter } from '../oracle/calendar.oracle.ts';
import { decimal, sum } from '../oracle/money.oracle.ts';
import { minus, plus, sumKnown } from '../currencies/rates.oracle.ts';
import { mrrBefore, mrrView } from './recurring-revenue.oracle.ts';
import { type Ledger, amountText } from './reporting.oracle.ts';
import { type Customer, standingBefore } from './subscription.oracle.ts';

type Committed = {
  readonly date: string;
  readonly currency: string;
  readonly mrr: bigint;
  readonly churn: bigint;
  readonly change: bigint;
};

/** The rows of `mrr_daily`, with what stood pending at the end of each day, or now. */
function committed(customers: readonly Customer[], settings: Settings): Committed[] {
  return mrrView(customers, 'day', settings).map(({ date, currency }) => {
    const [day, money] = [String(date), String(currency)];
    const at = Math.min(dayStart(daysAfter(day, 1), settings.zone), settings.now);
    const pending = customers
      .flatMap((customer) => standingBefore(customer, at)?.pending ?? [])
      .filter((one) => one.currency === money);
    const of = (what: 'churn' | 'change'): bigint =>
      sum(
        pending.filter((one) => one.what === what),
        ({ amount }) => amount,
      );
    const mrr = sum(customers, (customer) => mrrBefore(customer, money, at));
    return { date: day, currency: money, mrr, churn: of('churn'), change: of('change') };
  });
}

/** By day and currency. */
export const committedView = (customers: readonly Customer[], settings: Settings): Row[] =>
  committed(customers, settings).map(({ date, currency, mrr, churn, change }) => ({
    date,
    currency,
    mrr: decimal(mrr),
    pending_churn: decimal(churn),
    pending_change: decimal(change),
    committed_mrr: decimal(mrr - churn + change),
  }));

/** By day over all currencies: each amount of a currency is converted once, and the formula holds for the sums. */
export function committedReportingView({ customers, exchange, settings }: Ledger): Row[] {
  const rows = committed(customers, settings);
  return [...new Set(rows.map(({ date }) => date))].map((date) => {
    const of = (which: 'mrr' | 'churn' | 'change') =>
      sumKnown(
        rows.filter((row) => row.date === date),
        (row) => exchange.convert(row[which], row.currency, date, 'mrr'),
      );
    const [mrr, churn, change] = [of('mrr'), of('churn'), of('change')];
    return {
      date,
      currency: settings.reportingCurrency,
      mrr: amountText(mrr),
      pending_churn: amountText(churn),
      pending_change: amountText(change),
      committed_mrr: amountText(plus(minus(mrr, churn), change)),
    };
  });
}
