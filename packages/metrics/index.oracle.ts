/**
 * The batch answer: every view of the contract from a whole set of events at once, the naive way, for the tests to
 * compare the pipeline with. It works from the contract's words alone and shares no code with the pipeline.
 */
import { expectedViews } from './expected.oracle.ts';
import type { ContractEvent, Settings, Views } from './oracle/base.oracle.ts';
import { givenOf } from './oracle/expected.oracle.ts';

export { expectedViews } from './expected.oracle.ts';
export { type ContractEvent, type Row, type Settings, type Views, settingsAt } from './oracle/base.oracle.ts';
export { canonical, compareRows } from './oracle/compare.oracle.ts';

/** Views without an expected answer of their own, each with the reason. */
export const withoutExpected: { readonly [view: string]: string } = {
  ingest_audit_hourly: 'of receipts, not of events: compared with trust/audit.oracle.ts in test/pipeline',
  data_through: 'of the processor and the wall clock: compared with what was sent in test/pipeline',
  audit_imbalances:
    'empty unless the pipeline is at fault: faults are planted in test/views/imbalances.test.ts',
};

/** Every view with an expected answer, by its name. The order of rows means nothing. */
export function oracle(events: readonly ContractEvent[], settings: Settings): Views {
  const given = givenOf(events, settings);
  return Object.fromEntries(Object.entries(expectedViews).map(([view, { rows }]) => [view, rows(given)]));
}
