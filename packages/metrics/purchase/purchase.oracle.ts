/** One-off sales: sales, loyalty, second purchases, value of a customer. Rule 14, rule 15, rule 16,
 * rule 17, rule 24. */
import {
  type Row,
  type Settings,
  type Counted,
  count,
  grouped,
  mean,
  number,
  ratio,
  counted,
  word,
} from '../oracle/base.oracle.ts';
import type { Given } from '../oracle/expected.oracle.ts';
import { type Unit, monthsAfter, period, periodOf, periods } from '../oracle/calendar.oracle.ts';
import { decimal, micros, rate, share, sum } from '../oracle/money.oracle.ts';

/** A refund of a purchase; `at` is in milliseconds since the epoch, `amount` in micros of the purchase’s currency. */
export type Refund = { readonly at: number; readonly amount: bigint };
/** A purchase; `at` is in milliseconds since the epoch, `amount` in micros of its currency. */
export type Purchase = {
  readonly customer: string;
  readonly id: string;
  readonly at: number;
  readonly currency: string;
  readonly kind: string;
  readonly segment: string;
  readonly amount: bigint;
  readonly refunds: readonly Refund[];
  /** Its place in the customer's purchases, 0 for the first ever. */
  readonly place: number;
};

const dayMs = 86_400_000;

/** The refunds of a purchase in order, each up to what is left, none before the purchase itself. */
function refundsOf(purchase: Counted, history: readonly Counted[]): Refund[] {
  const currency = word(purchase.raw, 'currency');
  let left = micros(number(purchase.raw, 'amount') ?? 0, currency);
  const refunds: Refund[] = [];
  for (const event of history) {
    if (event.verb !== 'refunded') continue;
    if (word(event.raw, 'purchase_id') !== word(purchase.raw, 'purchase_id')) continue;
    if (word(event.raw, 'currency') !== currency) continue;
    const wanted = micros(number(event.raw, 'amount') ?? 0, currency);
    const amount = wanted < left ? wanted : left;
    left -= amount;
    refunds.push({ at: Math.max(event.at, purchase.at), amount });
  }
  return refunds;
}

/** The purchases that count, by customer, each customer's in order. */
export function purchases({ events, settings: { now } }: Given): Purchase[] {
  const histories = grouped(counted(events, 'purchase', 'customer_id', now), (event) => event.key);
  return [...histories].flatMap(([customer, history]) => {
    const completed = history.filter((event) => event.verb === 'completed');
    const first = completed.filter(
      (event, i) =>
        completed.findIndex((o) => word(o.raw, 'purchase_id') === word(event.raw, 'purchase_id')) === i,
    );
    return first.map((event, place) => ({
      customer,
      id: word(event.raw, 'purchase_id'),
      at: event.at,
      currency: word(event.raw, 'currency'),
      kind: word(event.raw, 'kind'),
      segment: typeof event.raw['segment'] === 'string' ? event.raw['segment'] : '',
      amount: micros(number(event.raw, 'amount') ?? 0, word(event.raw, 'currency')),
      refunds: refundsOf(event, history),
      place,
    }));
  });
}

type Entry = { readonly at: number; readonly purchase: Purchase; readonly refund: bigint | null };

function salesRow(entries: readonly Entry[]) {
  const bought = entries.filter((entry) => entry.refund === null).map((entry) => entry.purchase);
  const revenue = sum(bought, (purchase) => purchase.amount);
  const refunds = sum(entries, (entry) => entry.refund ?? 0n);
  return {
    bought: bought.length,
    revenue,
    row: {
      purchases: bought.length,
      revenue: decimal(revenue),
      refunds: decimal(refunds),
      net_revenue: decimal(revenue - refunds),
      buyers: new Set(bought.map((purchase) => purchase.customer)).size,
      first_time_buyers: count(bought, (purchase) => purchase.place === 0),
      average_purchase_value: share(revenue, bought.length),
    },
  };
}

/** Sales per period and currency, and per kind where asked; a refund of nothing makes no row. */
export function salesView(
  bought: readonly Purchase[],
  unit: Unit,
  { zone }: Settings,
  byKind = false,
): Row[] {
  const entries: Entry[] = bought.flatMap((purchase) => [
    { at: purchase.at, purchase, refund: null },
    ...purchase.refunds
      .filter(({ amount }) => amount > 0n)
      .map(({ at, amount }) => ({ at, purchase, refund: amount })),
  ]);
  const name = (key: string, currency: string, kind: string): string => JSON.stringify([key, currency, kind]);
  const groups = grouped(entries, ({ at, purchase }) =>
    name(periodOf(at, unit, zone), purchase.currency, byKind ? purchase.kind : ''),
  );
  return [...groups].map(([group, members]) => {
    const [key, currency, kind] = JSON.parse(group) as [string, string, string];
    const { row, ...now } = salesRow(members);
    const dimensions = { [unit === 'day' ? 'date' : 'month']: key, currency, ...(byKind ? { kind } : {}) };
    if (unit === 'day' || byKind) return { ...dimensions, ...row };
    const before = salesRow(groups.get(name(monthsAfter(key, -1), currency, kind)) ?? []);
    return {
      ...dimensions,
      ...row,
      purchases_growth: ratio(now.bought - before.bought, before.bought),
      revenue_growth: rate(now.revenue - before.revenue, before.revenue),
    };
  });
}

/** Of those who first bought in a month: how many bought again, ever, and how long they took. */
export function repeatView(bought: readonly Purchase[], { zone }: Settings): Row[] {
  const buyers = [...grouped(bought, (purchase) => purchase.customer).values()];
  const cohorts = grouped(buyers, ([first]) => periodOf(first?.at ?? 0, 'month', zone));
  return [...cohorts].map(([month, members]) => {
    const waits = members.flatMap(([first, second]) =>
      first && second ? [(second.at - first.at) / dayMs] : [],
    );
    return {
      month,
      customers: members.length,
      returned: waits.length,
      repeat_rate: ratio(waits.length, members.length),
      average_days_to_second: mean(waits, (wait) => wait),
    };
  });
}

/** Loyalty over the twelve calendar months that end with each month; who lapsed within the month itself. */
export function loyaltyView(bought: readonly Purchase[], { now, zone, lapseAfterMs }: Settings): Row[] {
  if (bought.length === 0) return [];
  const first = bought.reduce((least, purchase) => Math.min(least, purchase.at), now);
  const buyers = [...grouped(bought, (purchase) => purchase.customer).values()];
  return periods(first, now, 'month', zone).map((month) => {
    const opens = period(monthsAfter(month.key, -11), 'month', zone).start;
    const within = (at: number): boolean => at >= opens && at < month.end;
    const baskets = buyers
      .map((all) => all.filter((one) => within(one.at)))
      .filter((basket) => basket.length > 0);
    const waits = baskets.flatMap((basket) =>
      basket.slice(1).map((one, i) => (one.at - (basket[i]?.at ?? one.at)) / dayMs),
    );
    const lapses = buyers.flatMap((all) =>
      all.flatMap((one, i) => {
        const at = one.at + lapseAfterMs;
        const next = all[i + 1];
        return (next === undefined || next.at > at) && at < now ? [at] : [];
      }),
    );
    return {
      month: month.key,
      active_buyers: baskets.length,
      loyal_buyers: count(baskets, (basket) => basket.length >= 3),
      purchase_frequency: ratio(
        baskets.reduce((n, basket) => n + basket.length, 0),
        baskets.length,
      ),
      average_days_between_purchases: mean(waits, (wait) => wait),
      lapsed: count(lapses, (at) => at >= month.start && at < month.end),
    };
  });
}
