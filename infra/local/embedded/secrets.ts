import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';

/**
 * The secret in a file that the owner alone may read; a random one is made when the file is missing.
 *
 * @returns 192 random bits, in characters that need no quoting in a shell or a URL.
 */
export async function keptSecret(file: string): Promise<string> {
  try {
    const kept = (await readFile(file, 'utf8')).trim();
    if (kept !== '') return kept;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const made = randomBytes(24).toString('base64url');
  const unfinished = `${file}.${process.pid}`;
  await writeFile(unfinished, `${made}\n`, { mode: 0o600 });
  await rename(unfinished, file);
  return made;
}
