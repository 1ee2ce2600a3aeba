/** What each customer has been worth until now. Rule 17. */
import { type Row, type Settings, grouped } from '../oracle/base.oracle.ts';
import { iso } from '../oracle/calendar.oracle.ts';
import { decimal, halfEven, sum } from '../oracle/money.oracle.ts';
import type { Purchase } from '../purchase/purchase.oracle.ts';
import { mrrBefore } from '../subscription/recurring-revenue.oracle.ts';
import type { Customer } from '../subscription/subscription.oracle.ts';

const dayMs = 86_400_000;

/** ∫ MRR dt up to an instant, a month being 365/12 days, in micros. */
export function recurringToDate(customer: Customer | undefined, currency: string, until: number): bigint {
  let amount = 0n;
  for (const [i, standing] of (customer?.standings ?? []).entries()) {
    const next = customer?.standings[i + 1]?.at ?? until;
    const lasted = Math.max(0, Math.min(next, until) - standing.at);
    amount += (standing.mrr.get(currency) ?? 0n) * BigInt(lasted);
  }
  return halfEven(amount * 12n, 365n * BigInt(dayMs));
}

/** What each customer bought, pays and has been worth, per currency. */
export function customerValueView(
  bought: readonly Purchase[],
  subscribers: readonly Customer[],
  { now }: Settings,
): Row[] {
  const pairs = new Set([
    ...bought.map((one) => JSON.stringify([one.customer, one.currency])),
    ...subscribers.flatMap((one) =>
      one.standings.flatMap((standing) =>
        standing.movements.map(({ currency }) => JSON.stringify([one.id, currency])),
      ),
    ),
  ]);
  const baskets = grouped(bought, (one) => JSON.stringify([one.customer, one.currency]));
  const byName = new Map(subscribers.map((one) => [one.id, one]));
  return [...pairs].map((pair) => {
    const [customer, currency] = JSON.parse(pair) as [string, string];
    const mine = baskets.get(pair) ?? [];
    const subscriber = byName.get(customer);
    const revenue = sum(mine, (one) => one.amount);
    const refunds = sum(mine, (one) => sum(one.refunds, (refund) => refund.amount));
    const recurring = recurringToDate(subscriber, currency, now);
    return {
      customer_id: customer,
      currency,
      purchases: mine.length,
      revenue: decimal(revenue),
      first_purchase_at: mine[0] ? iso(mine[0].at) : null,
      last_purchase_at: mine.at(-1) ? iso(mine.at(-1)?.at ?? 0) : null,
      mrr: decimal(subscriber ? mrrBefore(subscriber, currency, now) : 0n),
      recurring_revenue_to_date: decimal(recurring),
      value_to_date: decimal(revenue - refunds + recurring),
    };
  });
}
