import { all, type ExplainedViews, type Parts, same, within } from '../sql/explained.ts';
import { day } from '../sql/period.ts';

const read = (total: string): Parts => ({
  from: { kind: 'reading' },
  where: all(within(day, 'at'), same('name', 'customer_id')),
  each: { reading_id: 'reading_id', at: 'at', sequence: 'sequence', event_id: 'event_id', figure: 'value' },
  value: 'any(figure)',
  having: 'sum(sign) > 0',
  keep: '1',
  total,
});

/** How the figures of readings come about. */
export const readingExplained: ExplainedViews = {
  readings_daily: {
    key: ['date', 'name', 'customer_id'],
    columns: {
      open: read('argMin(value, (at, sequence, event_id))'),
      high: read('max(value)'),
      low: read('min(value)'),
      close: read('argMax(value, (at, sequence, event_id))'),
      readings: read('toInt64(count())'),
    },
  },
};
