/** Failed payments by day: what turned, and what is past due at the day's end. Rule 57. */
import { type Row, count } from '../oracle/base.oracle.ts';
import { type Period, periods } from '../oracle/calendar.oracle.ts';
import type { Given } from '../oracle/expected.oracle.ts';
import { decimal, sum } from '../oracle/money.oracle.ts';
import { sumKnown } from '../currencies/rates.oracle.ts';
import { type Ledger, amountText } from './reporting.oracle.ts';
import { customers, type PaymentTurn, standingBefore } from './subscription.oracle.ts';

type Late = {
  readonly customer: string;
  readonly currency: string;
  readonly subscriptions: number;
  readonly mrr: bigint;
};
/** A day with what turned in it, and what is past due at its end, or now. */
type Day = { readonly key: string; readonly turns: readonly PaymentTurn[]; readonly late: readonly Late[] };

/** The days from the first turn on. */
export function pastDueDays(given: Given): Day[] {
  const { now, zone } = given.settings;
  const all = given.once(customers);
  const turns = all.flatMap((customer) => customer.paymentTurns);
  if (turns.length === 0) return [];
  const first = Math.min(...turns.map(({ at }) => at));
  const lateAt = ({ end }: Period): Late[] =>
    all.flatMap((customer) =>
      [...(standingBefore(customer, Math.min(end, now))?.pastDue ?? [])].map(([currency, late]) => ({
        customer: customer.id,
        currency,
        ...late,
      })),
    );
  return periods(first, now, 'day', zone).map((it) => ({
    key: it.key,
    turns: turns.filter(({ at }) => at >= it.start && at < it.end),
    late: lateAt(it),
  }));
}

const counts = (turns: readonly PaymentTurn[], late: readonly Late[]) => ({
  entered: count(turns, ({ what }) => what === 'entered'),
  recovered: count(turns, ({ what }) => what === 'recovered'),
  ended: count(turns, ({ what }) => what === 'ended'),
  past_due_subscriptions: late.reduce((all, { subscriptions }) => all + subscriptions, 0),
});

/** By day and currency, days on which there is something to say. */
export function pastDueView(days: readonly Day[]): Row[] {
  return days.flatMap(({ key, turns, late }) => {
    const currencies = new Set([...turns, ...late].map(({ currency }) => currency));
    return [...currencies].map((currency) => {
      const mine = late.filter((one) => one.currency === currency);
      return {
        date: key,
        currency,
        ...counts(
          turns.filter((one) => one.currency === currency),
          mine,
        ),
        past_due_customers: mine.length,
        past_due_mrr: decimal(sum(mine, ({ mrr }) => mrr)),
      };
    });
  });
}

/** By day over all currencies; a customer counts once, and the balance of each currency is converted once. */
export function pastDueReportingView(days: readonly Day[], { exchange, settings }: Ledger): Row[] {
  return days
    .filter(({ turns, late }) => turns.length > 0 || late.length > 0)
    .map(({ key, turns, late }) => {
      const currencies = new Set(late.map(({ currency }) => currency));
      const converted = sumKnown(currencies, (currency) => {
        const mine = late.filter((one) => one.currency === currency);
        return exchange.convert(
          sum(mine, ({ mrr }) => mrr),
          currency,
          key,
          'mrr',
        );
      });
      return {
        date: key,
        currency: settings.reportingCurrency,
        ...counts(turns, late),
        past_due_customers: new Set(late.map(({ customer }) => customer)).size,
        past_due_mrr: amountText(converted),
      };
    });
}
