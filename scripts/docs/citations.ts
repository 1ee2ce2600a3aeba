import { globSync, readFileSync } from 'node:fs';

/** A file that may cite rules of the contract. */
export type Citing = {
  /** Path from the root of the repository. */
  readonly file: string;
  /** `code` says what the product does, `test` proves it, `text` explains it. */
  readonly role: 'code' | 'test' | 'text';
  readonly text: string;
};

const root = new URL('../../', import.meta.url);
const patterns = [
  '*.{md,yml,yaml}',
  '{packages,services,infra,schemas,scripts,test,docs}/**/*.{ts,js,sql,avsc,md,yml,yaml,html}',
];
/** Other people's code, and the files of this check, which write citations as examples. */
const passedOver = /(^|\/)node_modules\/|^scripts\/docs\/(citations|contract)\b/;

function roleOf(file: string): Citing['role'] {
  if (file.endsWith('.test.ts') || file.startsWith('test/pipeline/examples/')) return 'test';
  if (/^(test|scripts|docs)\/|\.fixtures\.ts$|pages\.ts$|\boracle\b/.test(file)) return 'text';
  return /\.(ts|sql|avsc)$/.test(file) ? 'code' : 'text';
}

/** Every file of the repository that may cite rules. */
export function citingFiles(): readonly Citing[] {
  return globSync(patterns, { cwd: root, exclude: (path) => path.endsWith('node_modules') })
    .filter((file) => !passedOver.test(file))
    .toSorted()
    .map((file) => ({ file, role: roleOf(file), text: readFileSync(new URL(file, root), 'utf8') }));
}

/** Between "rule" and its number there may be the end of a comment's line. */
const gap = String.raw`\s+(?:(?:\*|--|//|#)\s+)?`;
const citation = new RegExp(String.raw`\brule${gap}(\d+)\b|rules\.md#rule-(\d+)\b`, 'gi');
const manyRules = new RegExp(
  String.raw`\brules${gap}\d+|\brule${gap}\d+\]?\s*(?:[,–—-]|to|and|or|through)${gap.replace('+', '*')}\d+`,
  'gi',
);

/** The numbers of the rules that a text cites, each once. */
export function citedIn(text: string): ReadonlySet<number> {
  return new Set([...text.matchAll(citation)].map(([, word, link]) => Number(word ?? link)));
}

/** Citations of several rules at once, which a search for one of them does not find. */
export function rangesIn(text: string): readonly string[] {
  return [...text.matchAll(manyRules)].map(([found]) => found.replaceAll(/\s+/g, ' '));
}

/** What is wrong with how a repository cites the contract, one sentence each. */
export function citationFaults(
  files: readonly Citing[],
  rules: readonly number[],
  notBuilt: readonly number[],
): readonly string[] {
  const faults: string[] = [];
  const cited = { code: new Set<number>(), test: new Set<number>(), text: new Set<number>() };
  for (const { file, role, text } of files) {
    for (const rule of citedIn(text)) {
      cited[role].add(rule);
      if (!rules.includes(rule)) faults.push(`${file} cites rule ${rule}, which does not exist`);
    }
    for (const range of rangesIn(text)) faults.push(`${file} cites several rules at once: "${range}"`);
  }
  for (const rule of rules) {
    if (notBuilt.includes(rule)) continue;
    if (!cited.code.has(rule)) faults.push(`no code cites rule ${rule}`);
    if (!cited.test.has(rule)) faults.push(`no test cites rule ${rule}`);
  }
  for (const rule of notBuilt)
    if (!rules.includes(rule)) faults.push(`rule ${rule} is listed as not built and does not exist`);
  return faults;
}
