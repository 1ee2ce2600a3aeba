import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Exit } from './child.ts';

/** The classes that a JVM loads, ready for the next one: with them a broker starts with half of the CPU. */
export type ClassArchive = {
  /** Arguments of a JVM that takes its classes from the archive where there is one; of a JVM of another build it has no effect. */
  readonly use: readonly string[];
  /** Arguments of a JVM that uses the archive, and writes it at its end where there is none. */
  readonly useOrWrite: readonly string[];
  /** How long that end may take, in milliseconds; absent, it takes no longer than without an archive. */
  readonly graceMs?: number;
  /** Keeps what such a JVM has written, once it has ended. */
  readonly keep: (exit: Exit) => Promise<void>;
};

/** Of classes that it cannot archive the JVM warns one by one, as of an archive that it cannot use; it goes on without them. */
const quiet = '-Xlog:cds*=off';

const prefix = 'classes-';
/** Two seconds of CPU, on a machine that may be busy. */
const writeGraceMs = 30_000;

/**
 * The archive of what a Java and a class path load (class data sharing).
 *
 * @param version What the Java says of its build.
 * @param dir Where the archive is kept; one of another build or class path makes room for it.
 */
export function classArchive(version: string, classPath: string, dir: string): ClassArchive {
  const name = createHash('sha256').update(version).update(classPath).digest('hex').slice(0, 16);
  const file = join(dir, `${prefix}${name}.jsa`);
  const writing = `${file}.${randomUUID()}`;
  const isThere = existsSync(file);
  const use = isThere ? [`-XX:SharedArchiveFile=${file}`, quiet] : [];
  return {
    use,
    useOrWrite: isThere ? use : [`-XX:ArchiveClassesAtExit=${writing}`, quiet],
    ...(isThere ? {} : { graceMs: writeGraceMs }),
    async keep({ signal }) {
      if (isThere || !existsSync(writing)) return;
      // A JVM that was killed may have written half of it.
      if (signal === 'SIGKILL') return rm(writing, { force: true });
      await rename(writing, file);
      const others = (await readdir(dir)).filter((one) => one.startsWith(prefix) && join(dir, one) !== file);
      for (const one of others) await rm(join(dir, one), { force: true });
    },
  };
}
