import type { ExpectedViews } from '../oracle/expected.oracle.ts';
import { loyaltyView, purchases, repeatView, salesView } from './purchase.oracle.ts';
import { lots, salesReportingView } from './sales-reporting.oracle.ts';

/** What the views of purchases should show. */
export const expected: ExpectedViews = {
  sales_daily: {
    key: ['date', 'currency'],
    rows: (given) => salesView(given.once(purchases), 'day', given.settings),
  },
  sales_monthly: {
    key: ['month', 'currency'],
    rows: (given) => salesView(given.once(purchases), 'month', given.settings),
  },
  sales_by_kind_monthly: {
    key: ['month', 'currency', 'kind'],
    rows: (given) => salesView(given.once(purchases), 'month', given.settings, true),
  },
  sales_daily_reporting: {
    key: ['date'],
    rows: (given) => salesReportingView(given.once(lots), 'day', given.settings),
  },
  sales_monthly_reporting: {
    key: ['month'],
    rows: (given) => salesReportingView(given.once(lots), 'month', given.settings),
  },
  sales_by_kind_monthly_reporting: {
    key: ['month', 'kind'],
    rows: (given) => salesReportingView(given.once(lots), 'kind', given.settings),
  },
  repeat_purchase_monthly: {
    key: ['month'],
    rows: (given) => repeatView(given.once(purchases), given.settings),
  },
  loyalty_monthly: {
    key: ['month'],
    rows: (given) => loyaltyView(given.once(purchases), given.settings),
  },
};
