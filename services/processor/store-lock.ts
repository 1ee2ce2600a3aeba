import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClassicLevel } from 'classic-level';
import { Failure, isFailure } from '@tidemark/service/failures';
import type { Log } from '@tidemark/service/log';
import { causeCodeOf, isDamage, storeError } from './store-failures.ts';

const againMs = 1_000;

/** A lock of a state directory: it lasts until it is released or the process ends. */
export type StoreLock = { readonly release: () => Promise<void> };

/**
 * Locks a state directory for this process. The lock is the operating system's: it ends with the process.
 *
 * @param since When this process took it, in milliseconds since the epoch; part of the error of another process.
 * @throws Failure `state.locked` when another process has it, `state.disk` when the disk is full or fails.
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
    if (causeCodeOf(error) !== 'LEVEL_LOCKED') throw storeError(error, directory);
    throw new Failure(
      'state.locked',
      `${directory} is in use by ${ownerOf(ownerFile)}; give each processor a STATE_DIR of its own, or stop the other one`,
      { cause: error },
    );
  }
  const owner = { pid: process.pid, host: hostname(), since: new Date(since).toISOString() };
  try {
    writeFileSync(ownerFile, JSON.stringify(owner));
  } catch (error) {
    await lock.close();
    throw new Failure('state.disk', `${ownerFile}: ${String(error)}`, { cause: error });
  }
  return { release: () => lock.close() };
}

/**
 * Locks the directory as soon as its disk takes something: a processor that is started on a full disk waits for room.
 *
 * @param onWaiting Takes why it waits, a sentence; `undefined` once it has the lock.
 * @throws As `lockDirectory`, but for `state.disk`; the signal's reason when it is aborted.
 */
export async function lockOnceWritable(
  directory: string,
  since: number,
  log: Log,
  signal: AbortSignal,
  onWaiting: (reason: string | undefined) => void,
): Promise<StoreLock> {
  for (;;) {
    signal.throwIfAborted();
    try {
      const lock = await lockDirectory(directory, since);
      onWaiting(undefined);
      return lock;
    } catch (error) {
      if (!isFailure(error, 'state.disk')) throw error;
      onWaiting(`The disk of STATE_DIR cannot be written: ${error.what}.`);
      log.warn({ err: error, pauseMs: againMs }, 'The disk of STATE_DIR cannot be written; trying again.');
      await sleep(againMs, undefined, { signal }).catch(() => undefined);
    }
  }
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
