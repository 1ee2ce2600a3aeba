import type { Example, MetricPage, MetricSection } from '../../packages/metrics/definition/reference.ts';
import { ruleLink, withLinks } from './contract.ts';
import { factsBehind, type Source, sourcesOf } from './sources.ts';
import { bullets, cell, table } from './markdown.ts';
import { unitOf } from './units.ts';
import type { View, ViewTexts } from './view-texts.ts';

const sisterSuffix = '_reporting';

/** The views of a page, each followed by its sister in the reporting currency when there is one. */
export function viewsOf(page: MetricPage, { views }: ViewTexts): readonly View[] {
  return page.views
    .flatMap((name) => [name, `${name}${sisterSuffix}`])
    .map((name) => views.get(name))
    .filter((view) => view !== undefined);
}

function viewText(view: View): string {
  const given = view.parameters.map((parameter) => `${parameter} = '2026-01-31 12:00:00'`).join(', ');
  const rows = view.columns.map((column) => [
    `\`${column.name}\``,
    `\`${column.type}\``,
    unitOf(column) ?? '',
    cell(column.comment),
  ]);
  return [
    `### \`${view.name}\``,
    view.comment,
    ...(given === '' ? [] : [`Read with its parameters: \`SELECT * FROM tidemark.${view.name}(${given})\`.`]),
    table(['column', 'type', 'unit', 'what it is'], rows),
  ].join('\n\n');
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

function eventsText(views: readonly View[], texts: ViewTexts): string {
  const behind = (those: readonly View[]) =>
    new Set(those.flatMap(({ name }) => [...factsBehind(name, texts)]));
  const plain = behind(views.filter(({ name }) => !name.endsWith(sisterSuffix)));
  const more = sourcesOf(behind(views).difference(plain));
  const sisters = `The \`${sisterSuffix}\` views also read:`;
  return [sourceTable(sourcesOf(plain)), ...(more.length === 0 ? [] : [sisters, sourceTable(more)])].join(
    '\n\n',
  );
}

const exampleText = ({ given, results }: Example) =>
  `${given}\n\n${table(
    ['column', 'worked', 'value'],
    results.map(([column, working, value]) => [`\`${column}\``, cell(working), cell(value)]),
  )}`;

function settingsText(page: MetricPage, views: readonly View[], names: readonly string[]): string {
  const words = [
    page.meaning,
    ...page.formula,
    ...page.rules.map(([text]) => text),
    ...views.flatMap((view) => [
      ...view.settings,
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
export function metricPage(page: MetricPage, texts: ViewTexts, settings: readonly string[]): string {
  const views = viewsOf(page, texts);
  const parts = [
    `# ${page.title}`,
    page.meaning,
    '## Formula',
    `\`\`\`text\n${page.formula.join('\n')}\n\`\`\``,
    '## Events read',
    eventsText(views, texts),
    settingsText(page, views, settings),
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

const firstSentence = (text: string) => /^.*?[.](?=\s|$)/s.exec(text)?.[0] ?? text;

/** The index of the metric reference, as Markdown. */
export function metricIndex(sections: readonly MetricSection[], texts: ViewTexts): string {
  const parts = sections.flatMap(({ title, pages }) => [
    `## ${title}`,
    table(
      ['metric', 'what it says', 'views'],
      pages.map((page) => [
        `[${page.title}](${page.name}.md)`,
        cell(firstSentence(page.meaning)),
        viewsOf(page, texts)
          .map(({ name }) => `\`${name}\``)
          .join(', '),
      ]),
    ),
  ]);
  return `${[
    '# Metrics',
    'Every metric, made by `npm run docs` from the definitions and the SQL; not to be edited by hand. The views are in the ClickHouse database `tidemark`, and carry the same texts as comments.',
    'Rates are fractions, null when what they divide by is 0. Money is in the major unit of its `currency`, to 6 decimals, divisions rounded half to even. Days, weeks and months are those of [`REPORTING_TIMEZONE`](../settings.md). A view ending in `_reporting` tells its plain one over all currencies together, in [`REPORTING_CURRENCY`](../settings.md). Rule numbers are those of [the contract](../contract/README.md). A voided event counts as never published, a repeated one once, and the order of arrival never matters.',
    ...parts,
  ].join('\n\n')}\n`;
}
