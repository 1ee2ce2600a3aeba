/**
 * What documents, comments and messages point to: links and their anchors, paths of the tree, and
 * commands. A pointer is dead when the reader who follows it finds nothing.
 */
import { matchesGlob, posix } from 'node:path';
import type { Command } from 'commander';
import { lineOf, type TextFile, type Tree } from './tree.ts';

/** A pointer that leads nowhere. */
export type DeadPointer = {
  /** File and line, as `docs/alerts.md:31`. */
  readonly at: string;
  /** What is missing, in a sentence. */
  readonly problem: string;
};

type Check = (file: TextFile, world: World) => Iterable<{ readonly index: number; readonly problem: string }>;

type World = {
  readonly files: ReadonlySet<string>;
  readonly folders: ReadonlySet<string>;
  readonly texts: ReadonlyMap<string, string>;
  /** Commands of `npm run`, with what each runs, of every package in the tree. */
  readonly scripts: ReadonlyMap<string, readonly string[]>;
  /** Commands of `npx`. */
  readonly binaries: ReadonlySet<string>;
  /** The command line of the tree. */
  readonly program: CommandLine;
};

/** A command line, and the files of those of its commands that hand on all that follows them, by their words. */
export type CommandLine = { readonly command: Command; readonly files: ReadonlyMap<string, string> };

/**
 * Follows every pointer of the tree.
 *
 * @param binaries Commands that the dependencies install, for `npx`.
 * @param program What `npx` calls by the name of its command.
 */
export function deadPointers(
  tree: Tree,
  binaries: readonly string[],
  program: CommandLine,
): readonly DeadPointer[] {
  const world = { ...worldOf(tree, binaries), program };
  return tree.texts.flatMap((file) =>
    [links, paths, fileNames, commands].flatMap((check) =>
      [...check(file, world)].map(({ index, problem }) => ({
        at: `${file.path}:${lineOf(file.text, index)}`,
        problem,
      })),
    ),
  );
}

function worldOf({ paths: files, texts }: Tree, binaries: readonly string[]): Omit<World, 'program'> {
  const folders = new Set(['.']);
  for (const path of files) {
    for (let folder = posix.dirname(path); folder !== '.'; folder = posix.dirname(folder))
      folders.add(folder);
  }
  const packages = texts
    .filter(({ path }) => posix.basename(path) === 'package.json')
    .map(
      ({ text }) => JSON.parse(text) as { scripts?: Record<string, string>; bin?: Record<string, string> },
    );
  const scripts = Map.groupBy(
    packages.flatMap((one) => Object.entries(one.scripts ?? {})),
    ([name]) => name,
  );
  return {
    files: new Set(files),
    folders,
    texts: new Map(texts.map(({ path, text }) => [path, text])),
    scripts: new Map([...scripts].map(([name, entries]) => [name, entries.map(([, script]) => script)])),
    binaries: new Set([...binaries, ...packages.flatMap(({ bin }) => Object.keys(bin ?? {}))]),
  };
}

/** Relative links of a document, with their anchors. */
const links: Check = function* (file, world) {
  if (!file.path.endsWith('.md')) return;
  const text = withoutCode(file.text);
  for (const match of text.matchAll(/\]\(([^()\s]+)\)|\bsrc="([^"]+)"|^\[[^\]]+\]:\s+(\S+)/gm)) {
    const target = match[1] ?? match[2] ?? match[3]!;
    if (/^[a-z]+:/.test(target)) continue;
    const [name = '', anchor] = target.split('#');
    const path = name === '' ? file.path : posix.join(posix.dirname(file.path), decodeURI(name));
    const linked = world.texts.get(path);
    if (!isThere(path, world)) yield { index: match.index, problem: `the link to ${target} leads nowhere` };
    else if (anchor !== undefined && !(linked !== undefined && anchorsOf(linked).has(anchor)))
      yield { index: match.index, problem: `${path} has no heading or anchor #${anchor}` };
  }
};

/** Code is not followed for links; its length is kept, so that lines stay what they are. */
function withoutCode(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```|`[^`\n]+`/gm, (code) => code.replaceAll(/[^\n]/g, ' '));
}

/** The anchors of a document as GitHub makes them of its headings, and those it sets itself. */
function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, id] of text.matchAll(/\b(?:id|name)="([^"]+)"/g)) anchors.add(id!);
  for (const [, heading] of text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/^#{1,6} +(.+)$/gm)) {
    const slug = heading!
      .replaceAll(/\[([^\]]+)\]\([^)]*\)/g, '$1')
      .trim()
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-');
    for (let name = slug, n = 1; ; name = `${slug}-${n++}`) {
      if (anchors.has(name)) continue;
      anchors.add(name);
      break;
    }
  }
  return anchors;
}

const topFolders = ['services', 'packages', 'infra', 'test', 'scripts', 'schemas', 'docs'];
const path = new RegExp(`(?<![\\w/.@:$}>-])(?:${topFolders.join('|')})/[\\w./*{},<>-]*`, 'g');

/** Paths from the root, wherever they stand. `*` and `<name>` stand for anything, `path/to/` for an example. */
const paths: Check = function* (file, world) {
  for (const { 0: found, index } of file.text.matchAll(path)) {
    // In a template the rest of the path is a value.
    if (file.text.startsWith('${', index + found.length)) continue;
    const named = balanced(found.replace(/[.,/<>]+$/, ''));
    if (!isThere(named.replaceAll(/<[\w-]+>/g, '*'), world)) {
      yield { index, problem: `there is no ${named}` };
    }
  }
};

/** Without the brace that belongs to the sentence around the path. */
function balanced(found: string): string {
  const opening = found.split('{').length;
  return found.split('}').length > opening ? found.slice(0, found.lastIndexOf('}')) : found;
}

/** File names that a document says in code quotes: some file of that name must be there. */
const fileNames: Check = function* (file, world) {
  if (!file.path.endsWith('.md')) return;
  for (const match of file.text.matchAll(/`((?:[\w-]+\/)*[\w.-]+\.(?:ts|js|sql|avsc|ya?ml|json|md))`/g)) {
    const name = match[1]!;
    const isSomewhere = world.files.has(name) || [...world.files].some((one) => one.endsWith(`/${name}`));
    if (!isSomewhere) yield { index: match.index, problem: `no file is called ${name}` };
  }
};

const command = /\b(npm run|npm|npx|node) (?:(?:--?[\w-]+(?:=\S+)?) )*([\w@:./-]+)([^`'"\n\\|;&)]*)/g;

/** Commands a reader may type: of npm, of npx, and of files that Node runs. */
const commands: Check = function* (file, world) {
  for (const { 0: all, 1: runner, 2: name = '', 3: rest = '', index } of file.text.matchAll(command)) {
    const next = file.text[index + all.length - rest.length];
    if (next === '<' || next === '…' || next === '$' || name.startsWith('path/to/')) continue;
    if (runner === 'npx') {
      if (name === world.program.command.name()) yield* unknownWords(rest, world, index);
      else if (!world.binaries.has(name)) yield { index, problem: `there is no npx ${name}` };
    } else if (runner === 'node') {
      if (!/\.[cm]?[jt]s$/.test(name) || !topFolders.includes(name.split('/')[0]!)) continue;
      yield* unknownArguments(name, rest, world, index);
    } else if (runner === 'npm run' || name === 'start' || name === 'test') {
      const scripts = world.scripts.get(name.replace(/[.:,/]+$/, ''));
      if (scripts === undefined) {
        yield { index, problem: `there is no npm run ${name}` };
        continue;
      }
      const main = scripts.map((script) => /\bnode (\S+\.ts)\b/.exec(script)?.[1]).find(Boolean);
      const passed = / -- (.*)/.exec(rest)?.[1];
      if (main !== undefined && passed !== undefined) yield* unknownArguments(main, passed, world, index);
    }
  }
};

/** Words and options that the command line does not know. */
function* unknownWords(
  rest: string,
  world: World,
  index: number,
): Iterable<{ index: number; problem: string }> {
  const { command: program, files } = world.program;
  let at = program;
  let path = program.name();
  // Behind two spaces is what the command is for.
  const words = rest
    .trimStart()
    .split(/\s{2,}/, 1)[0]!
    .split(' ');
  let isValue = false;
  for (const [place, word] of words.entries()) {
    const file = files.get(path);
    if (file !== undefined) return yield* unknownArguments(file, words.slice(place).join(' '), world, index);
    const wasValue = isValue;
    isValue = false;
    if (wasValue) continue;
    const [name = ''] = word.split('=');
    if (/^--[a-z]/.test(name)) {
      const option = at.options.find(({ long }) => long === name);
      isValue = option?.required === true && name === word;
      if (name !== '--help' && option === undefined)
        yield { index, problem: `${path} has no option ${name}` };
      continue;
    }
    const next = at.commands.find((one) => one.name() === word);
    if (next !== undefined) [at, path] = [next, `${path} ${word}`];
    else if (/^[a-z][a-z-]+$/.test(word) && at.commands.length > 0 && at.registeredArguments.length === 0)
      return yield { index, problem: `${path} has no command ${word}` };
  }
  return undefined;
}

/** The command word and the options after a program's name, looked for in the folder of the program. */
function* unknownArguments(
  main: string,
  passed: string,
  world: World,
  index: number,
): Iterable<{ index: number; problem: string }> {
  const folder = posix.dirname(main);
  const source = [...world.texts].filter(([path]) => path.endsWith('.ts') && path.startsWith(`${folder}/`));
  const knows = (pattern: RegExp): boolean => source.some(([, text]) => pattern.test(text));
  const [word = ''] = passed.trimStart().split(/\s/);
  if (/^[a-z][a-z-]+$/.test(word) && knows(/\.command\('/) && !knows(new RegExp(`\\.command\\('${word}'`))) {
    yield { index, problem: `${main} has no command ${word}` };
  }
  for (const [, option] of passed.matchAll(/(?<=^|\s)--([a-z][a-z-]+)/g)) {
    if (option === 'help' || knows(new RegExp(`['"\`\\[](?:--)?${option}\\b|\\b${option}: \\{`))) continue;
    yield { index, problem: `${main} has no option --${option}` };
  }
}

function isThere(path: string, { files, folders }: World): boolean {
  const name = path.replace(/\/$/, '');
  if (files.has(name) || folders.has(name)) return true;
  if (!/[*{]/.test(name)) return false;
  return [...files, ...folders].some((one) => matchesGlob(one, name));
}
