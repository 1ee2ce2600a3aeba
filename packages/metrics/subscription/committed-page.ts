import type { MetricPage } from '../definition/page.ts';
import { exampleEvent, exampleTerms } from './example-events.ts';

/** The page on committed MRR. */
export const committedPage: MetricPage = {
  name: 'committed-mrr',
  title: 'Committed MRR',
  views: ['mrr_committed_daily'],
  meaning:
    'What MRR will be once everything that customers have already decided has come: cancellations at the end of the paid period, and changes agreed for later.',
  formula: ['committed_mrr = mrr - pending_churn + pending_change'],
  rules: [
    ['All amounts are of one instant: the end of the day, or now.', 56],
    ['Of several pending changes of a subscription the last one counts.', 56],
    ['A subscription with a pending cancellation is pending churn; its pending changes do not count.', 56],
    ['A change is worth what the subscription will be worth then: nothing in a trial or a pause.', 6, 8],
    ['The view has the rows of `mrr_daily`.', 26],
  ],
  examples: [
    {
      given:
        'MRR is $159: $59 of it is canceled for the end of the month, and a subscription of $100 will be $150 from the 20th.',
      results: [
        ['pending_churn', 'canceled ahead', '59'],
        ['pending_change', '150 - 100', '50'],
        ['committed_mrr', '159 - 59 + 50', '150'],
      ],
      run: {
        events: [
          exampleEvent('started', 'ann', '01', exampleTerms(59)),
          exampleEvent('started', 'bob', '01', exampleTerms(100)),
          exampleEvent('canceled', 'ann', '10', { effective_at: '2026-06-01T00:00Z' }),
          exampleEvent('changed', 'bob', '10', {
            ...exampleTerms(150),
            effective_at: '2026-05-20T00:00Z',
          }),
        ],
        readAt: '2026-05-11T00:00Z',
        view: 'mrr_committed_daily',
        where: { date: '2026-05-10', currency: 'USD' },
      },
    },
  ],
  source: 'The metric contract, ‘Recurring revenue’.',
};
