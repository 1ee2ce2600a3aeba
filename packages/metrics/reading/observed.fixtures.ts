import type { ReadingObserved } from '@tidemark/events/types';
import { event } from '../definition/history.fixtures.ts';

type Fields = Partial<Omit<ReadingObserved, 'type' | 'event_id' | 'occurred_at' | 'source' | 'voids'>>;

let count = 0;

/** A reading of its own reading_id, of `stock_price` by default. */
export const observed = (time: string, value: number, fields: Fields = {}): ReadingObserved =>
  event<ReadingObserved>('reading.observed', time, {
    name: 'stock_price',
    reading_id: `q${++count}`,
    value,
    unit: null,
    customer_id: null,
    ...fields,
  });
