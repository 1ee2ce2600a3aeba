import { globSync } from 'node:fs';

/** What is mutated: the core, and what is computed from it for people and alerts. */
export const sources: readonly string[] = [
  'packages/metrics/**/*.ts',
  'packages/runtime/**/*.ts',
  'services/processor/{disk,inbox,layers,outgoing,stamp,store,suspects,table-format,tables,wake-key}.ts',
  'services/alerts/detect/**/*.ts',
  'services/live/summary.ts',
  'services/live/{history,history-details}.ts',
];

/** Not behaviour: tests, what they are written with and compare with, and the prose of the pages. */
const leftOut = /\.(test|fixtures|oracle)\.ts$|pages?\.ts$|example-events\.ts$/;

/** The tests that may kill a mutant; which of them reach it is found out by running them. */
const tests: readonly string[] = [
  'packages/{metrics,runtime}/**/*.test.ts',
  'services/{alerts,live,processor}/**/*.test.ts',
  'schemas/**/*.test.ts',
];

/** Files to mutate, from the repository's root. `only` is a file or a folder, all of them when not given. */
export function sourceFiles(only: string | undefined): string[] {
  const all = globSync([...sources]).filter((file) => !leftOut.test(file));
  return all
    .filter((file) => only === undefined || file === only || file.startsWith(`${only.replace(/\/$/, '')}/`))
    .toSorted();
}

/** Files of tests, from the repository's root; those of expected answers run through none of the sources. */
export function testFiles(): string[] {
  return globSync([...tests])
    .filter((file) => !file.endsWith('.oracle.test.ts'))
    .toSorted();
}
