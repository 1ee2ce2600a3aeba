import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { isFailure } from '@tidemark/service/failures';
import { TaskStore } from './store.ts';

// Stores with one damaged byte, wherever it is: what they give is what was written, or `state.corrupt`.

const directory = mkdtempSync(join(tmpdir(), 'tidemark-damage-'));
after(() => rmSync(directory, { recursive: true }));

const stamp = { format: 1, cluster: 'here', application: 'tidemark', partitions: 4 };
const batches = 30;
const recordsPerBatch = 40;
const idOf = (batch: number, record: number): string => `mention\u0000customer-${record}-of-${batch}`;
const valueOf = (id: string): Uint8Array => Buffer.from(`${id} `.repeat(5));

/** A store of which batch by batch went to disk. @param opened How often it was opened again: its log then becomes a table. */
async function written(name: string, opened: number): Promise<string> {
  const path = join(directory, name);
  let store = await TaskStore.open(path);
  for (let batch = 0; batch < batches; batch++) {
    const ids = Array.from({ length: recordsPerBatch }, (_, record) => idOf(batch, record));
    const entities = ids.map((id) => ({ id, value: valueOf(id) }));
    store.stage({ entities, counters: [], wakes: [] });
    store.committed();
    await store.flush({ stamp, state: batch + 1, counters: 0 });
  }
  await store.close();
  for (let time = 0; time < opened; time++) {
    store = await TaskStore.open(path);
    await store.close();
  }
  return path;
}

/** What a store gives of what was written: it is `whole`, as far as its position says, `damaged`, or what it lost. */
async function outcomeOf(path: string): Promise<string> {
  let store: TaskStore | undefined;
  try {
    store = await TaskStore.open(path);
    const through = store.position?.state ?? 0;
    const lost: string[] = [];
    for (let batch = 0; batch < through; batch++)
      for (let record = 0; record < recordsPerBatch; record++) {
        const id = idOf(batch, record);
        const value: Uint8Array | undefined = store.get('entities', id);
        if (value === undefined) lost.push(id);
        else assert.deepEqual(Buffer.from(value), Buffer.from(valueOf(id)));
      }
    await store.walk({ after: '', limit: 10_000 });
    return lost.length === 0 ? 'whole' : `lost without a word: ${lost.join(', ')}`;
  } catch (error) {
    if (isFailure(error, 'state.corrupt')) return 'damaged';
    throw error;
  } finally {
    await store?.close();
  }
}

/** Damages a byte of a file after the other, in copies of a store, and counts the outcomes. */
async function damaged(path: string, extension: string, places: number): Promise<Record<string, number>> {
  const outcomes: Record<string, number> = {};
  const files = readdirSync(path).filter((name) => name.endsWith(extension));
  for (const file of files) {
    const content = readFileSync(join(path, file));
    for (let place = 0; place < places; place++) {
      const copy = join(directory, 'copy');
      cpSync(path, copy, { recursive: true });
      const bad = Buffer.from(content);
      bad[Math.floor((place * content.length) / places)]! ^= 1 << (place % 8);
      writeFileSync(join(copy, file), bad);
      const outcome = await outcomeOf(copy);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      rmSync(copy, { recursive: true });
    }
  }
  return outcomes;
}

test('a damaged byte of a table is found by what reads the record, or by the walk', async () => {
  const { whole = 0, damaged: found = 0, ...others } = await damaged(await written('table', 2), '.ldb', 150);
  assert.deepEqual(others, {});
  assert.ok(found > 100, `${found} found, ${whole} without effect`);
});

test('a table that is damaged while the store is open is found in its turn', async () => {
  const path = await written('open', 2);
  const store = await TaskStore.open(path);
  assert.equal((await store.walk({ after: '', limit: 10 })).ids.length, 10);
  const table = join(
    path,
    readdirSync(path).find((name) => name.endsWith('.ldb'))!,
  );
  const content = readFileSync(table);
  content[100]! ^= 1;
  writeFileSync(table, content, { flush: true });
  const walks = (async () => {
    for (let walk = 0; walk < 2_000; walk++) await store.walk({ after: '', limit: 1 });
  })();
  await assert.rejects(walks, (error) => isFailure(error, 'state.corrupt'));
  await store.close();
});

test('a damaged byte of the log loses its end, which the changelog has, or is found when it is opened', async () => {
  const { whole = 0, damaged: found = 0, ...others } = await damaged(await written('log', 0), '.log', 150);
  assert.deepEqual(others, {});
  assert.ok(found > 20, `${found} found, ${whole} without effect`);
});
