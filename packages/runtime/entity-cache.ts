import type { Entity } from './entity.ts';

/** Entities in memory, up to a weight: those used longest ago go first. */
export class EntityCache {
  readonly #bytesMax: number;
  readonly #load: (id: string) => Entity;
  /** Map order is age of use. */
  readonly #entities = new Map<string, Entity>();
  readonly #used = new Set<string>();
  #bytes = 0;

  /** @param load Reads an entity that is not here. */
  constructor(bytesMax: number, load: (id: string) => Entity) {
    this.#bytesMax = bytesMax;
    this.#load = load;
  }

  /** Whether an entity is in memory. */
  has(id: string): boolean {
    return this.#entities.has(id);
  }

  /** An entity, which stays here at least until `evict`. */
  get(id: string): Entity {
    let entity = this.#entities.get(id);
    if (entity === undefined) entity = this.#load(id);
    else if (!this.#used.has(id)) this.#entities.delete(id);
    this.#entities.set(id, entity);
    this.#used.add(id);
    return entity;
  }

  /** Lets go of an entity. */
  forget(id: string): void {
    this.#bytes -= this.#entities.get(id)?.weighed ?? 0;
    this.#entities.delete(id);
    this.#used.delete(id);
  }

  /** Weighs what was used, and lets go of what is too much. */
  evict(): void {
    for (const id of this.#used) {
      const entity = this.#entities.get(id)!;
      this.#bytes += entity.weight - entity.weighed;
      entity.weighed = entity.weight;
    }
    this.#used.clear();
    for (const id of this.#entities.keys()) {
      if (this.#bytes <= this.#bytesMax) return;
      this.forget(id);
    }
  }
}
