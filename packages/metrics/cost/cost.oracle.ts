/** Money spent, spread over the days it was spent for. Rule 24, rule 39. */
import { Temporal } from 'temporal-polyfill';
import type { Given } from '../oracle/expected.oracle.ts';
import { firstOfEach, number, text, word } from '../oracle/base.oracle.ts';
import { dayStart } from '../oracle/calendar.oracle.ts';
import { halfEven, micros } from '../oracle/money.oracle.ts';

/** An amount spent on a day `YYYY-MM-DD`, in micros of its currency. */
export type Expense = {
  readonly date: string;
  readonly category: string;
  readonly currency: string;
  readonly segment: string;
  readonly amount: bigint;
};

/**
 * What was spent on each day: of the first cost in order under each id, so that the days sum to it exactly. The day
 * under way at `now` counts whole; one that lies ahead is not spent yet.
 */
export function expenses({ events, settings: { now, zone } }: Given): Expense[] {
  return firstOfEach(events, 'cost', 'cost_id', now).flatMap(({ raw }) => {
    const currency = word(raw, 'currency');
    const amount = micros(number(raw, 'amount') ?? 0, currency);
    const start = Temporal.PlainDate.from(word(raw, 'period_start'));
    const days =
      start.until(Temporal.PlainDate.from(word(raw, 'period_end')), { largestUnit: 'day' }).days + 1;
    const upTo = (i: number): bigint => halfEven(amount * BigInt(i), BigInt(days));
    return Array.from({ length: days }, (_, i) => ({
      date: start.add({ days: i }).toString(),
      category: word(raw, 'category'),
      currency,
      segment: text(raw, 'segment') ?? '',
      amount: upTo(i + 1) - upTo(i),
    })).filter(({ date }) => dayStart(date, zone) <= now);
  });
}
