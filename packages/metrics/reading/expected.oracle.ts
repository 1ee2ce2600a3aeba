/** Outside figures over time. Rule 24, rule 43. */
import { type Row, counted, grouped, number, text, word } from '../oracle/base.oracle.ts';
import type { ExpectedViews, Given } from '../oracle/expected.oracle.ts';
import { dateOf } from '../oracle/calendar.oracle.ts';

/** First, highest, lowest and last reading of each day, per name and customer. */
export function readingsView({ events, settings: { now, zone } }: Given): Row[] {
  const seen = new Set<string>();
  const figures = counted(events, 'reading', 'name', now).filter((event) => {
    const identity = JSON.stringify([event.key, word(event.raw, 'reading_id')]);
    return !seen.has(identity) && seen.add(identity);
  });
  const days = grouped(figures, ({ at, key, raw }) =>
    JSON.stringify([dateOf(at, zone), key, text(raw, 'customer_id') ?? '']),
  );
  return [...days].map(([group, some]) => {
    const [date, name, customer] = JSON.parse(group) as [string, string, string];
    const values = some.map(({ raw }) => number(raw, 'value') ?? 0);
    return {
      date,
      name,
      customer_id: customer,
      open: values[0] ?? null,
      high: Math.max(...values),
      low: Math.min(...values),
      close: values.at(-1) ?? null,
      readings: values.length,
    };
  });
}

/** What the views of readings should show. */
export const expected: ExpectedViews = {
  readings_daily: { key: ['date', 'name', 'customer_id'], rows: readingsView },
};
