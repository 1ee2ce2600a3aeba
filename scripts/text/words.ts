import { matchesGlob } from 'node:path';
import { lineOf, type TextFile } from './tree.ts';

/** The list of words, as `words.yaml` has it. `enforced` and `pending`: a word, and what to write instead. */
export type WordList = {
  readonly enforced: Readonly<Record<string, string>>;
  readonly pending: Readonly<Record<string, string>>;
  /** Globs of files in which pending words fail as well. */
  readonly clean: readonly string[];
  /** Texts that are right although a word is in them: words with a blank between them, or a name exactly as it stands. */
  readonly allowed: readonly string[];
};

/** One use of a word of the list. */
export type Use = {
  readonly path: string;
  readonly line: number;
  readonly word: string;
  readonly instead: string;
  /** Whether the use fails the check; otherwise it is only reported. */
  readonly fails: boolean;
};

/** Finds every use of a word of the list, in the file's name and in its text, identifiers taken apart. */
export function wordsIn({ path, text }: TextFile, list: WordList): readonly Use[] {
  const [phrases, names] = [list.allowed.filter(isPhrase), list.allowed.filter((one) => !isPhrase(one))];
  const raw = names.reduce((rest, name) => rest.replaceAll(name, ''), `${path} ${text}`);
  const plain = phrases.reduce((rest, phrase) => rest.replaceAll(pattern(phrase), ''), plainWords(raw));
  const isClean = list.clean.some((glob) => matchesGlob(path, glob));
  const usesOf = (words: WordList['enforced'], fails: boolean): Use[] =>
    Object.entries(words).flatMap(([word, instead]) =>
      [...plain.matchAll(pattern(word))].map(({ index }) => {
        return { path, line: lineOf(plain, index), word, instead, fails };
      }),
    );
  return [...usesOf(list.enforced, true), ...usesOf(list.pending, isClean)];
}

/** Lower-case words: `quietMs` and `QUIET_MS` are two each, and the signs of a comment are none. Lines are kept. */
function plainWords(text: string): string {
  return text
    .replaceAll(/(?<=[a-z\d])(?=[A-Z])/g, ' ')
    .replaceAll(/\n\s*(?:\*|\/\/|#|--)\s/g, '\n')
    .replaceAll(/[_./-]/g, ' ')
    .toLowerCase();
}

function isPhrase(allowed: string): boolean {
  return allowed.includes(' ');
}

function pattern(words: string): RegExp {
  const parts = plainWords(words).trim().split(/\s+/);
  return new RegExp(`\\b${parts.join('\\s+')}\\b`, 'g');
}
