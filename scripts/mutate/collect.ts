/**
 * What a test file gets for `node:test` in a mutation run. Its tests are collected. They run one by one, for many mutants in one
 * process, and stop at the first failure.
 */
import { readFileSync } from 'node:fs';

/** What a test is handed. */
type Context = {
  readonly name: string;
  readonly after: (work: () => unknown) => void;
  readonly assert: { readonly fileSnapshot: typeof equalsFile };
};
type Body = (context: Context) => unknown;

/** A test as its file declares it. */
export type Collected = { readonly name: string; readonly body: Body };

/** Tests and hooks of one file. */
export type FileTests = {
  readonly tests: Collected[];
  readonly before: (() => unknown)[];
  readonly after: (() => unknown)[];
  readonly afterEach: (() => unknown)[];
};

function equalsFile(value: string, path: string): void {
  if (readFileSync(path, 'utf8').trimEnd() !== value.trimEnd()) throw new Error(`not as in ${path}`);
}

let current: FileTests | undefined;

/** Imports a test file and returns the tests it declares. Files are collected one after the other. */
export async function collect(load: () => Promise<unknown>): Promise<FileTests> {
  const file: FileTests = { tests: [], before: [], after: [], afterEach: [] };
  current = file;
  await load();
  current = undefined;
  return file;
}

function declaring(): FileTests {
  if (current === undefined) throw new Error('a test is declared while no test file is being imported');
  return current;
}

/** Declares a test, as `node:test` does. */
export function test(name: string, ...rest: readonly [Body] | readonly [object, Body]): void {
  const body = rest.length === 1 ? rest[0] : rest[1];
  declaring().tests.push({ name, body });
}

/** Declares work to be done before the file's tests. */
export function before(work: () => unknown): void {
  declaring().before.push(work);
}

/** Declares work to be done after the file's tests. */
export function after(work: () => unknown): void {
  declaring().after.push(work);
}

/** Declares work to be done after each of the file's tests. */
export function afterEach(work: () => unknown): void {
  declaring().afterEach.push(work);
}

/**
 * Runs one test.
 *
 * @throws What the test throws.
 */
export async function runTest({ name, body }: Collected, { afterEach: hooks }: FileTests): Promise<void> {
  const cleanups: (() => unknown)[] = [];
  try {
    await body({ name, after: (work) => cleanups.push(work), assert: { fileSnapshot: equalsFile } });
  } finally {
    for (const work of [...cleanups, ...hooks]) await work();
  }
}
