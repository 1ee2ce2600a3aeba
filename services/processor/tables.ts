import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { verifyTable } from './table-format.ts';

/** A table as it was seen: its name, its size in bytes, and when it was last written. */
type Seen = { readonly name: string; readonly size: number; readonly writtenAt: number };

/** Turns between two looks at the directory. */
const turnsPerLook = 600;
const bytesPerTurnDefault = 2 * 1024 * 1024;

/**
 * Verifies the tables of a store, which never change once they are written. A table that is being written is not looked at: only
 * one that was there at the last look and is the same.
 */
export class Tables {
  readonly #directory: string;
  readonly #bytesPerTurn: number;
  #seen: ReadonlyMap<string, Seen> = new Map();
  #waiting: Seen[] = [];
  #turns = turnsPerLook;
  /** Bytes verified before their turn. */
  #ahead = 0;

  /** @param bytesPerTurn Bytes that are verified in a turn, on average: a larger table takes several. */
  constructor(directory: string, bytesPerTurn = bytesPerTurnDefault) {
    this.#directory = directory;
    this.#bytesPerTurn = bytesPerTurn;
  }

  /** Sees which tables there are. @returns Those that are the same as at the last look, newest first. */
  async look(): Promise<Seen[]> {
    const names = (await readdir(this.#directory)).filter((name) => name.endsWith('.ldb'));
    const found = await Promise.all(names.map((name) => this.#see(name)));
    const tables = found.filter((one) => one !== undefined);
    const same = tables.filter(({ name, size, writtenAt }) => {
      const last = this.#seen.get(name);
      return last?.size === size && last.writtenAt === writtenAt;
    });
    this.#seen = new Map(tables.map((one) => [one.name, one]));
    return same.toSorted((a, b) => b.writtenAt - a.writtenAt);
  }

  /**
   * Looks again, and verifies what was written last: what a crash damages.
   *
   * @throws Error when a table is damaged.
   */
  async verifyNewest(bytesMax: number): Promise<void> {
    let bytes = 0;
    for (const table of await this.look()) {
      bytes += table.size;
      if (bytes > bytesMax) return;
      await this.#verify(table);
    }
  }

  /**
   * Verifies the next table once its turn has come, all of them one after the other.
   *
   * @throws Error when it is damaged.
   */
  async verifyNext(): Promise<void> {
    if (++this.#turns > turnsPerLook) {
      this.#turns = 0;
      this.#waiting = [...(await this.look()), ...this.#waiting];
    }
    this.#ahead = Math.max(0, this.#ahead - this.#bytesPerTurn);
    if (this.#ahead > 0) return;
    const table = this.#waiting.pop();
    if (table === undefined) return;
    this.#ahead = table.size;
    await this.#verify(table);
  }

  async #verify({ name }: Seen): Promise<void> {
    const content = await readFile(join(this.#directory, name)).catch(unlessGone);
    if (content === undefined) return;
    try {
      verifyTable(content);
    } catch (error) {
      throw new Error(`table ${name} is damaged`, { cause: error });
    }
  }

  async #see(name: string): Promise<Seen | undefined> {
    const found = await stat(join(this.#directory, name)).catch(unlessGone);
    return found && { name, size: found.size, writtenAt: found.mtimeMs };
  }
}

/** LevelDB deletes a table once its records are in another one. */
function unlessGone(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}
