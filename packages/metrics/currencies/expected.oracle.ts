import type { ExpectedViews } from '../oracle/expected.oracle.ts';
import { ratesOf, ratesView } from './rates.oracle.ts';

/** What the views of exchange rates should show. */
export const expected: ExpectedViews = {
  fx_rates_daily: {
    key: ['date', 'currency'],
    rows: (given) => ratesView(given.once(ratesOf), given.settings),
  },
};
