import { count, currency, moneyAMonth, text } from '../sql/column.ts';
import { periodViews } from '../sql/period-views.ts';
import { reportedByDay } from '../sql/reporting.ts';
import type { View } from '../sql/view.ts';
import { churnViews } from './churn-views.ts';
import { cohortViews } from './cohort-views.ts';
import { committedViews } from './committed-views.ts';
import { mrrBridges, mrrViews } from './mrr-views.ts';
import { pastDueViews } from './past-due-views.ts';
import { revenueChurnViews } from './revenue-churn-views.ts';

/** By the day of the decision, not of its effect (rule 13). */
const cancellations = periodViews('cancellations', {
  grains: ['day'],
  from: 'tidemark_store.cancellation_15m AS c',
  when: 'on which they were scheduled or withdrawn',
  by: {
    currency,
    reason: text('Reason of the cancellation: voluntary, involuntary, or empty.'),
  },
  columns: {
    scheduled: count(
      "Cancellations scheduled of subscriptions in force, at once or for the period's end: what a customer cancels at one instant counts once, and another date for it too.",
      'sum(c.scheduled)',
    ),
    scheduled_mrr: moneyAMonth(
      'MRR those subscriptions had when they were scheduled.',
      'sum(c.scheduled_mrr)',
    ),
    taken_back: count('Pending cancellations withdrawn on this day.', 'sum(c.taken_back)'),
    taken_back_mrr: moneyAMonth('MRR those had when they were scheduled.', 'sum(c.taken_back_mrr)'),
  },
  having: 'scheduled != 0 OR taken_back != 0',
  comment: () =>
    'Cancellations by the day on which they were scheduled: the leading sign of churn, which itself comes when they take effect.',
});

const cancellationsReported = cancellations.map((plain) =>
  reportedByDay(
    plain,
    'Cancellations by the day on which they were scheduled, over all currencies in the reporting currency.',
  ),
);

/** Views of recurring revenue. */
export const subscriptionViews: readonly View[] = [
  ...mrrViews,
  ...churnViews,
  ...mrrBridges,
  ...cancellations,
  ...cancellationsReported,
  ...committedViews,
  ...pastDueViews,
  ...revenueChurnViews,
  ...cohortViews,
];
