/** What may happen to the disk beneath a service: damage, and no space. */
import { spawnSync } from 'node:child_process';
import { readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chance, type Draw } from '@tidemark/metrics/histories/draw.fixtures';

/** Whether a disk can be made full here: Linux with `prlimit`. */
export const canFillDisk = spawnSync('prlimit', ['--version']).status === 0;

/** Bytes that a file may have at most while the disk is full, where it is not full at once. */
const fullBytesMax = 20_000;

/**
 * Damages one file below a directory, whichever: some bytes are changed, or its end is missing.
 *
 * @returns What was done, in words; `undefined` when there is no file that has content.
 */
export async function damageBelow(directory: string, draw: Draw): Promise<string | undefined> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  const files: string[] = [];
  for (const entry of found) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && (await stat(path)).size > 0) files.push(path);
  }
  if (files.length === 0) return undefined;
  const path = files.toSorted()[draw.below(files.length)]!;
  const content = await readFile(path);
  if (chance(draw, 25)) {
    const bytes = draw.below(content.length);
    await truncate(path, bytes);
    return `${path} cut from ${content.length} to ${bytes} bytes`;
  }
  const places = Array.from({ length: 1 + draw.below(8) }, () => draw.below(content.length));
  for (const place of places) content[place]! ^= 1 << draw.below(8);
  await writeFile(path, content);
  return `${path} changed at ${places.join(', ')} of ${content.length} bytes`;
}

/**
 * Makes a process meet a full disk: from some size on, no file of it takes another byte.
 *
 * @throws Error when the system refuses.
 */
export function fillDiskOf(pid: number, draw: Draw): void {
  limitFiles(pid, chance(draw, 50) ? '0' : String(draw.below(fullBytesMax)));
}

/**
 * Gives the process room again.
 *
 * @throws Error when the system refuses; not when the process has ended.
 */
export function freeDiskOf(pid: number): void {
  limitFiles(pid, 'unlimited');
}

function limitFiles(pid: number, limit: string): void {
  // The soft limit alone, so that it can be raised again. Node ignores the signal and gets EFBIG from the write.
  const { status, stderr } = spawnSync('prlimit', ['--pid', String(pid), `--fsize=${limit}:`]);
  if (status !== 0 && !/No such process/.test(String(stderr)))
    throw new Error(`prlimit of process ${pid}: ${String(stderr)}`);
}
