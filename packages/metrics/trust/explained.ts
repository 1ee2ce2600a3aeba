import { all, type ExplainedViews, rolled, same, within } from '../sql/explained.ts';
import { periods } from '../sql/period.ts';

const counted = ['received', 'duplicates', 'voided', 'late', 'dead_lettered'];

/** How the figures of the audit come about; the other views of trust have no figures that add up. */
export const trustExplained: ExplainedViews = {
  ingest_audit_hourly: {
    key: ['hour', 'family', 'source'],
    columns: Object.fromEntries(
      counted.map((name) => [
        name,
        rolled(
          'ingest_audit_by_quarter',
          'ingest_audit',
          name,
          all(within(periods.hour, 'at'), same('family', 'source')),
        ),
      ]),
    ),
  },
};
