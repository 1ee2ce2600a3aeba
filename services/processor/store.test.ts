import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
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
const at = { origin: 'here', state: 7, counters: 3 };

test('the newest of disk, committed and under way is what is read', async () => {
  const store = new TaskStore(join(directory, 'layers'));
  store.restore('entities', [{ id: 'a', value: bytes('disk') }]);
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
  const store = new TaskStore(path);
  store.stage(staged(['a', 'committed']));
  store.committed();
  store.stage(staged(['a', 'under way'], ['b', 'under way']));
  store.flush(at);
  await store.close();
  const again = new TaskStore(path);
  assert.deepEqual(again.position, at);
  assert.equal(textOf(again.get('entities', 'a')), 'committed');
  assert.equal(again.get('entities', 'b'), undefined);
  await again.close();
});

test('keys are any text an entity may have: long, with zero bytes between the parts, of any script', async () => {
  const store = new TaskStore(join(directory, 'keys'));
  const ids = [
    `cart\u0000${'𝄞'.repeat(256)}`,
    `cart\u0000${'x'.repeat(256)}\u000012`,
    'cart\u0000\u0001\u0002 ',
    'cart\u0000',
  ];
  store.restore(
    'entities',
    ids.map((id) => ({ id, value: bytes(id) })),
  );
  for (const id of ids) assert.equal(textOf(store.get('entities', id)), id);
  assert.deepEqual([...store.entries('entities')].map(({ id }) => id).toSorted(), ids.toSorted());
  await store.close();
});

test('a wiped store is empty and works on', async () => {
  const store = new TaskStore(join(directory, 'wiped'));
  store.stage(staged(['a', 'old']));
  store.committed();
  store.flush(at);
  await store.wipe();
  assert.equal(store.position, undefined);
  assert.equal(store.get('entities', 'a'), undefined);
  store.restore('entities', [{ id: 'a', value: bytes('new') }]);
  assert.equal(textOf(store.get('entities', 'a')), 'new');
  await store.close();
});
