import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { format, type FormatConfig } from 'oxfmt';
import { metricFamilies } from '@tidemark/metrics';
import { cliPage } from './cli-page.ts';
import { dbtFiles } from './dbt.ts';
import { familiesPage } from './families-page.ts';
import { grafanaFiles } from './grafana.ts';
import { llmsText } from './llms.ts';
import { asyncApi, jsonSchemaFiles } from './machines.ts';
import { metricIndex, metricPage } from './metric-pages.ts';
import { receiversPage } from './receivers-page.ts';
import { seriesPage } from './series-page.ts';
import { supersetFiles } from './superset.ts';
import { settingNames, settingsPage } from './settings-page.ts';
import { catalogOf } from '@tidemark/metrics/catalogue/reads';

const root = new URL('../../', import.meta.url);
const folder = 'docs/metrics/';
/** Folders of which every file is made. */
const made = [folder, 'schemas/json/'];

const fileText = (file: string) => readFileSync(new URL(file, root), 'utf8');

async function formatted(file: string, text: string): Promise<string> {
  return (await format(file, text, JSON.parse(fileText('.oxfmtrc.json')) as FormatConfig)).code;
}

/** The reference pages as they should be: texts by their path in the repository. */
export async function docs(): Promise<ReadonlyMap<string, string>> {
  const catalog = catalogOf(metricFamilies);
  const pages = metricFamilies.flatMap((family) => family.pages);
  const others = [...dbtFiles(), ...grafanaFiles(), ...supersetFiles(), ...jsonSchemaFiles()].map(
    async ([file, text]): Promise<[string, string]> => [file, await formatted(file, text)],
  );
  return new Map([
    ...(await Promise.all(others)),
    [`${folder}README.md`, metricIndex(metricFamilies, catalog)],
    ...pages.map((page): [string, string] => [
      `${folder}${page.name}.md`,
      metricPage(page, catalog, settingNames),
    ]),
    ['docs/alert-receivers.md', await formatted('docs/alert-receivers.md', receiversPage())],
    ['docs/contract/asyncapi.json', await formatted('docs/contract/asyncapi.json', asyncApi())],
    ['docs/contract/families.md', await formatted('docs/contract/families.md', familiesPage())],
    ['docs/live-series.md', await formatted('docs/live-series.md', seriesPage())],
    ['docs/operate/cli.md', await formatted('docs/operate/cli.md', await cliPage())],
    ['llms.txt', llmsText(metricFamilies)],
    ['docs/settings.md', await formatted('docs/settings.md', settingsPage())],
  ]);
}

/** Pages of metrics and schemas of events that are no more. */
export function obsoleteDocs(outputs: ReadonlyMap<string, string>): string[] {
  return made
    .filter((one) => existsSync(new URL(one, root)))
    .flatMap((one) => readdirSync(new URL(one, root)).map((file) => `${one}${file}`))
    .filter((file) => !outputs.has(file));
}

/** Files that are not as they should be: missing, other, or of no use any more. */
export function staleDocs(outputs: ReadonlyMap<string, string>): string[] {
  const other = [...outputs]
    .filter(([file, text]) => !existsSync(new URL(file, root)) || fileText(file) !== text)
    .map(([file]) => file);
  return [...other, ...obsoleteDocs(outputs)];
}
