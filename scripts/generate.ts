/**
 * `npm run generate` writes what follows from the event schemas, the metric definitions and the receivers of alerts: the
 * list of families, the event types, the schemas of facts and counters, the registry of schema ids, the SQL for reading,
 * the lists of what folders have, and the receivers in the schema of alert rules.
 * `npm run generate -- --release` freezes the versions that are not released yet, because data are written with them from
 * then on. See docs/decisions/schemas.md.
 */
import { globSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { RegisteredSchema } from '@tidemark/events/registry';
import { familyListFile, familyListModule } from './generate/family-list.ts';
import { receiverFolder, receiverList } from './generate/receiver-list.ts';
import { schemaTextsFile, schemaTextsModule } from './generate/schema-texts.ts';

const root = new URL('../', import.meta.url);
const textOf = (file: string): string => readFileSync(new URL(`schemas/${file}`, root), 'utf8');
const write = (file: string, text: string): void => {
  const url = new URL(file, root);
  mkdirSync(new URL('.', url), { recursive: true });
  writeFileSync(url, text);
};
// Everything below reads the families, the event schemas and the receivers from these modules: they come first.
const files = globSync(['*.avsc', '*/*.avsc', '*/*/*.avsc', 'registry.json'], {
  cwd: new URL('schemas/', root),
});
const { schemas: known } = JSON.parse(textOf('registry.json')) as { schemas: RegisteredSchema[] };
const eventFiles = files.filter((file) => file.startsWith('events/'));
write(familyListFile, familyListModule(eventFiles, textOf, known));
write(schemaTextsFile, schemaTextsModule(files, textOf));
write(...receiverList(readdirSync(new URL(receiverFolder, root))));
const { release, generated, obsolete } = await import('./generate/outputs.ts');
const outputs = await generated();
for (const file of obsolete(outputs)) rmSync(new URL(file, root));
const all = process.argv.includes('--release') ? await release(outputs) : outputs;
for (const [file, text] of all) write(file, text);
console.log(`${all.size} files are up to date.`);
