import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { isFailure } from '@tidemark/service/failures';
import { lockDirectory } from './store-lock.ts';
import { TaskStore } from './store.ts';

const directory = mkdtempSync(join(tmpdir(), 'tidemark-store-'));
after(() => rmSync(directory, { recursive: true }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (value: Uint8Array | undefined): string | undefined =>
  value === undefined ? undefined : new TextDecoder().decode(value);
const staged = (...entries: [string, string][]) => ({
  entities: entries.map(([id, value]) => ({ id, value: bytes(value) })),
  counters: [],
});
const stamp = { format: 1, cluster: 'here', application: 'tidemark', partitions: 4 };
const at = { stamp, state: 7, counters: 3 };

test('the newest of disk, committed and under way is what is read', async () => {
  const store = await TaskStore.open(join(directory, 'layers'));
  await store.restore('entities', [{ id: 'a', value: bytes('disk') }]);
  assert.equal(textOf(store.get('entities', 'a')), 'disk');
  store.stage(staged(['a', 'first']));
  store.stage(staged(['a', 'second']));
  assert.equal(textOf(store.get('entities', 'a')), 'second');
  store.committed();
  assert.equal(textOf(store.get('entities', 'a')), 'second');
  await store.close();
});

test('what is not committed never gets to disk', async () => {
  const path = join(directory, 'uncommitted');
  const store = await TaskStore.open(path);
  store.stage(staged(['a', 'committed']));
  store.committed();
  store.stage(staged(['a', 'under way'], ['b', 'under way']));
  await store.flush(at);
  await store.close();
  const again = await TaskStore.open(path);
  assert.deepEqual(again.position, at);
  assert.equal(textOf(again.get('entities', 'a')), 'committed');
  assert.equal(again.get('entities', 'b'), undefined);
  await again.close();
});

test('keys are any text an entity may have: long, with zero bytes between the parts, of any script', async () => {
  const store = await TaskStore.open(join(directory, 'keys'));
  const ids = [
    `cart\u0000${'𝄞'.repeat(256)}`,
    `cart\u0000${'x'.repeat(256)}\u000012`,
    'cart\u0000\u0001\u0002 ',
    'cart\u0000',
  ];
  await store.restore(
    'entities',
    ids.map((id) => ({ id, value: bytes(id) })),
  );
  for (const id of ids) assert.equal(textOf(store.get('entities', id)), id);
  const found: string[] = [];
  for await (const records of store.entries('entities')) found.push(...records.map(({ id }) => id));
  assert.deepEqual(found.toSorted(), ids.toSorted());
  await store.close();
});

test('what is deleted is gone: under way, committed, on the way to the disk and after it', async () => {
  const path = join(directory, 'deleted');
  const store = await TaskStore.open(path);
  await store.restore('entities', [{ id: 'a', value: bytes('old') }]);
  store.stage({ entities: [{ id: 'a', value: null }], counters: [] });
  assert.equal(store.get('entities', 'a'), undefined);
  store.committed();
  assert.equal(store.get('entities', 'a'), undefined);
  const flushing = store.flush(at);
  assert.equal(store.get('entities', 'a'), undefined);
  await flushing;
  await store.close();
  const again = await TaskStore.open(path);
  assert.equal(again.get('entities', 'a'), undefined);
  await again.close();
});

test('a wiped store is empty and works on', async () => {
  const path = join(directory, 'wiped');
  const store = await TaskStore.open(path);
  store.stage(staged(['a', 'old']));
  store.committed();
  await store.flush(at);
  await store.close();
  TaskStore.wipe(path);
  const again = await TaskStore.open(path);
  assert.equal(again.position, undefined);
  assert.equal(again.get('entities', 'a'), undefined);
  await again.close();
});

test('a store whose files are damaged says so, and is no plain error', async () => {
  const path = join(directory, 'damaged');
  const store = await TaskStore.open(path);
  await store.restore('entities', [{ id: 'a', value: bytes('x') }]);
  await store.close();
  const manifest = readdirSync(path).find((name) => name.startsWith('MANIFEST'))!;
  writeFileSync(join(path, manifest), 'not a manifest');
  await assert.rejects(TaskStore.open(path), (error) => isFailure(error, 'state.corrupt'));
});

test('a directory in use is refused with the mend, and is free again once it is released', async () => {
  const path = join(directory, 'locked');
  const lock = await lockDirectory(path, 0);
  await assert.rejects(
    lockDirectory(path, 0),
    (error) => isFailure(error, 'state.locked') && /STATE_DIR of its own/.test(error.message),
  );
  await lock.release();
  await (await lockDirectory(path, 0)).release();
});

test('the lock of a process that was killed is taken over', async () => {
  const path = join(directory, 'killed');
  const program = `const { lockDirectory } = await import(${JSON.stringify(import.meta.resolve('./store-lock.ts'))});
    await lockDirectory(${JSON.stringify(path)}, 0); console.log('locked'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  await assert.rejects(lockDirectory(path, 0), (error) => isFailure(error, 'state.locked'));
  child.kill('SIGKILL');
  await once(child, 'exit');
  await (await lockDirectory(path, 0)).release();
});
