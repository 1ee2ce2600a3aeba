import type { Example, MetricPage } from '@tidemark/metrics/definition/page';
import type { MetricFamily } from '@tidemark/metrics/family';
import type { View } from '@tidemark/metrics/sql/view';
import { ruleLink, withLinks } from './contract.ts';
import { factsBehind, type Source, sourcesOf } from '@tidemark/metrics/catalogue/sources';
import { bullets, cell, table, firstSentence } from './markdown.ts';
import { type Catalog, readsOf } from '@tidemark/metrics/catalogue/reads';

const reportingSuffix = '_reporting';

/** The views of a page, each followed by its reporting-currency variant when there is one. */
export function viewsOf(page: MetricPage, { views }: Catalog): readonly View[] {
  return page.views
    .flatMap((name) => [name, `${name}${reportingSuffix}`])
    .map((name) => views.get(name))
    .filter((view) => view !== undefined);
}

function viewText(view: View): string {
  const rows = view.columns.map((column) => [
    `\`${column.name}\``,
    `\`${column.type}\``,
    column.unit,
    cell(column.comment),
  ]);
  return [`### \`${view.name}\``, view.comment, table(['column', 'type', 'unit', 'what it is'], rows)].join(
    '\n\n',
  );
}

const sourceTable = (sources: readonly Source[]) =>
  table(
    ['family', 'events', 'definition', 'facts'],
    sources.map(({ family, events, definition, facts }) => [
      family,
      events.map((event) => `\`${event}\``).join(', '),
      definition,
      facts.map((fact) => `\`${fact}\``).join(', '),
    ]),
  );

function eventsText(views: readonly View[], catalog: Catalog): string {
  const behind = (those: readonly View[]) =>
    new Set(those.flatMap(({ name }) => [...factsBehind(name, catalog)]));
  const plain = behind(views.filter(({ name }) => !name.endsWith(reportingSuffix)));
  const more = sourcesOf(behind(views).difference(plain));
  const reporting = `The \`${reportingSuffix}\` views also read:`;
  return [sourceTable(sourcesOf(plain)), ...(more.length === 0 ? [] : [reporting, sourceTable(more)])].join(
    '\n\n',
  );
}

const exampleText = ({ given, results }: Example) =>
  `${given}\n\n${table(
    ['column', 'worked', 'value'],
    results.map(([column, working, value]) => [`\`${column}\``, cell(working), cell(value)]),
  )}`;

function settingsText(
  page: MetricPage,
  views: readonly View[],
  catalog: Catalog,
  names: readonly string[],
): string {
  const words = [
    page.meaning,
    ...page.formula,
    ...page.rules.map(([text]) => text),
    ...views.flatMap((view) => [
      ...readsOf(view, catalog).settings,
      view.comment,
      ...view.columns.map(({ comment }) => comment),
    ]),
  ].join(' ');
  const used = names.filter((name) => new RegExp(`\\b${name}\\b`).test(words));
  return used.length === 0
    ? ''
    : `Settings: ${used.map((name) => `[\`${name}\`](../settings.md)`).join(', ')}.`;
}

const ruleText = ([text, ...rules]: MetricPage['rules'][number]) =>
  rules.length === 0 ? text : `${text} (${rules.map(ruleLink).join(', ')})`;

/**
 * A page of the metric reference, as Markdown.
 *
 * @param settings Names of the settings that a page may speak of.
 */
export function metricPage(page: MetricPage, catalog: Catalog, settings: readonly string[]): string {
  const views = viewsOf(page, catalog);
  const parts = [
    `# ${page.title}`,
    page.meaning,
    '## Formula',
    `\`\`\`text\n${page.formula.join('\n')}\n\`\`\``,
    '## Events read',
    eventsText(views, catalog),
    settingsText(page, views, catalog, settings),
    '## Edge rules',
    bullets(page.rules.map(ruleText)),
    '## Views',
    ...views.map(viewText),
    '## Worked example',
    ...page.examples.map(exampleText),
    '## Source',
    withLinks(page.source),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** The index of the metric reference, as Markdown. */
export function metricIndex(families: readonly MetricFamily[], catalog: Catalog): string {
  const parts = families.flatMap(({ title, pages }) => [
    `## ${title}`,
    table(
      ['metric', 'what it says', 'views'],
      pages.map((page) => [
        `[${page.title}](${page.name}.md)`,
        cell(firstSentence(page.meaning)),
        viewsOf(page, catalog)
          .map(({ name }) => `\`${name}\``)
          .join(', '),
      ]),
    ),
  ]);
  return `${[
    '# Metrics',
    'Every metric, made by `npm run docs` from packages/metrics; not to be edited by hand. The views are in the ClickHouse database `tidemark`, and carry the same texts as comments.',
    "Rates are fractions, null when what they divide by is 0. Money is in the major unit of its `currency`, to 6 decimals, divisions rounded half to even. Days, weeks and months are those of [`REPORTING_TIMEZONE`](../settings.md). A view ending in `_reporting` is its plain one over all currencies, in [`REPORTING_CURRENCY`](../settings.md). Each view `x` except `data_through` and `audit_imbalances` can be read as it was known then: `SELECT * FROM tidemark.x_as_of(known_at = '2026-01-31 12:00:00')`, in UTC; what changed since, and why, is a [restatement](../decisions/restatements.md). Rule numbers are those of [the contract](../contract/README.md). A voided event counts as never published, a repeated one once, and the order of arrival never matters.",
    ...parts,
  ].join('\n\n')}\n`;
}
