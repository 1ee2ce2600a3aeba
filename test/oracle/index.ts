/**
 * The batch answer: every view of the contract from a whole set of events at once, the naive way, for the tests to
 * hold the pipeline against. It works from the contract's words alone and shares no code with the pipeline.
 */
import { type ContractEvent, type Row, type Settings, type Views, grouped } from './base.ts';
import { periodOf, periods } from './calendar.ts';
import { abandonmentView, cartValueView, carts, outcomesView } from './cart.ts';
import { churnByView, churnView } from './churn.ts';
import { cases, firstContactView, resolutionView, volumeView } from './contact.ts';
import { mentions, mentionsView, sentimentView } from './mention.ts';
import { decimal, sum } from './money.ts';
import {
  type Purchase,
  customerValueView,
  loyaltyView,
  purchases,
  repeatView,
  salesView,
} from './purchase.ts';
import {
  cancellationsView,
  cohortsView,
  movementsView,
  mrrBefore,
  mrrView,
  revenueChurnView,
} from './recurring-revenue.ts';
import { type Customer, customers } from './subscription.ts';

export { type ContractEvent, type Row, type Settings, type Views, settingsAt } from './base.ts';
export { canonical, compareRows } from './compare.ts';
export { viewKeys } from './keys.ts';

/**
 * MRR and the month's sales together, per currency: every month from the first movement or sale in it to now, so
 * that no revenue is left out where there is no subscription yet.
 */
function withNonRecurring(
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

function recurring(subscribers: readonly Customer[], settings: Settings): Views {
  return {
    mrr_movements: movementsView(subscribers),
    mrr_daily: mrrView(subscribers, 'day', settings),
    mrr_monthly: mrrView(subscribers, 'month', settings),
    churn_daily: churnView(subscribers, 'day', settings),
    churn_weekly: churnView(subscribers, 'week', settings),
    churn_monthly: churnView(subscribers, 'month', settings),
    cancellations_daily: cancellationsView(subscribers, settings),
    churn_by_owner_monthly: churnByView(subscribers, 'owner', settings),
    churn_by_segment_monthly: churnByView(subscribers, 'segment', settings),
    revenue_churn_monthly: revenueChurnView(subscribers, settings),
    retention_cohorts_monthly: cohortsView(subscribers, settings),
  };
}

/** Every view of the contract, by its name. The order of rows means nothing. */
export function oracle(events: readonly ContractEvent[], settings: Settings): Views {
  const subscribers = customers(events, settings);
  const bought = purchases(events, settings);
  const baskets = carts(events, settings);
  const brought = cases(events, settings);
  const spoken = mentions(events, settings);
  return {
    ...recurring(subscribers, settings),
    mrr_with_non_recurring_monthly: withNonRecurring(subscribers, bought, settings),
    sales_daily: salesView(bought, 'day', settings),
    sales_monthly: salesView(bought, 'month', settings),
    sales_by_kind_monthly: salesView(bought, 'month', settings, true),
    repeat_purchase_monthly: repeatView(bought, settings),
    loyalty_monthly: loyaltyView(bought, settings),
    customer_value: customerValueView(bought, subscribers, settings),
    cart_abandonment_daily: abandonmentView(baskets, 'day', settings),
    cart_abandonment_hourly: abandonmentView(baskets, 'hour', settings),
    cart_value_daily: cartValueView(baskets, settings),
    cart_outcomes_hourly: outcomesView(baskets, settings),
    contact_volume_hourly: volumeView(brought, 'hour', settings),
    contact_volume_daily: volumeView(brought, 'day', settings),
    contact_resolution_daily: resolutionView(brought, 'day', settings),
    contact_resolution_monthly: resolutionView(brought, 'month', settings),
    first_contact_resolution_daily: firstContactView(brought, 'day', settings),
    first_contact_resolution_monthly: firstContactView(brought, 'month', settings),
    mentions_daily: mentionsView(spoken, 'day', settings),
    mentions_hourly: mentionsView(spoken, 'hour', settings),
    sentiment_daily: sentimentView(spoken, settings),
  };
}
