import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { readTree } from './tree.ts';
import { type WordList, wordsIn } from './words.ts';

const list = parse(readFileSync(new URL('words.yaml', import.meta.url), 'utf8')) as WordList;
const ownFiles = ['scripts/text/words.yaml', 'scripts/text/words.test.ts'];

test('the tree uses none of the words that words.yaml rules out', (t) => {
  const uses = readTree()
    .texts.filter(({ path }) => !ownFiles.includes(path))
    .flatMap((file) => wordsIn(file, list));
  const failing = uses.filter(({ fails }) => fails);
  assert.deepEqual(
    failing.map(({ path, line, word, instead }) => `${path}:${line} ‘${word}’: write ${instead}`),
    [],
  );
  const counts = Map.groupBy(uses, ({ word }) => word);
  const pending = Object.keys(list.pending).map((word) => `${word} ${counts.get(word)?.length ?? 0}`);
  t.diagnostic(`words that are still to go, with their uses: ${pending.join(', ')}`);
});

const sample: WordList = {
  enforced: { patience: 'timeout', 'taken back': 'retracted' },
  pending: { told: 'reported' },
  clean: ['pages/*.md'],
  allowed: ['sale_taken_back'],
};

/** The uses found in a text of `path`, as `line word`; a pending one in brackets. */
function found(path: string, text: string): readonly string[] {
  return wordsIn({ path, text }, sample).map(({ line, word, fails }) =>
    fails ? `${line} ${word}` : `${line} (${word})`,
  );
}

test('a word is found in names of any form, and in no longer word', () => {
  const text = 'patienceMs\nALERTS_PATIENCE\n"Patience."\nimpatience patiences';
  assert.deepEqual(found('a.ts', text), ['1 patience', '2 patience', '3 patience']);
  assert.deepEqual(found('patience.ts', ''), ['1 patience']);
});

test('words that belong together are found over the end of a line', () => {
  assert.deepEqual(found('a.ts', '/**\n * A sale that was taken\n * back.\n */'), ['2 taken back']);
  assert.deepEqual(found('a.sql', 'sale_taken_back'), []);
  assert.deepEqual(found('a.sql', 'sales taken_back, saleTakenBack'), ['1 taken back', '1 taken back']);
});

test('a pending word fails in clean files alone', () => {
  assert.deepEqual(found('a.ts', 'told'), ['1 (told)']);
  assert.deepEqual(found('pages/a.md', 'told'), ['1 told']);
});
