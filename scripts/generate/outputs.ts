import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { format, type FormatConfig } from 'oxfmt';
import { families } from '@tidemark/events/families';
import type { RegisteredSchema } from '@tidemark/events/registry';
import type { Columns } from '@tidemark/metrics/definition/definition';
import { eventTypes } from './event-types.ts';
import { metricFamilies, publishedKinds } from '@tidemark/metrics';
import { familyListFile, familyListModule } from './family-list.ts';
import { counterSchema, factSchema } from './fact-schemas.ts';
import { expectedFile, expectedModule, historiesFile, historiesModule, type Module } from './folder-lists.ts';
import { goldenSql } from './golden-sql.ts';
import { receiverFolder, receiverList } from './receiver-list.ts';
import { rulesSchema, rulesSchemaFile } from './rules-schema.ts';
import { schemaTextsFile, schemaTextsModule } from './schema-texts.ts';
import { register, releasedFile, type CurrentSchema } from './registry.ts';

const root = new URL('../../', import.meta.url);
const registryFile = 'schemas/registry.json';
const factFolder = 'schemas/facts/';

/** Texts by their path in the repository. */
type Outputs = ReadonlyMap<string, string>;

const textOf = (file: string) => readFileSync(new URL(file, root), 'utf8');

async function formatted(file: string, text: string): Promise<string> {
  const options = JSON.parse(textOf('.oxfmtrc.json')) as FormatConfig;
  return (await format(file, text, options)).code;
}

/** Those of some folders of packages/metrics that have a file. */
const foldersWith = (file: string, folders: readonly string[]): string[] =>
  folders.filter((folder) => existsSync(new URL(`packages/metrics/${folder}/${file}`, root)));

async function formattedEntry([file, text]: Module): Promise<[string, string]> {
  return [file, await formatted(file, text)];
}

function knownSchemas(): RegisteredSchema[] {
  if (!existsSync(new URL(registryFile, root))) return [];
  return (JSON.parse(textOf(registryFile)) as { schemas: RegisteredSchema[] }).schemas;
}

const registryText = (schemas: readonly RegisteredSchema[]) =>
  `${JSON.stringify({ schemas }, undefined, 2)}\n`;

function factSchemas(kinds: ReadonlyMap<string, Columns>): CurrentSchema[] {
  return [...kinds].map(([kind, columns]) => ({
    subject: `facts.${kind}-value`,
    file: `facts/${kind}.avsc`,
    text: factSchema(kind, columns),
  }));
}

/** Every generated file as it should be. */
export async function generated(): Promise<Outputs> {
  const facts = factSchemas(new Map([...publishedKinds].toSorted(([a], [b]) => (a < b ? -1 : 1))));
  const counters = { subject: 'counters-value', file: 'counters.avsc', text: counterSchema() };
  const events = families.map((family) => ({
    subject: `events.${family}-value`,
    file: `events/${family}.avsc`,
    text: textOf(`schemas/events/${family}.avsc`),
  }));
  const current = [...events, counters, ...facts];
  const subjects = new Set(current.map((schema) => schema.subject));
  // What was never released and no longer exists is forgotten; its id may be given again.
  const known = knownSchemas().filter((entry) => entry.released || subjects.has(entry.subject));
  const registry = register(known, current, (file) => textOf(`schemas/${file}`));
  const eventFiles = readdirSync(new URL('schemas/events/', root)).map((file) => `events/${file}`);
  const familyList = familyListModule(eventFiles, (file) => textOf(`schemas/${file}`), registry);
  const lists = [
    expectedModule(
      foldersWith(
        expectedFile,
        metricFamilies.map(({ name }) => name),
      ),
    ),
    historiesModule(foldersWith(historiesFile, families)),
    receiverList(readdirSync(new URL(receiverFolder, root))),
  ];
  const types = 'packages/events/types.ts';
  return withSchemaTexts(
    new Map([
      [familyListFile, await formatted(familyListFile, familyList)],
      [types, await formatted(types, eventTypes())],
      ...[counters, ...facts].map(({ file, text }): [string, string] => [`schemas/${file}`, text]),
      [registryFile, await formatted(registryFile, registryText(registry))],
      [rulesSchemaFile, await formatted(rulesSchemaFile, rulesSchema(textOf(rulesSchemaFile)))],
      ...goldenSql(metricFamilies),
      ...(await Promise.all(lists.map(formattedEntry))),
    ]),
  );
}

/** The same with the module that carries the texts of all schemas: the core reads no files. */
async function withSchemaTexts(outputs: Map<string, string>): Promise<Outputs> {
  const textNow = (file: string) => outputs.get(`schemas/${file}`) ?? textOf(`schemas/${file}`);
  const { schemas } = JSON.parse(textNow('registry.json')) as { schemas: RegisteredSchema[] };
  return outputs.set(
    schemaTextsFile,
    await formatted(
      schemaTextsFile,
      schemaTextsModule(['registry.json', ...schemas.map(({ file }) => file)], textNow),
    ),
  );
}

/** Fact schemas that no definition has any more. */
export function obsolete(outputs: Outputs): string[] {
  const folder = new URL(factFolder, root);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((file) => `${factFolder}${file}`)
    .filter((file) => !outputs.has(file));
}

/** The same with every version released: its schema is copied to where it never changes. */
export async function release(outputs: Outputs): Promise<Outputs> {
  const { schemas } = JSON.parse(outputs.get(registryFile) ?? '') as { schemas: RegisteredSchema[] };
  const copies: [string, string][] = schemas
    .filter((entry) => !entry.released)
    .map((entry) => {
      const current = `schemas/${entry.file}`;
      return [`schemas/${releasedFile(entry)}`, outputs.get(current) ?? textOf(current)];
    });
  const released = schemas.map((entry) => ({ ...entry, file: releasedFile(entry), released: true }));
  return withSchemaTexts(new Map([...outputs, ...copies, [registryFile, registryText(released)]]));
}
