import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@tidemark/service/failures';
import { restoreWorld, saveWorld } from './saved-world.ts';
import { createWorld, type World, type WorldSettings } from './world.ts';

/** What a run remembers of the one before. */
export type Remembered = {
  readonly settings: WorldSettings;
  /** All deliveries up to this instant, included, were acknowledged; 0 for none. */
  readonly through: number;
  /** The world at an hour at or before `through`, or at the very beginning. */
  readonly world: World;
};

/**
 * The files in which a world outlives its process: `settings.json`, written once; `position.json`, how far its events are
 * published; `world.json`, the world at an earlier hour. The simulation continues from there, and does not repeat what came before.
 */
export class Memory {
  readonly #directory: string;

  /** @param directory Made when it is missing. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * What is remembered; `undefined` in a new directory.
   *
   * @throws Failure `state.corrupt` when the settings are there but cannot be read. A lost or broken world is no harm:
   * it is lived through again from the beginning.
   */
  async recall(): Promise<Remembered | undefined> {
    const settingsText = await this.#read('settings.json');
    if (settingsText === undefined) return undefined;
    const settings = this.#parse(settingsText) as WorldSettings;
    const position = await this.#read('position.json');
    const through = position === undefined ? 0 : (this.#parse(position) as { through: number }).through;
    const world = await this.#read('world.json');
    return { settings, through, world: worldOf(world, settings) };
  }

  /** Begins to remember a world. */
  async begin(settings: WorldSettings): Promise<void> {
    await mkdir(this.#directory, { recursive: true });
    await this.#write('settings.json', JSON.stringify(settings));
  }

  /** Remembers a world all of whose deliveries so far were acknowledged, and its settings. */
  async keep(world: World): Promise<void> {
    await this.#write('world.json', saveWorld(world));
    await this.#write('settings.json', JSON.stringify(world.settings));
  }

  /** Remembers how far everything was acknowledged. */
  async keepPosition(through: number): Promise<void> {
    await this.#write('position.json', JSON.stringify({ through }));
  }

  #parse(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new Failure(
        'state.corrupt',
        `The simulator's memory in ${this.#directory} is broken; remove it`,
        {
          cause,
        },
      );
    }
  }

  async #read(name: string): Promise<string | undefined> {
    try {
      return await readFile(join(this.#directory, name), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Written aside and renamed, so that a file is never half there. */
  async #write(name: string, text: string): Promise<void> {
    const file = join(this.#directory, name);
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
  }
}

function worldOf(text: string | undefined, settings: WorldSettings): World {
  if (text === undefined) return createWorld(settings);
  try {
    return restoreWorld(text, settings);
  } catch (error) {
    if (error instanceof SyntaxError) return createWorld(settings);
    throw error;
  }
}
