import {
  all,
  cellSum,
  convertedSum,
  type ExplainedViews,
  type Parts,
  ratioFormula,
  rolled,
  same,
  upTo,
  within,
} from '../sql/explained.ts';
import { day } from '../sql/period.ts';

const committed = ratioFormula('mrr - pending_churn + pending_change', [
  'mrr',
  'pending_churn',
  'pending_change',
]);
const eachCurrency = { date: 'd.date', currency: 'd.currency' };
const pending = (value: string): Parts =>
  rolled('commitment_15m', 'commitment', value, all(upTo(day), same('currency')));
const pastDue = (value: string, when = within, ofCurrency = same('currency')): Parts =>
  rolled('past_due_15m', 'past_due', value, all(when(day), ofCurrency));

/** How the figures of what is pending and of what is past due come about. */
export const committedExplained: ExplainedViews = {
  mrr_committed_daily: {
    key: ['date', 'currency'],
    columns: {
      mrr: cellSum('mrr_daily', 'mrr', same('date', 'currency'), eachCurrency),
      pending_churn: pending('pending_churn'),
      pending_change: pending('pending_change'),
      committed_mrr: committed,
    },
  },
  mrr_committed_daily_reporting: {
    key: ['date'],
    columns: {
      ...Object.fromEntries(
        ['mrr', 'pending_churn', 'pending_change'].map((name) => [
          name,
          convertedSum('mrr_committed_daily', name, same('date'), eachCurrency),
        ]),
      ),
      committed_mrr: committed,
    },
    without: { currency: 'the reporting currency' },
  },
  past_due_daily: {
    key: ['date', 'currency'],
    columns: {
      entered: pastDue('entered'),
      recovered: pastDue('recovered'),
      ended: pastDue('ended'),
      past_due_subscriptions: pastDue('subscriptions', upTo),
      past_due_customers: pastDue('customers', upTo),
      past_due_mrr: pastDue('mrr', upTo),
    },
  },
  past_due_daily_reporting: {
    key: ['date'],
    columns: {
      ...Object.fromEntries(
        ['entered', 'recovered', 'ended', 'past_due_subscriptions'].map((name) => [
          name,
          cellSum('past_due_daily', name, same('date'), eachCurrency),
        ]),
      ),
      past_due_customers: pastDue('payers', upTo, ''),
      past_due_mrr: convertedSum('past_due_daily', 'past_due_mrr', same('date'), eachCurrency),
    },
    without: { currency: 'the reporting currency' },
  },
};
