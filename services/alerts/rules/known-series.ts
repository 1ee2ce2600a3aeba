import type { Family } from '../../events/families.ts';
import { definitionsWith } from '../../metrics/index.ts';
import { defaultMetricSettings } from '../../metrics/settings.ts';
import { ingestCounters } from '../../runtime/ingest-counters.ts';
import type { KnownSeries } from './rule.ts';

/** Every live series: those of the metric definitions and those of what was received. */
export const knownSeries: KnownSeries = new Map<string, { dimensions: readonly string[]; family?: Family }>([
  ...definitionsWith(defaultMetricSettings).flatMap(({ counters, on }) =>
    Object.entries(counters).map(
      ([name, dimensions]): [string, { dimensions: readonly string[]; family: Family }] => [
        name,
        { dimensions, family: on },
      ],
    ),
  ),
  ...Object.entries(ingestCounters).map(([name, dimensions]): [string, { dimensions: readonly string[] }] => [
    name,
    { dimensions },
  ]),
]);
