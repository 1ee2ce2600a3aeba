import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { reaching } from './modules.ts';
import type { Mutant } from './mutants.ts';
import type { Baseline, Baselines } from './worker.ts';

/** The tests that a mutant is run against, file by file. */
export type Plan = readonly { readonly file: string; readonly indices: readonly number[] }[];

/** A mutant that this many milliseconds of tests do not notice has survived. Slower tests are not run. */
const budgetMs = 4_000;

/**
 * Which tests a mutant is run against: those that reach it; where it is run by the import of its file, all that import it.
 * Those beside it come first, then the quick ones.
 *
 * @param index The mutant's place in the list that the baseline was measured with.
 */
export function planOf(
  mutant: Mutant,
  index: number,
  { tests, reachedByImport, importers }: Baselines,
): Plan {
  const reached = tests.filter((test) => test.reached.includes(index));
  const importing = reachedByImport.includes(index) ? importersAmong(tests, mutant, importers) : [];
  const inOrder = [...new Set([...reached, ...importing])].toSorted(
    (a, b) => Number(isNear(b, mutant)) - Number(isNear(a, mutant)) || a.durationMs - b.durationMs,
  );
  const chosen: Baseline[] = [];
  let usualMs = 0;
  for (const test of inOrder) {
    if (usualMs + test.durationMs > budgetMs) continue;
    usualMs += test.durationMs;
    chosen.push(test);
  }
  const byFile = Map.groupBy(chosen, ({ file }) => file);
  return [...byFile].map(([file, own]) => ({ file, indices: own.map((test) => test.index) }));
}

function importersAmong(
  tests: readonly Baseline[],
  { file }: Mutant,
  importers: Baselines['importers'],
): Baseline[] {
  const found = reaching(pathToFileURL(file).href, importers);
  return tests.filter((test) => found.has(pathToFileURL(test.file).href));
}

/** Whether a test lies beside what it is to notice. */
const isNear = (test: Baseline, mutant: Mutant): boolean => dirname(test.file) === dirname(mutant.file);
