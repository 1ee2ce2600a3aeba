import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { format, type FormatConfig } from 'oxfmt';
import { metricFamilies } from '@tidemark/metrics';
import { cliPage } from './cli-page.ts';
import { dbtFiles } from './dbt.ts';
import { familiesPage } from './families-page.ts';
import { grafanaFiles } from './grafana.ts';
import { metricIndex, metricPage } from './metric-pages.ts';
import { receiversPage } from './receivers-page.ts';
import { seriesPage } from './series-page.ts';
import { settingNames, settingsPage } from './settings-page.ts';
import { catalogOf } from '@tidemark/metrics/catalogue/reads';

const root = new URL('../../', import.meta.url);
const folder = 'docs/metrics/';

const fileText = (file: string) => readFileSync(new URL(file, root), 'utf8');

async function formatted(file: string, text: string): Promise<string> {
  return (await format(file, text, JSON.parse(fileText('.oxfmtrc.json')) as FormatConfig)).code;
}

/** The reference pages as they should be: texts by their path in the repository. */
export async function docs(): Promise<ReadonlyMap<string, string>> {
  const catalog = catalogOf(metricFamilies);
  const pages = metricFamilies.flatMap((family) => family.pages);
  const made = [...dbtFiles(), ...grafanaFiles()].map(async ([file, text]): Promise<[string, string]> => [
    file,
    await formatted(file, text),
  ]);
  return new Map([
    ...(await Promise.all(made)),
    [`${folder}README.md`, metricIndex(metricFamilies, catalog)],
    ...pages.map((page): [string, string] => [
      `${folder}${page.name}.md`,
      metricPage(page, catalog, settingNames),
    ]),
    ['docs/alert-receivers.md', await formatted('docs/alert-receivers.md', receiversPage())],
    ['docs/contract/families.md', await formatted('docs/contract/families.md', familiesPage())],
    ['docs/live-series.md', await formatted('docs/live-series.md', seriesPage())],
    ['docs/operate/cli.md', await formatted('docs/operate/cli.md', await cliPage())],
    ['docs/settings.md', await formatted('docs/settings.md', settingsPage())],
  ]);
}

/** Pages of metrics that are no more. */
export function obsoleteDocs(outputs: ReadonlyMap<string, string>): string[] {
  if (!existsSync(new URL(folder, root))) return [];
  return readdirSync(new URL(folder, root))
    .map((file) => `${folder}${file}`)
    .filter((file) => !outputs.has(file));
}

/** Files that are not as they should be: missing, other, or of no use any more. */
export function staleDocs(outputs: ReadonlyMap<string, string>): string[] {
  const other = [...outputs]
    .filter(([file, text]) => !existsSync(new URL(file, root)) || fileText(file) !== text)
    .map(([file]) => file);
  return [...other, ...obsoleteDocs(outputs)];
}
