import { createHash } from 'node:crypto';
import { open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { CommandError, exitCodes } from '@tidemark/command/work';

/** How far an import is. */
export type Position = {
  /** The last row whose events are acknowledged or rejected. */
  readonly row: number;
  /** Accepted events by type. */
  readonly accepted: Readonly<Record<string, number>>;
  /** Rejected rows. */
  readonly rejected: number;
  /** Rows that no event of the mapping is meant for. */
  readonly passedOver: number;
  /** Length of the file of rejected rows. */
  readonly rejectedBytes: number;
};

/** Where an import begins. */
export const beginning: Position = { row: 0, accepted: {}, rejected: 0, passedOver: 0, rejectedBytes: 0 };

type Saved = Position & { readonly file: string; readonly mapping: string };

const sampleBytes = 64 * 1024;

/** The position of one import in a file, so that a later one of the same file and mapping goes on from there. */
export class Checkpoint {
  readonly path: string;
  readonly #of: Pick<Saved, 'file' | 'mapping'>;

  private constructor(path: string, of: Pick<Saved, 'file' | 'mapping'>) {
    this.path = path;
    this.#of = of;
  }

  /** The checkpoint of a file that is imported by a mapping. @param mapping The text of the mapping file. */
  static async of(
    path: string,
    given: { readonly file: string; readonly mapping: string },
  ): Promise<Checkpoint> {
    return new Checkpoint(path, { file: await fingerprintOf(given.file), mapping: hash(given.mapping) });
  }

  /**
   * Where to go on; the beginning when there is no checkpoint.
   *
   * @throws CommandError when it is of another file or mapping.
   */
  async read(): Promise<Position> {
    const text = await readFile(this.path, 'utf8').catch(() => undefined);
    if (text === undefined) return beginning;
    const { file, mapping, ...position } = savedIn(text) ?? this.#refuse('is no checkpoint');
    if (file !== this.#of.file) this.#refuse('is of another file, or the file has changed since');
    if (mapping !== this.#of.mapping) this.#refuse('is of another mapping, or the mapping has changed since');
    return position;
  }

  #refuse(why: string): never {
    throw new CommandError(
      exitCodes.usage,
      `${this.path} ${why}: begin anew with --fresh. What was published counts once if its event ids are the same.`,
    );
  }

  /** Saves a position, all of it or nothing. */
  async save(position: Position): Promise<void> {
    const beside = `${this.path}.new`;
    await writeFile(beside, `${JSON.stringify({ ...this.#of, ...position } satisfies Saved)}\n`);
    await rename(beside, this.path);
  }

  /** Deletes it: the import is complete. */
  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }
}

function savedIn(text: string): Saved | undefined {
  try {
    const saved = JSON.parse(text) as Saved;
    return Number.isSafeInteger(saved.row) ? saved : undefined;
  } catch {
    return undefined;
  }
}

function hash(...parts: readonly (string | Uint8Array)[]): string {
  const all = createHash('sha256');
  for (const part of parts) all.update(part);
  return all.digest('hex');
}

/** Size, beginning and end: a file that is written anew differs in one of them. */
async function fingerprintOf(path: string): Promise<string> {
  const file = await open(path, 'r');
  const from = async (position: number): Promise<Uint8Array> => {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(sampleBytes), 0, sampleBytes, position);
    return buffer.subarray(0, bytesRead);
  };
  try {
    const { size } = await file.stat();
    return hash(String(size), await from(0), await from(Math.max(0, size - sampleBytes)));
  } finally {
    await file.close();
  }
}
