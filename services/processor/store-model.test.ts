import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import type { Family } from '@tidemark/events/families';
import { familyOfId } from '@tidemark/runtime/entity-id';
import { encodeHead } from '@tidemark/runtime/head';
import type { WakeChange } from '@tidemark/runtime/task';
import { levelDisks } from './disk.ts';
import type { RecordTable } from './layers.ts';
import { TaskStore } from './store.ts';

// The store against plain maps: whatever is staged, committed, written, read ahead, lost and restored, it gives what they give.

const directory = mkdtempSync(join(tmpdir(), 'tidemark-store-model-'));
after(() => rmSync(directory, { recursive: true }));

const stamp = { format: 2, cluster: 'here', application: 'tidemark', partitions: 4 };
const entityIds = ['cart\u0000a', 'cart\u0000b', 'contact\u0000a', 'contact\u0000b', 'mention\u0000a'];
const counterIds = ['one|0', 'one|900000', 'two|0'];
const wakes = [Infinity, -50, 0, 10, 20.5, 1e13];

type Value = { readonly bytes: Uint8Array; readonly wake: number };
type Records = Map<string, Value | null>;
type Layer = { readonly [T in RecordTable]: Records };

const newLayer = (): Layer => ({ entities: new Map(), counters: new Map() });

function valueOf(wake: number, tag: number): Value {
  const bytes = encodeHead(
    {
      through: tag,
      wake,
      latest: 0,
      ended: false,
      segments: 0,
      pages: 0,
      published: [],
      form: 0,
      now: undefined,
      base: undefined,
      open: new Uint8Array(0),
    },
    [],
    (size) => new Uint8Array(size),
  );
  return { bytes, wake };
}

/** What a store is to give, with what is not on disk yet. */
class Model {
  disk = newLayer();
  committed = newLayer();
  underWay: Layer[] = [];

  get(table: RecordTable, id: string): Value | undefined {
    for (const layer of [...this.underWay.toReversed(), this.committed, this.disk]) {
      const value = layer[table].get(id);
      if (value !== undefined) return value ?? undefined;
    }
    return undefined;
  }

  wakeOf(id: string): number {
    return this.get('entities', id)?.wake ?? Infinity;
  }

  flush(): void {
    for (const table of ['entities', 'counters'] as const)
      for (const [id, value] of this.committed[table])
        if (value === null) this.disk[table].delete(id);
        else this.disk[table].set(id, value);
    this.committed = newLayer();
  }
}

const change = <Id extends string>(ids: readonly Id[]) =>
  fc.record({ id: fc.constantFrom(...ids), wake: fc.option(fc.constantFrom(...wakes), { freq: 5 }) });
const steps = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('stage' as const),
      entities: fc.uniqueArray(change(entityIds), { maxLength: 3, selector: ({ id }) => id }),
      counters: fc.uniqueArray(change(counterIds), { maxLength: 2, selector: ({ id }) => id }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('commit' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('flush' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('read ahead' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('die' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('restore' as const),
      entities: fc.array(change(entityIds), { maxLength: 6 }),
      counters: fc.array(change(counterIds), { maxLength: 3 }),
    }),
  },
);

type StepOf<T> = T extends fc.Arbitrary<infer S> ? S : never;

/** A store and its model, which take the same steps. */
class Both {
  readonly #path: string;
  readonly #model = new Model();
  #store: TaskStore;
  #count = 0;

  private constructor(path: string, store: TaskStore) {
    this.#path = path;
    this.#store = store;
  }

  static async open(path: string): Promise<Both> {
    return new Both(path, await TaskStore.open(path));
  }

  async take(step: StepOf<typeof steps>): Promise<void> {
    this.#count++;
    const model = this.#model;
    switch (step.kind) {
      case 'stage':
        return this.#stage(step);
      case 'commit': {
        const layer = model.underWay.shift();
        if (layer === undefined) return;
        for (const table of ['entities', 'counters'] as const)
          for (const [id, value] of layer[table]) model.committed[table].set(id, value);
        return this.#store.committed();
      }
      case 'flush': {
        model.flush();
        const written = this.#store.flush({ stamp, state: this.#count, counters: 0 });
        // On its way to the disk it is there all the same.
        this.#compareRecords();
        return written;
      }
      case 'read ahead':
        return this.#store.readAhead(entityIds);
      case 'die':
        return this.#die();
      case 'restore': {
        // What is restored comes before anything else in the life of a store.
        await this.#die();
        for (const table of ['entities', 'counters'] as const) {
          const records = step[table].map(({ id, wake }) => ({
            id,
            value: wake === null ? null : valueOf(wake, this.#count),
          }));
          for (const { id, value } of records) model.committed[table].set(id, value);
          model.flush();
          await this.#store.restore(
            table,
            records.map(({ id, value }) => ({ id, value: value?.bytes ?? null })),
          );
        }
      }
    }
  }

  async #die(): Promise<void> {
    await this.#store.close();
    this.#model.underWay = [];
    this.#model.committed = newLayer();
    this.#store = await TaskStore.open(this.#path);
  }

  #stage(step: Extract<StepOf<typeof steps>, { kind: 'stage' }>): void {
    const layer = newLayer();
    const changed: WakeChange[] = [];
    for (const { id, wake } of step.entities) {
      const [was, is] = [this.#model.wakeOf(id), wake ?? Infinity];
      if (was !== is) changed.push({ id, was, is });
      layer.entities.set(id, wake === null ? null : valueOf(wake, this.#count));
    }
    for (const { id, wake } of step.counters)
      layer.counters.set(id, wake === null ? null : valueOf(wake, this.#count));
    this.#model.underWay.push(layer);
    const records = (table: RecordTable) =>
      [...layer[table]].map(([id, value]) => ({ id, value: value?.bytes ?? null }));
    this.#store.stage({ entities: records('entities'), counters: records('counters'), wakes: changed });
  }

  #compareRecords(): void {
    const [store, model] = [this.#store, this.#model];
    for (const [table, ids] of [
      ['entities', entityIds],
      ['counters', counterIds],
    ] as const)
      for (const id of ids) {
        const bytes = store.get(table, id);
        assert.deepEqual(bytes && new Uint8Array(bytes), model.get(table, id)?.bytes, id);
      }
    assert.equal(store.unwritten, model.committed.entities.size + model.committed.counters.size);
  }

  async compare(clock: number): Promise<void> {
    this.#compareRecords();
    const [store, model] = [this.#store, this.#model];
    assert.deepEqual(await store.counterKeys(), [...model.disk.counters.keys()].toSorted());
    const { ids, isEnd } = await store.walk({ after: '', limit: 100 });
    assert.deepEqual(ids, [...model.disk.entities.keys()].toSorted());
    assert.equal(isEnd, true);
    const clocks = new Map<Family, number>([
      ['cart', clock],
      ['contact', clock],
      ['mention', -Infinity],
    ]);
    const due = await store.due(clocks, 10);
    const expected = entityIds.filter((id) => model.wakeOf(id) < (clocks.get(familyOfId(id)) ?? -Infinity));
    assert.deepEqual(due.toSorted(), expected.toSorted());
    for (const family of ['cart', 'contact']) {
      const times = due.filter((id) => familyOfId(id) === family).map((id) => model.wakeOf(id));
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
        'earliest first',
      );
    }
  }

  async close(): Promise<void> {
    await this.#store.close();
    levelDisks.wipe(this.#path);
  }
}

test('whatever is staged, committed, written and lost, the store gives what plain maps give', async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(steps, fc.constantFrom(-Infinity, 5, 15, 30, Infinity)), { maxLength: 25 }),
      async (taken) => {
        const both = await Both.open(join(directory, String(run++)));
        try {
          let reached = -Infinity;
          for (const [step, clock] of taken) {
            await both.take(step);
            // A clock never goes back.
            reached = Math.max(reached, clock);
            await both.compare(reached);
          }
        } finally {
          await both.close();
        }
      },
    ),
    { numRuns: 60 },
  );
});
