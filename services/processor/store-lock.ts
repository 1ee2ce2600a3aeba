import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { Failure } from '@tidemark/service/failures';
import { causeCodeOf, isDamage } from './store-failures.ts';

/** A lock of a state directory: it lasts until it is released or the process ends. */
export type StoreLock = { readonly release: () => Promise<void> };

/**
 * Locks a state directory for this process. The lock is the operating system's: it ends with the process.
 *
 * @param since When this process took it, in milliseconds since the epoch; part of the error of another process.
 * @throws Failure `state.locked` when another process has it.
 */
export async function lockDirectory(directory: string, since: number): Promise<StoreLock> {
  mkdirSync(directory, { recursive: true });
  const lock = new ClassicLevel(join(directory, 'lock'));
  const ownerFile = join(directory, 'lock', 'owner.json');
  try {
    await lock.open().catch(async (error: unknown) => {
      if (!isDamage(error)) throw error;
      // What is damaged holds nothing. The file that is locked stays, so that no two processes can lock one each.
      for (const name of readdirSync(lock.location)) if (name !== 'LOCK') rmSync(join(lock.location, name));
      await lock.open();
    });
  } catch (error) {
    if (causeCodeOf(error) !== 'LEVEL_LOCKED') throw error;
    throw new Failure(
      'state.locked',
      `${directory} is in use by ${ownerOf(ownerFile)}; give each processor a STATE_DIR of its own, or stop the other one`,
      { cause: error },
    );
  }
  const owner = { pid: process.pid, host: hostname(), since: new Date(since).toISOString() };
  writeFileSync(ownerFile, JSON.stringify(owner));
  return { release: () => lock.close() };
}

function ownerOf(file: string): string {
  try {
    const { pid, host, since } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    return `process ${String(pid)} on ${String(host)}, since ${String(since)}`;
  } catch {
    // The owner has the lock and has not written its name yet.
    return 'another process';
  }
}
