/**
 * The batch answer: every view of the contract from a whole set of events at once, the naive way, for the tests to
 * hold the pipeline against. It works from the contract's words alone and shares no code with the pipeline.
 */
import { type ContractEvent, type Row, type Settings, type Views, grouped } from './base.ts';
import { periodOf, periods } from './calendar.ts';
import { type Cart, abandonmentView, cartValueView, carts, outcomesView } from './cart.ts';
import { churnByView, churnView } from './churn.ts';
import { type Case, cases, firstContactView, resolutionView, volumeView } from './contact.ts';
import { type Accounts, acquisitionReportingView, retentionCostReportingView } from './cost-reporting.ts';
import { expenses } from './cost.ts';
import { engagementView, engagements } from './engagement.ts';
import { healthView } from './health.ts';
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
import { readingsView } from './reading.ts';
import {
  cancellationsView,
  cohortsView,
  movementsView,
  mrrBefore,
  mrrView,
  revenueChurnView,
} from './recurring-revenue.ts';
import { type Exchange, exchangeAt, ratesOf, ratesView } from './rates.ts';
import {
  accruals,
  bridgeView,
  cancellationsReportingView,
  cohortsReportingView,
  ledgerOf,
  monthsOf,
  movementsReportingView,
  revenueChurnReportingView,
} from './reporting.ts';
import { referralsView } from './referral.ts';
import {
  cartValueReportingView,
  lotsOf,
  salesReportingView,
  withNonRecurringReportingView,
} from './sales-reporting.ts';
import { type Customer, customers } from './subscription.ts';
import {
  type Answer,
  answers,
  effortView,
  feedbackView,
  intentView,
  npsView,
  satisfactionView,
  taskView,
} from './survey.ts';
import {
  type Books,
  acquisitionView,
  acquisitions,
  clvView,
  retentionCostView,
  unitEconomicsView,
} from './unit-economics.ts';

import {
  clvReportingView,
  customerValueReportingView,
  unitEconomicsReportingView,
} from './value-reporting.ts';

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
    cancellations_daily: cancellationsView(subscribers, settings),
    churn_by_owner_monthly: churnByView(subscribers, 'owner', settings),
    churn_by_segment_monthly: churnByView(subscribers, 'segment', settings),
    revenue_churn_monthly: revenueChurnView(subscribers, settings),
    retention_cohorts_monthly: cohortsView(subscribers, settings),
  };
}

/** What was asked of people, and what they did besides. */
function answered(all: readonly Answer[], settings: Settings): Views {
  return {
    nps_daily: npsView(all, 'day', settings),
    nps_monthly: npsView(all, 'month', settings),
    csat_daily: satisfactionView(all, 'csat', 'day', settings),
    csat_monthly: satisfactionView(all, 'csat', 'month', settings),
    ces_daily: effortView(all, 'day', settings),
    ces_monthly: effortView(all, 'month', settings),
    employee_satisfaction_monthly: satisfactionView(all, 'employee_satisfaction', 'month', settings),
    task_completion_daily: taskView(all, settings),
    visitor_intent_daily: intentView(all, settings),
    feedback_daily: feedbackView(all, settings),
  };
}

function sold(bought: readonly Purchase[], settings: Settings): Views {
  return {
    sales_daily: salesView(bought, 'day', settings),
    sales_monthly: salesView(bought, 'month', settings),
    sales_by_kind_monthly: salesView(bought, 'month', settings, true),
    repeat_purchase_monthly: repeatView(bought, settings),
    loyalty_monthly: loyaltyView(bought, settings),
  };
}

function basketViews(all: readonly Cart[], settings: Settings): Views {
  return {
    cart_abandonment_daily: abandonmentView(all, 'day', settings),
    cart_abandonment_hourly: abandonmentView(all, 'hour', settings),
    cart_value_daily: cartValueView(all, settings),
    cart_outcomes_hourly: outcomesView(all, settings),
  };
}

function caseViews(all: readonly Case[], settings: Settings): Views {
  return {
    contact_volume_hourly: volumeView(all, 'hour', settings),
    contact_volume_daily: volumeView(all, 'day', settings),
    contact_resolution_daily: resolutionView(all, 'day', settings),
    contact_resolution_monthly: resolutionView(all, 'month', settings),
    first_contact_resolution_daily: firstContactView(all, 'day', settings),
    first_contact_resolution_monthly: firstContactView(all, 'month', settings),
  };
}

function worths(books: Books): Views {
  return {
    acquisition_monthly: acquisitionView(books),
    retention_cost_monthly: retentionCostView(books),
    clv_monthly: clvView(books),
    unit_economics_monthly: unitEconomicsView(books),
  };
}

/** The sister views, which tell all currencies together, and the rates that lack for it. */
function reported(
  views: Views,
  { books, baskets, exchange }: { books: Books; baskets: readonly Cart[]; exchange: Exchange },
): Views {
  const { subscribers, bought, spent, churned, settings } = books;
  const ledger = ledgerOf(subscribers, exchange, settings);
  const months = monthsOf(ledger);
  const lots = lotsOf(bought, exchange, settings);
  const accounts: Accounts = {
    ledger,
    accrued: accruals(ledger),
    bought,
    lots,
    spent,
    acquired: acquisitions(books),
    churned,
  };
  return {
    mrr_daily_reporting: bridgeView(ledger.days, views['churn_daily'] ?? [], settings)('date'),
    mrr_monthly_reporting: bridgeView(months, churned, settings)('month'),
    mrr_movements_reporting: movementsReportingView(ledger, views['mrr_movements'] ?? []),
    mrr_with_non_recurring_monthly_reporting: withNonRecurringReportingView(months, lots, settings),
    cancellations_daily_reporting: cancellationsReportingView(ledger),
    revenue_churn_monthly_reporting: revenueChurnReportingView(ledger),
    retention_cohorts_monthly_reporting: cohortsReportingView(ledger),
    sales_daily_reporting: salesReportingView(lots, 'day', settings),
    sales_monthly_reporting: salesReportingView(lots, 'month', settings),
    sales_by_kind_monthly_reporting: salesReportingView(lots, 'kind', settings),
    cart_value_daily_reporting: cartValueReportingView(baskets, exchange, settings),
    acquisition_monthly_reporting: acquisitionReportingView(accounts),
    retention_cost_monthly_reporting: retentionCostReportingView(accounts),
    customer_value_reporting: customerValueReportingView(accounts),
    clv_monthly_reporting: clvReportingView(accounts),
    unit_economics_monthly_reporting: unitEconomicsReportingView(accounts),
    // Last: all that had to be converted has been by now.
    fx_missing: exchange.missing(),
  };
}

/** Every view of the contract, by its name. The order of rows means nothing. */
export function oracle(events: readonly ContractEvent[], settings: Settings): Views {
  const subscribers = customers(events, settings);
  const bought = purchases(events, settings);
  const brought = cases(events, settings);
  const spoken = mentions(events, settings);
  const replies = answers(events, settings);
  const engaged = engagements(events, settings);
  const churned = churnView(subscribers, 'month', settings);
  const books: Books = { subscribers, bought, spent: expenses(events, settings), churned, settings };
  const baskets = carts(events, settings);
  const rates = ratesOf(events, settings);
  const views: Views = {
    ...recurring(subscribers, settings),
    churn_monthly: churned,
    mrr_with_non_recurring_monthly: withNonRecurring(subscribers, bought, settings),
    ...sold(bought, settings),
    customer_value: customerValueView(bought, subscribers, settings),
    ...basketViews(baskets, settings),
    ...caseViews(brought, settings),
    mentions_daily: mentionsView(spoken, 'day', settings),
    mentions_hourly: mentionsView(spoken, 'hour', settings),
    sentiment_daily: sentimentView(spoken, settings),
    ...answered(replies, settings),
    ...worths(books),
    referrals_monthly: referralsView(events, acquisitions(books), spoken, settings),
    engagement_daily: engagementView(engaged, settings),
    readings_daily: readingsView(events, settings),
    customer_health: healthView(
      { subscribers, engagements: engaged, answers: replies, cases: brought },
      settings,
    ),
    fx_rates_daily: ratesView(rates, settings),
  };
  return { ...views, ...reported(views, { books, baskets, exchange: exchangeAt(rates, settings) }) };
}
