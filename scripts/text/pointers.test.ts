import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { Command } from 'commander';
import { programFiles, wholeProgram } from '@tidemark/cli/commands';
import { deadPointers } from './pointers.ts';
import { readTree, type TextFile } from './tree.ts';

const installed = readdirSync(new URL('../../node_modules/.bin/', import.meta.url));

test('every link, path and command named in the tree leads somewhere', async () => {
  const program = { command: await wholeProgram(), files: programFiles };
  const { paths, texts } = readTree();
  // This file makes up dead ones.
  const others = texts.filter(({ path }) => !import.meta.url.endsWith(path));
  const dead = deadPointers({ paths, texts: others }, installed, program);
  assert.deepEqual(
    dead.map(({ at, problem }) => `${at} ${problem}`),
    [],
  );
});

const program = {
  command: new Command('tidemark')
    .addCommand(new Command('query').argument('[view]').option('--json'))
    .addCommand(
      new Command('tail').option('--from <place>').addCommand(new Command('events').option('--no-follow')),
    ),
  files: new Map([['tidemark bench load', 'services/topics/main.ts']]),
};
program.command.command('bench').command('load');

/** What is found dead in `texts`, in a tree of them and a few files more. */
function found(...texts: readonly TextFile[]): readonly string[] {
  const there = [
    { path: 'package.json', text: '{"scripts": {"topics": "node services/topics/main.ts"}}' },
    { path: 'services/topics/main.ts', text: "program.command('list').option('--json', 'as JSON')" },
    { path: 'docs/there.md', text: '# The `first` page: of two\n\n<a id="rule-3"></a>' },
    ...texts,
  ];
  const tree = { paths: there.map(({ path }) => path), texts: there };
  return deadPointers(tree, ['tsc'], program).map(({ at, problem }) => `${at} ${problem}`);
}

test('a link is followed to its file and its anchor', () => {
  const good =
    '# Own\n\n[a](there.md) [b](there.md#the-first-page-of-two) [c](there.md#rule-3) [d](../services) [e](#own)';
  assert.deepEqual(found({ path: 'docs/page.md', text: `${good} [f](https://x.example/gone)` }), []);
  const bad = '[a](gone.md)\n[b](there.md#second)\n`[c](code.md)`';
  assert.deepEqual(found({ path: 'docs/page.md', text: bad }), [
    'docs/page.md:1 the link to gone.md leads nowhere',
    'docs/page.md:2 docs/there.md has no heading or anchor #second',
  ]);
});

test('a path in a comment is followed, with patterns', () => {
  const good = `// See docs/there.md, services/*/main.ts and services/{topics,other}/main.ts (services/<name>/main.ts).`;
  assert.deepEqual(found({ path: 'a.ts', text: good }), []);
  assert.deepEqual(found({ path: 'a.ts', text: `\n/** docs/gone.md. */ services/*/gone.ts` }), [
    `a.ts:2 there is no docs/gone.md`,
    `a.ts:2 there is no services/*/gone.ts`,
  ]);
});

test('a file named in a document is there by that name', () => {
  assert.deepEqual(found({ path: 'page.md', text: '`main.ts` `topics/main.ts` `gone.ts`' }), [
    'page.md:1 no file is called gone.ts',
  ]);
});

test('a command is one of npm, npx or Node, and knows its words and options', () => {
  const good = `npm run topics -- list --json\nnpm run topics\nnpx tsc -p .\nnode services/topics/main.ts list`;
  assert.deepEqual(found({ path: 'a.yaml', text: good }), []);
  const bad = `# npm run nowhere\nnpm run topics -- show --all\nnpx gone\nnode services/topics/main.ts --all`;
  assert.deepEqual(found({ path: 'a.yaml', text: bad }), [
    `a.yaml:1 there is no npm run nowhere`,
    'a.yaml:2 services/topics/main.ts has no command show',
    'a.yaml:2 services/topics/main.ts has no option --all',
    'a.yaml:3 there is no npx gone',
    'a.yaml:4 services/topics/main.ts has no option --all',
  ]);
});

test('what follows npx tidemark is a command with its options', () => {
  const good =
    'npx tidemark\nnpx tidemark query mrr_daily --json\nnpx tidemark tail events --no-follow\nnpx tidemark tail --from start\nnpx tidemark bench load --json';
  assert.deepEqual(found({ path: 'a.yaml', text: good }), []);
  const bad =
    'npx tidemark gone\nnpx tidemark query --all\nnpx tidemark tail facts\nnpx tidemark bench load --all';
  assert.deepEqual(found({ path: 'a.yaml', text: bad }), [
    'a.yaml:1 tidemark has no command gone',
    'a.yaml:2 tidemark query has no option --all',
    'a.yaml:3 tidemark tail has no command facts',
    'a.yaml:4 services/topics/main.ts has no option --all',
  ]);
});
