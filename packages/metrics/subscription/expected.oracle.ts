import type { ExpectedViews } from '../oracle/expected.oracle.ts';
import { churnByView, churnDaily, churnMonthly, churnView } from './churn.oracle.ts';
import { committed, committedReportingView, committedView } from './committed.oracle.ts';
import {
  cancellationsView,
  cohortsView,
  movementsView,
  mrrView,
  revenueChurnView,
} from './recurring-revenue.oracle.ts';
import {
  bridgeView,
  cancellationsReportingView,
  cohortsReportingView,
  ledger,
  monthsOf,
  movementsReportingView,
  revenueChurnReportingView,
} from './reporting.oracle.ts';
import { pastDueDays, pastDueReportingView, pastDueView } from './past-due.oracle.ts';
import { customers } from './subscription.oracle.ts';

/** What the views of recurring revenue should show. */
export const expected: ExpectedViews = {
  mrr_movements: {
    key: ['occurred_at', 'customer_id', 'currency'],
    rows: (given) => movementsView(given.once(customers)),
  },
  mrr_daily: {
    key: ['date', 'currency'],
    rows: (given) => mrrView(given.once(customers), 'day', given.settings),
  },
  mrr_monthly: {
    key: ['month', 'currency'],
    rows: (given) => mrrView(given.once(customers), 'month', given.settings),
  },
  churn_daily: { key: ['date'], rows: (given) => given.once(churnDaily) },
  churn_weekly: {
    key: ['week'],
    rows: (given) => churnView(given.once(customers), 'week', given.settings),
  },
  churn_monthly: { key: ['month'], rows: (given) => given.once(churnMonthly) },
  churn_by_owner_monthly: {
    key: ['month', 'owner'],
    rows: (given) => churnByView(given.once(customers), 'owner', given.settings),
  },
  churn_by_segment_monthly: {
    key: ['month', 'segment'],
    rows: (given) => churnByView(given.once(customers), 'segment', given.settings),
  },
  cancellations_daily: {
    key: ['date', 'currency', 'reason'],
    rows: (given) => cancellationsView(given.once(customers), given.settings),
  },
  revenue_churn_monthly: {
    key: ['month', 'currency'],
    rows: (given) => revenueChurnView(given.once(customers), given.settings),
  },
  retention_cohorts_monthly: {
    key: ['cohort', 'months_since', 'currency'],
    rows: (given) => cohortsView(given.once(customers), given.settings),
  },
  mrr_committed_daily: {
    key: ['date', 'currency'],
    rows: (given) => committedView(given.once(committed)),
  },
  mrr_committed_daily_reporting: {
    key: ['date'],
    rows: (given) => committedReportingView(given.once(committed), given.once(ledger)),
  },
  past_due_daily: {
    key: ['date', 'currency'],
    rows: (given) => pastDueView(given.once(pastDueDays)),
  },
  past_due_daily_reporting: {
    key: ['date'],
    rows: (given) => pastDueReportingView(given.once(pastDueDays), given.once(ledger)),
  },
  mrr_movements_reporting: {
    key: ['occurred_at', 'customer_id', 'original_currency'],
    rows: (given) => movementsReportingView(given.once(ledger), movementsView(given.once(customers))),
  },
  mrr_daily_reporting: {
    key: ['date'],
    rows: (given) => bridgeView(given.once(ledger).days, given.once(churnDaily), given.settings)('date'),
  },
  mrr_monthly_reporting: {
    key: ['month'],
    rows: (given) =>
      bridgeView(monthsOf(given.once(ledger)), given.once(churnMonthly), given.settings)('month'),
  },
  cancellations_daily_reporting: {
    key: ['date', 'reason'],
    rows: (given) => cancellationsReportingView(given.once(ledger)),
  },
  revenue_churn_monthly_reporting: {
    key: ['month'],
    // The view rounds each amount that it converts to micros: of a start of a few hundred that is seen in the ninth digit.
    tolerance: 1e-6,
    rows: (given) => revenueChurnReportingView(given.once(ledger)),
  },
  retention_cohorts_monthly_reporting: {
    key: ['cohort', 'months_since'],
    rows: (given) => cohortsReportingView(given.once(ledger)),
  },
};
