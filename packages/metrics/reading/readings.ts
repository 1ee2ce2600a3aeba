import type { ReadingObserved } from '@tidemark/events/types';
import { countBy, to, type Definition } from '../definition/definition.ts';
import { valueOf, withValue, type LayeredMap } from '../definition/layered-map.ts';

/** What the fold over the readings of a name publishes. */
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
 * Readings of an outside figure. The entity is the figure's name, so its history is long: of each reading no more is
 * kept than its reading_id (rule 46), of which the first in order counts (rule 24). `sequence` and `event_id` are in the
 * facts for the order of a day's readings (rule 43).
 */
export const readings: Definition<LayeredMap<true>, ReadingObserved, typeof readingFacts> = {
  name: 'readings',
  version: '1',
  on: 'reading',
  facts: readingFacts,
  initial: [],
  due: () => undefined,
  ended: () => true,
  step(known, input) {
    switch (input.type) {
      case 'reading.observed': {
        if (valueOf(known, input.reading_id)) return to(known);
        return to(withValue(known, input.reading_id, true), {
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
      }
      case 'tick':
        return to(known);
    }
  },
  counters: { readings: countBy('name') },
  count: ({ name }) => [{ series: ['readings', name], by: 1n }],
};
