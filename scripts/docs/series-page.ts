import { definitionsWith } from '@tidemark/metrics';
import { defaultMetricSettings } from '@tidemark/metrics/settings';
import { ingestCounters } from '@tidemark/runtime/ingest-counters';
import { table } from './markdown.ts';

const declared = [
  ...definitionsWith(defaultMetricSettings).flatMap(({ counters, on }) =>
    Object.entries(counters).map(([name, counter]) => ({ name, family: on as string, ...counter })),
  ),
  ...Object.entries(ingestCounters).map(([name, counter]) => ({ name, family: 'every', ...counter })),
];

/** The reference of live series, as Markdown. */
export function seriesPage(): string {
  const rows = declared.map(({ name, type, dimensions, family }) => [
    `\`${name}\``,
    type,
    dimensions.map((dimension) => `\`${dimension}\``).join(', '),
    family,
  ]);
  return `${[
    '# Live series',
    'The counters that are up to date within a second: `GET /v1/counters` of the live service has them, and [alert rules](alerts.md#rules) name them. A name, its type and its dimensions are a promise: rules and dashboards break when one changes. Made by `npm run docs` from the `counters` of the metric definitions; not to be edited by hand.',
    table(['series', 'type', 'dimensions', 'family'], rows),
  ].join('\n\n')}\n`;
}
