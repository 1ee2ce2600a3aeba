/**
 * A thread that runs tests against mutants. It is thrown away when a mutant never ends, and after some hundred mutants,
 * whose modules stay in memory.
 */
import { Session } from 'node:inspector/promises';
import { pathToFileURL } from 'node:url';
import { parentPort } from 'node:worker_threads';
import { collect, runTest, type FileTests } from './collect.ts';
import { coveredBy, type ScriptCoverage } from './coverage.ts';
import { reaching, serveModules, serveMutant, type Importers } from './modules.ts';
import type { Mutant } from './mutants.ts';

/** A test that ran without a mutant. */
export type Baseline = {
  readonly file: string;
  readonly index: number;
  readonly name: string;
  readonly durationMs: number;
  readonly error: string | undefined;
  /** Mutants whose place it reached, by their place in the list. */
  readonly reached: readonly number[];
};

/** All tests without a mutant, and what the import of their files alone reached. */
export type Baselines = {
  readonly tests: readonly Baseline[];
  readonly reachedByImport: readonly number[];
  readonly importers: Importers;
};

/** What a thread is asked for. */
export type Task =
  | { readonly kind: 'baseline'; readonly files: readonly string[]; readonly mutants: readonly Mutant[] }
  | {
      readonly kind: 'mutant';
      readonly id: number;
      readonly mutant: Mutant;
      readonly importers: Importers;
      /** The tests to run, file by file, in order. */
      readonly tests: readonly { readonly file: string; readonly indices: readonly number[] }[];
    };

/** The test that failed, or `undefined` when all passed. */
export type Killer = { readonly file: string; readonly name: string } | undefined;

/** What a thread answers; before that, that it goes on to the next test. */
export type Answer =
  | { readonly kind: 'next-test' }
  | { readonly kind: 'baseline'; readonly baselines: Baselines }
  | { readonly kind: 'mutant'; readonly killer: Killer };

const importers = serveModules();
const addressOf = (file: string): string => pathToFileURL(file).href;

async function baselineOf({ files, mutants }: Extract<Task, { kind: 'baseline' }>): Promise<Baselines> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  const reached = async (): Promise<number[]> => {
    const { result } = await session.post('Profiler.takePreciseCoverage');
    return coveredBy(result as readonly ScriptCoverage[], mutants, addressOf);
  };
  const collected: [string, FileTests][] = [];
  for (const file of files) collected.push([file, await collect(() => import(addressOf(file)))]);
  const reachedByImport = await reached();
  const tests: Baseline[] = [];
  const mutatedFiles = new Set(mutants.map(({ file }) => addressOf(file)));
  const affected = new Set([...mutatedFiles].flatMap((address) => [...reaching(address, importers)]));
  for (const [file, found] of collected) {
    if (!affected.has(addressOf(file))) continue;
    for (const work of found.before) await work();
    for (const [index, one] of found.tests.entries()) {
      const begun = performance.now();
      const error = await failureOf(() => runTest(one, found));
      const durationMs = performance.now() - begun;
      tests.push({ file, index, name: one.name, durationMs, error, reached: await reached() });
    }
    for (const work of found.after) await work();
  }
  await session.post('Profiler.stopPreciseCoverage');
  session.disconnect();
  return { tests, reachedByImport, importers };
}

async function failureOf(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return String(error);
  }
}

/** Runs the tests against a mutant up to the first that fails; a file that cannot be imported any more fails too. */
async function killerOf(task: Extract<Task, { kind: 'mutant' }>): Promise<Killer> {
  const { id, mutant, tests } = task;
  serveMutant(id, mutant, addressOf(mutant.file), task.importers);
  for (const { file, indices } of tests) {
    const failed = await firstFailed(`${addressOf(file)}?mutant=${id}`, indices);
    if (failed !== undefined) return { file, name: failed };
  }
  return undefined;
}

async function firstFailed(address: string, indices: readonly number[]): Promise<string | undefined> {
  let found: FileTests | undefined;
  try {
    found = await collect(() => import(address));
    for (const work of found.before) await work();
    for (const index of indices) {
      const one = found.tests[index]!;
      answer({ kind: 'next-test' });
      if ((await failureOf(() => runTest(one, found!))) !== undefined) return one.name;
    }
    return undefined;
  } catch {
    return '(import)';
  } finally {
    for (const work of found?.after ?? []) await work();
  }
}

parentPort!.on('message', (task: Task) => {
  const answered: Promise<Answer> =
    task.kind === 'baseline'
      ? baselineOf(task).then((baselines) => ({ kind: 'baseline', baselines }))
      : killerOf(task).then((killer) => ({ kind: 'mutant', killer }));
  void answered.then(answer);
});

function answer(message: Answer): void {
  parentPort!.postMessage(message);
}
