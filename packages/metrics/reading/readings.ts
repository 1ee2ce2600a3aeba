import type { ReadingObserved } from '@tidemark/events/types';
import { countBy, to, type Definition } from '../definition/definition.ts';

/** What the fold over a reading publishes. */
export const readingFacts = {
  /** A figure read. `sequence` and `event_id` order readings of one millisecond, for a day's first and last one. */
  reading: {
    name: 'string',
    customer_id: 'string',
    reading_id: 'string',
    unit: 'string',
    value: 'float',
    sequence: 'integer',
    event_id: 'string',
  },
} as const;

/**
 * Readings of an outside figure. The entity is one reading: the first event of a reading_id counts (rule 24), and only its identity
 * is kept (rule 46). `sequence` and `event_id` are in the facts for the order of a day's readings (rule 43).
 */
export const readings: Definition<'unread' | 'read', ReadingObserved, typeof readingFacts> = {
  name: 'readings',
  // 1 folded all readings of a name at once.
  version: '2',
  on: 'reading',
  facts: readingFacts,
  initial: 'unread',
  due: () => undefined,
  // Its event is all there is of it.
  ended: () => true,
  step(state, input) {
    if (state === 'read') return to(state);
    switch (input.type) {
      case 'reading.observed':
        return to('read', {
          kind: 'reading',
          at: input.occurred_at,
          name: input.name,
          customer_id: input.customer_id ?? '',
          reading_id: input.reading_id,
          unit: input.unit ?? '',
          value: input.value,
          sequence: input.sequence,
          event_id: input.event_id,
        });
      case 'tick':
        return to(state);
    }
  },
  counters: { readings: countBy('name') },
  count: ({ name }) => [{ series: ['readings', name], by: 1n }],
};
