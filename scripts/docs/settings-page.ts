import { readdirSync, readFileSync } from 'node:fs';
import { clickHouseSettings } from '@tidemark/clickhouse/client';
import { viewSettings } from '@tidemark/clickhouse/view-settings';
import { startSettings } from '../../infra/local/start/settings.ts';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { logSettings } from '@tidemark/service/log';
import { describeSettings, type SettingsTable } from '@tidemark/service/settings';
import { tracingSettings } from '@tidemark/tracing/settings';
import { cell, table } from './markdown.ts';

const services = new URL('../../services/', import.meta.url);

type Section = { readonly title: string; readonly about: string; readonly settings: SettingsTable };

// What several services take is described once.
const shared: readonly Section[] = [
  { title: 'Kafka', about: 'Taken by every service that talks to Kafka.', settings: kafkaSettings },
  { title: 'ClickHouse', about: 'Taken by what talks to ClickHouse.', settings: clickHouseSettings },
  { title: 'Reports', about: 'What the views of ClickHouse are written with.', settings: viewSettings },
  { title: 'Log', about: 'Taken by every service.', settings: logSettings },
  {
    title: 'Traces',
    about:
      'Taken by what events pass through, see [tracing.md](tracing.md). Off unless an endpoint is named.',
    settings: tracingSettings,
  },
];
/** Folders whose settings are shared. */
const sharedFolders: ReadonlySet<string> = new Set(['kafka', 'tracing']);

const start: Section = {
  title: '`npx tidemark start`',
  about:
    'The launcher. It gives each service the settings of that service, and no others; alerts also the variables that their receivers name.',
  settings: startSettings,
};

function isTable(value: unknown): value is SettingsTable {
  if (typeof value !== 'object' || value === null) return false;
  const all: unknown[] = Object.values(value);
  return (
    all.length > 0 &&
    all.every((one) => typeof one === 'object' && one !== null && 'doc' in one && 'takes' in one)
  );
}

const sizeOf = (settings: SettingsTable) => Object.keys(settings).length;

/** Of each service with a settings.ts the greatest table in it: the others are parts of it. */
async function serviceSections(): Promise<Section[]> {
  const names = readdirSync(services, { recursive: true, encoding: 'utf8' })
    .flatMap((file) => /^([\w-]+)\/settings\.ts$/.exec(file)?.[1] ?? [])
    .filter((name) => !sharedFolders.has(name))
    .toSorted((a, b) => a.localeCompare(b));
  const modules = await Promise.all(
    names.map(async (name) => {
      const module = (await import(new URL(`${name}/settings.ts`, services).href)) as Record<string, unknown>;
      const tables = Object.values(module).filter(isTable);
      return { name, settings: tables.toSorted((a, b) => sizeOf(b) - sizeOf(a))[0] };
    }),
  );
  return modules.flatMap(({ name, settings }) =>
    settings === undefined
      ? []
      : [{ title: `The ${name} service`, about: `\`${commandOf(name)}\`.`, settings }],
  );
}

/** What runs it: the script of a service, or a command. */
function commandOf(name: string): string {
  const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    scripts: Readonly<Record<string, string>>;
  };
  return `start:${name}` in scripts ? `npm run start:${name}` : `npx tidemark ${name}`;
}

const rowsOf = (settings: SettingsTable) =>
  describeSettings(settings).map(({ name, takes, fallback, doc }) => [
    `\`${name}\``,
    cell(takes),
    fallback === undefined ? '**required**' : fallback === '' ? 'none' : `\`${cell(fallback)}\``,
    cell(doc),
  ]);

/** Of a shared section what is taken too, in words; `undefined` for nothing. */
function takenOf(one: Section, settings: SettingsTable): string | undefined {
  const all = Object.keys(one.settings);
  const taken = all.filter((name) => one.settings[name] === settings[name]);
  if (taken.length === 0) return undefined;
  if (taken.length === all.length) return `all of ${one.title}`;
  return `${taken.map((name) => `\`${name}\``).join(', ')} of ${one.title}`;
}

function sectionText({ title, about, settings }: Section): string {
  const others = shared.filter((one) => one.settings !== settings);
  const isShared = (name: string) => others.some((one) => one.settings[name] === settings[name]);
  const own = Object.fromEntries(Object.entries(settings).filter(([name]) => !isShared(name)));
  const also = others.map((one) => takenOf(one, settings)).filter((taken) => taken !== undefined);
  return [
    `## ${title}`,
    also.length === 0 ? about : `${about} Also takes ${also.join('; ')}.`,
    table(['variable', 'takes', 'default', 'what it is for'], rowsOf(own)),
  ].join('\n\n');
}

const sections = [start, ...shared, ...(await serviceSections())];

/** Every setting's name. */
export const settingNames: readonly string[] = [
  ...new Set(sections.flatMap(({ settings }) => Object.keys(settings))),
];

/** The reference of settings, as Markdown. */
export function settingsPage(): string {
  return `${[
    '# Settings',
    'Every service reads its settings from environment variables, once, at its start; all that are missing or wrong are reported together. Made by `npm run docs` from the tables the services read; not to be edited by hand. `--help` prints the same.',
    ...sections.map(sectionText),
  ].join('\n\n')}\n`;
}
