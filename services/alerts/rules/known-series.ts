import type { Family } from '@tidemark/events/families';
import { definitionsWith } from '@tidemark/metrics';
import { defaultMetricSettings } from '@tidemark/metrics/settings';
import { ingestCounters } from '@tidemark/runtime/ingest-counters';
import type { KnownSeries } from './rule.ts';

/** Every live series: those of the metric definitions, and those that count received events. */
export const knownSeries: KnownSeries = new Map<string, { dimensions: readonly string[]; family?: Family }>([
  ...definitionsWith(defaultMetricSettings).flatMap(({ counters, on }) =>
    Object.entries(counters).map(
      ([name, { dimensions }]): [string, { dimensions: readonly string[]; family: Family }] => [
        name,
        { dimensions, family: on },
      ],
    ),
  ),
  ...Object.entries(ingestCounters).map(
    ([name, { dimensions }]): [string, { dimensions: readonly string[] }] => [name, { dimensions }],
  ),
]);
