import { exchange } from '../currencies/rates.oracle.ts';
import type { ExpectedViews } from '../oracle/expected.oracle.ts';

/** What the views of trust should show, of those that follow from the events alone. */
export const expected: ExpectedViews = {
  // Right only after all that had to be converted has been: it stands last.
  fx_missing: { key: ['date', 'currency'], rows: (given) => given.once(exchange).missing() },
};
