/** The disk of one machine, in memory: it outlives processes, and keeps what they have written, or less where power failed. */
import { between, type Draw } from '@tidemark/metrics/histories/draw.fixtures';
import { Failure } from '@tidemark/service/failures';
import type { Disks, KeyRange, Operation, OpenDisk } from '../../services/processor/disk.ts';
import type { SimulatedProcess } from './process.ts';

/** What the disk does with what is written; a planted fault changes it. */
export type DiskRules = {
  /** What of a batch is written at once; the rest follows, if the process lives so long. */
  readonly parted: (operations: readonly Operation[]) => readonly (readonly Operation[])[];
};

/** A disk as it is: a batch is written whole. */
export const diskRules: DiskRules = { parted: (operations) => [operations] };

type Directory = {
  content: Map<string, Buffer>;
  /** All keys in their order; `undefined` when they changed. */
  keys: readonly string[] | undefined;
  earlier: Map<string, Buffer>[];
  isDamaged: boolean;
};

/** How many earlier contents are kept. */
const earlierMax = 4;

const keyText = (key: Buffer): string => key.toString('latin1');

/** See the head of the file. */
export class SimulatedDisk {
  readonly #draw: Draw;
  readonly #rules: DiskRules;
  readonly #directories = new Map<string, Directory>();

  constructor(draw: Draw, rules: DiskRules) {
    this.#draw = draw;
    this.#rules = rules;
  }

  /** What is in each directory. */
  get contents(): readonly { readonly path: string; readonly content: ReadonlyMap<string, Buffer> }[] {
    return [...this.#directories].map(([path, { content }]) => ({ path, content }));
  }

  /** The machine loses power: the last batches of each directory may be lost. */
  losePower(): void {
    for (const directory of this.#directories.values()) {
      const lost = this.#draw.below(directory.earlier.length + 1);
      if (lost > 0) directory.content = directory.earlier.at(-lost)!;
      directory.earlier = [];
      directory.keys = undefined;
    }
  }

  /** A directory is found damaged when it is opened next. */
  damage(): void {
    const directories = [...this.#directories.values()];
    const directory = directories[this.#draw.below(directories.length)];
    if (directory !== undefined) directory.isDamaged = true;
  }

  /** The machine is replaced by an empty one. */
  empty(): void {
    this.#directories.clear();
  }

  /** The disks as a process sees them. */
  of(process: SimulatedProcess): Disks {
    return {
      open: async (path) => {
        await this.#taking(process);
        let directory = this.#directories.get(path);
        directory ??= { content: new Map(), keys: undefined, earlier: [], isDamaged: false };
        this.#directories.set(path, directory);
        if (directory.isDamaged) throw new Failure('state.corrupt', `the simulated disk in ${path}`);
        return this.#opened(process, directory);
      },
      wipe: (path) => void this.#directories.delete(path),
    };
  }

  #opened(process: SimulatedProcess, directory: Directory): OpenDisk {
    const taking = async (): Promise<void> => this.#taking(process);
    const within = ({ gt, gte, lt }: KeyRange): readonly string[] => {
      const keys = (directory.keys ??= [...directory.content.keys()].toSorted(byText));
      const from = placeOf(keys, keyText(gt ?? gte!), gt !== undefined);
      return keys.slice(from, placeOf(keys, keyText(lt), false));
    };
    const get = (key: Buffer): Buffer | undefined => directory.content.get(keyText(key));
    let writing: Promise<void> = Promise.resolve();
    return {
      get,
      async getMany(keys) {
        await taking();
        return keys.map(get);
      },
      batch: async (operations) => {
        const parts = this.#rules.parted(operations);
        writing = writing.then(async () => {
          for (const part of parts) {
            await taking();
            this.#write(directory, part);
          }
        });
        await writing;
      },
      async range(range, limit, take) {
        const records = within(range).map((key) => [key, directory.content.get(key)!] as const);
        for (let at = 0; at < records.length; at += limit) {
          await taking();
          const part = records.slice(at, at + limit);
          if (!(await take(part.map(([key, value]) => [Buffer.from(key, 'latin1'), value])))) return;
        }
      },
      async keys(range) {
        await taking();
        return within(range).map((key) => Buffer.from(key, 'latin1'));
      },
      verifyNext: () => Promise.resolve(),
      compact: () => Promise.resolve(),
      close: async () => {
        await writing;
      },
    };
  }

  #write(directory: Directory, operations: readonly Operation[]): void {
    directory.earlier = [...directory.earlier, new Map(directory.content)].slice(-earlierMax);
    for (const one of operations)
      if (one.type === 'put') directory.content.set(keyText(one.key), Buffer.from(one.value));
      else directory.content.delete(keyText(one.key));
    directory.keys = undefined;
  }

  async #taking(process: SimulatedProcess): Promise<void> {
    await new Promise<void>((resolve) => process.after(between(this.#draw, 1, 30) / 10, resolve));
  }
}

/** The place of the first key that is not before `key`, or is behind it. */
function placeOf(keys: readonly string[], key: string, isBehind: boolean): number {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = keys[middle]!;
    if (other < key || (isBehind && other === key)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
