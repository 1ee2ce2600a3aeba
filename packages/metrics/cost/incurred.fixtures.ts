import type { CostIncurred } from '@tidemark/events/types';
import { event } from '../definition/history.fixtures.ts';

type Fields = Partial<Omit<CostIncurred, 'type' | 'event_id' | 'occurred_at' | 'source' | 'voids'>>;

let count = 0;

/** A marketing cost of its own cost_id, of 10.00 EUR for 1 May 2026 by default; `amount` in minor units. */
export const incurred = (time: string, fields: Fields = {}): CostIncurred =>
  event<CostIncurred>('cost.incurred', time, {
    cost_id: `k${++count}`,
    category: 'marketing',
    amount: 10_00,
    currency: 'EUR',
    period_start: '2026-05-01',
    period_end: fields.period_start ?? '2026-05-01',
    campaign: null,
    segment: null,
    ...fields,
  });
