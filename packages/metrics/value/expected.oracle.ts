import { cases } from '../contact/expected.oracle.ts';
import { basisOf } from '../cost/acquisition.oracle.ts';
import { accountsOf } from '../cost/cost-reporting.oracle.ts';
import { engagements } from '../engagement/expected.oracle.ts';
import type { ExpectedViews } from '../oracle/expected.oracle.ts';
import { purchases } from '../purchase/purchase.oracle.ts';
import { lots } from '../purchase/sales-reporting.oracle.ts';
import { ledger, monthsOf } from '../subscription/reporting.oracle.ts';
import { customers } from '../subscription/subscription.oracle.ts';
import { answers } from '../survey/expected.oracle.ts';
import { customerValueView } from './customer-value.oracle.ts';
import { healthView } from './health.oracle.ts';
import { withNonRecurringReportingView, withNonRecurringView } from './non-recurring.oracle.ts';
import { clvView, unitEconomicsView } from './unit-economics.oracle.ts';
import {
  clvReportingView,
  customerValueReportingView,
  unitEconomicsReportingView,
} from './value-reporting.oracle.ts';

/** What the views of value and health should show. */
export const expected: ExpectedViews = {
  mrr_with_non_recurring_monthly: {
    key: ['month', 'currency'],
    rows: (given) => withNonRecurringView(given.once(customers), given.once(purchases), given.settings),
  },
  mrr_with_non_recurring_monthly_reporting: {
    key: ['month'],
    rows: (given) =>
      withNonRecurringReportingView(monthsOf(given.once(ledger)), given.once(lots), given.settings),
  },
  customer_value: {
    key: ['customer_id', 'currency'],
    rows: (given) => customerValueView(given.once(purchases), given.once(customers), given.settings),
  },
  customer_value_reporting: {
    key: ['customer_id'],
    rows: (given) => customerValueReportingView(given.once(accountsOf)),
  },
  clv_monthly: { key: ['month', 'currency'], rows: (given) => clvView(given.once(basisOf)) },
  clv_monthly_reporting: {
    key: ['month'],
    rows: (given) => clvReportingView(given.once(accountsOf)),
  },
  unit_economics_monthly: {
    key: ['month', 'currency'],
    rows: (given) => unitEconomicsView(given.once(basisOf)),
  },
  unit_economics_monthly_reporting: {
    key: ['month'],
    rows: (given) => unitEconomicsReportingView(given.once(accountsOf)),
  },
  customer_health: {
    key: ['customer_id'],
    rows: (given) =>
      healthView(
        {
          subscribers: given.once(customers),
          engagements: given.once(engagements),
          answers: given.once(answers),
          cases: given.once(cases),
        },
        given.settings,
      ),
  },
};
