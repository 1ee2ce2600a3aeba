/** MRR with what is pending, by day. Rule 56. */
import { type Row, grouped } from '../oracle/base.oracle.ts';
import { periods } from '../oracle/calendar.oracle.ts';
import type { Given } from '../oracle/expected.oracle.ts';
import { decimal, sum } from '../oracle/money.oracle.ts';
import { minus, plus, sumKnown } from '../currencies/rates.oracle.ts';
import { allMovements } from './recurring-revenue.oracle.ts';
import { type Ledger, amountText } from './reporting.oracle.ts';
import { customers, standingBefore } from './subscription.oracle.ts';

type Committed = {
  readonly date: string;
  readonly currency: string;
  readonly mrr: bigint;
  readonly churn: bigint;
  readonly change: bigint;
};

/** What `mrr_daily` has rows of, with what stood pending at the end of each day, or now. */
export function committed(given: Given): Committed[] {
  const { now, zone } = given.settings;
  const all = given.once(customers);
  const firsts = new Map<string, number>();
  for (const { standing, movement } of allMovements(all))
    if (!firsts.has(movement.currency)) firsts.set(movement.currency, standing.at);
  return periods(Math.min(...firsts.values(), now), now, 'day', zone).flatMap(({ key: date, end }) => {
    const standings = all.flatMap((customer) => standingBefore(customer, Math.min(end, now)) ?? []);
    const pending = standings.flatMap((standing) => standing.pending);
    const begun = [...firsts].filter(([, first]) => first < end);
    return begun.map(([currency]) => {
      const of = (what: 'churn' | 'change'): bigint =>
        sum(
          pending.filter((one) => one.what === what && one.currency === currency),
          ({ amount }) => amount,
        );
      const mrr = sum(standings, (standing) => standing.mrr.get(currency) ?? 0n);
      return { date, currency, mrr, churn: of('churn'), change: of('change') };
    });
  });
}

/** By day and currency. */
export const committedView = (rows: readonly Committed[]): Row[] =>
  rows.map(({ date, currency, mrr, churn, change }) => ({
    date,
    currency,
    mrr: decimal(mrr),
    pending_churn: decimal(churn),
    pending_change: decimal(change),
    committed_mrr: decimal(mrr - churn + change),
  }));

/** By day over all currencies: each amount of a currency is converted once, and the formula holds for the sums. */
export function committedReportingView(rows: readonly Committed[], { exchange, settings }: Ledger): Row[] {
  return [...grouped(rows, ({ date }) => date)].map(([date, some]) => {
    const of = (which: 'mrr' | 'churn' | 'change') =>
      sumKnown(some, (row) => exchange.convert(row[which], row.currency, date, 'mrr'));
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
