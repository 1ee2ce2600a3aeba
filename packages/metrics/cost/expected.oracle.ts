import type { ExpectedViews } from '../oracle/expected.oracle.ts';
import { acquisitionView, basisOf, retentionCostView } from './acquisition.oracle.ts';
import { accountsOf, acquisitionReportingView, retentionCostReportingView } from './cost-reporting.oracle.ts';

/** What the views of costs should show. */
export const expected: ExpectedViews = {
  acquisition_monthly: {
    key: ['month', 'currency', 'segment'],
    rows: (given) => acquisitionView(given.once(basisOf)),
  },
  acquisition_monthly_reporting: {
    key: ['month', 'segment'],
    rows: (given) => acquisitionReportingView(given.once(accountsOf)),
  },
  retention_cost_monthly: {
    key: ['month', 'currency'],
    rows: (given) => retentionCostView(given.once(basisOf)),
  },
  retention_cost_monthly_reporting: {
    key: ['month'],
    rows: (given) => retentionCostReportingView(given.once(accountsOf)),
  },
};
