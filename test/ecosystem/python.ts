import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * A Python environment with packages of PyPI, outside the tree; it is made once and found again.
 *
 * @param packages As pip takes them, with versions.
 * @returns The folder of its programs.
 */
export async function pythonWith(name: string, ...packages: readonly string[]): Promise<string> {
  const folder = join(process.env['TIDEMARK_PYTHON'] ?? join(tmpdir(), 'tidemark-python'), name);
  const programs = join(folder, 'bin');
  if (!existsSync(join(programs, 'pip'))) await run('python3', ['-m', 'venv', folder]);
  await run(join(programs, 'pip'), ['install', '--quiet', '--disable-pip-version-check', ...packages]);
  return programs;
}

/** Runs a program with its output on this terminal. @returns Its exit code. */
export function shown(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<number> {
  const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
