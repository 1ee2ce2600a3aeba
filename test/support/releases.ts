/** Other releases than this tree, each as a tree of its own that its services can be started from. */
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { families } from '@tidemark/events/families';
import { type RegisteredSchema, registeredSchemas, schemaText } from '@tidemark/events/registry';
import { schemaTextsFile, schemaTextsModule } from '../../scripts/generate/schema-texts.ts';

const run = promisify(execFile);
const here = fileURLToPath(new URL('../..', import.meta.url));
/** Where workspaces are. */
const roots = ['packages', 'services', 'infra'];

/**
 * The tree of a commit, without its history. Its packages are its own; those of others are this tree's.
 *
 * @param folder Where to make it; it must not exist.
 * @throws Error when there is no such commit here.
 */
export async function releaseAt(commit: string, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await run('sh', ['-ec', 'git archive --format=tar "$1" | tar -x -C "$2"', 'sh', commit, folder], {
    cwd: here,
  });
  await linkModules(folder);
  return folder;
}

/**
 * A release after this one: this tree, in which the schemas of all families have a second version with one field more.
 *
 * @param folder Where to make it; it must not exist.
 */
export async function nextRelease(folder: string): Promise<string> {
  await copyTo(folder);
  const next = registeredSchemas.map((entry) =>
    isOfEvents(entry) ? { ...entry, file: `before/${entry.file}` } : entry,
  );
  const texts = new Map(next.map((entry, index) => [entry.file, schemaText(registeredSchemas[index]!)]));
  for (const entry of registeredSchemas.filter(isOfEvents)) {
    next.push({ ...entry, id: nextSchemaId(entry.id), version: entry.version + 1 });
    texts.set(entry.file, withOneFieldMore(schemaText(entry)));
  }
  texts.set('registry.json', JSON.stringify({ schemas: next }));
  const text = schemaTextsModule([...texts.keys()], (file) => texts.get(file)!);
  await writeFile(join(folder, schemaTextsFile), text);
  await linkModules(folder);
  return folder;
}

/**
 * A release that differs from this tree in a few words of one file.
 *
 * @param folder Where to make it; it must not exist.
 * @param words What is to stand there in place of what, each of which must be there.
 */
export async function releaseWith(
  folder: string,
  file: string,
  words: readonly (readonly [from: string, to: string])[],
): Promise<string> {
  await copyTo(folder);
  let text = await readFile(join(folder, file), 'utf8');
  for (const [from, to] of words) {
    if (!text.includes(from)) throw new Error(`${file} has no longer: ${from}`);
    text = text.replace(from, to);
  }
  await writeFile(join(folder, file), text);
  await linkModules(folder);
  return folder;
}

async function copyTo(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const part of [...roots, 'schemas', 'package.json'])
    await cp(join(here, part), join(folder, part), { recursive: true });
}

/** The id that the next release gives to the second version of a schema of events. */
export function nextSchemaId(id: number): number {
  return id + 1_000;
}

function isOfEvents({ subject }: RegisteredSchema): boolean {
  return families.some((family) => subject === `events.${family}-value`);
}

function withOneFieldMore(schema: string): string {
  const { fields, ...rest } = JSON.parse(schema) as { fields: object[] };
  const field = {
    name: 'of_next_release',
    type: ['null', 'string'],
    default: null,
    doc: 'Of a test.',
    length: [0, 8],
  };
  return JSON.stringify({ ...rest, fields: [...fields, field] });
}

/** The modules of a tree: links to this one's, and to its own workspaces. */
async function linkModules(tree: string): Promise<void> {
  const [from, to] = [join(here, 'node_modules'), join(tree, 'node_modules')];
  await mkdir(join(to, '@tidemark'), { recursive: true });
  for (const name of await readdir(from))
    if (name !== '@tidemark') await symlink(join(from, name), join(to, name));
  for (const root of roots)
    for (const name of await readdir(join(tree, root))) {
      const text = await readFile(join(tree, root, name, 'package.json'), 'utf8').catch(() => undefined);
      if (text === undefined) continue;
      const { name: known } = JSON.parse(text) as { name: string };
      await symlink(join(tree, root, name), join(to, known));
    }
}
