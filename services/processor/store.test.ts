import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { ClassicLevel } from 'classic-level';
import { promisify } from 'node:util';
import { encodeHead } from '@tidemark/runtime/head';
import { isFailure } from '@tidemark/service/failures';
import { levelDisks } from './disk.ts';
import { lockDirectory } from './store-lock.ts';
import { TaskStore } from './store.ts';
import { tableContents } from './table-format.ts';
import { readWakeKey } from './wake-key.ts';

const directory = mkdtempSync(join(tmpdir(), 'tidemark-store-'));
after(() => rmSync(directory, { recursive: true }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (value: Uint8Array | undefined): string | undefined =>
  value === undefined ? undefined : new TextDecoder().decode(value);
const staged = (...entries: [string, string][]) => ({
  entities: entries.map(([id, value]) => ({ id, value: bytes(value) })),
  wakes: [],
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
    'reading\u0000stock_price\u0000\u0000rq1',
    'cart\u0000',
  ];
  await store.restore(
    'entities',
    ids.map((id) => ({ id, value: bytes(id.padEnd(30)) })),
  );
  for (const id of ids) assert.equal(textOf(store.get('entities', id)), id.padEnd(30));
  const { ids: found, isEnd } = await store.walk({ after: '', limit: 10 });
  assert.deepEqual(found.toSorted(), ids.toSorted());
  assert.ok(isEnd);
  await store.close();
});

test('what is deleted is gone: under way, committed, on the way to the disk and after it', async () => {
  const path = join(directory, 'deleted');
  const store = await TaskStore.open(path);
  await store.restore('entities', [{ id: 'a', value: bytes('old') }]);
  store.stage({ entities: [{ id: 'a', value: null }], wakes: [], counters: [] });
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

test('keys of any records are walked in parts, in their order', async () => {
  const store = await TaskStore.open(join(directory, 'walked'));
  const ids = ['\u0000stamp', 'cart\u00001', 'cart\u00001\u0000s0', 'cart\u00002'];
  await store.restore(
    'entities',
    ids.toReversed().map((id) => ({ id, value: head(Infinity) })),
  );
  await store.restore('counters', [{ id: 'cart|1', value: bytes('x') }]);
  assert.deepEqual(await store.walk({ after: '', limit: 3 }), { ids: ids.slice(0, 3), isEnd: false });
  assert.deepEqual(await store.walk({ after: ids[2]!, limit: 3 }), { ids: ids.slice(3), isEnd: true });
  await store.close();
});

test('what was erased is in no file: record, wake, and the names that LevelDB notes of tables', async () => {
  const path = join(directory, 'erased');
  const id = 'cart\u0000of-somebody-who-is-forgotten';
  let store = await TaskStore.open(path);
  await store.restore('entities', [{ id, value: head(9e12) }]);
  await store.close();
  // A start writes what is in the log into a table.
  store = await TaskStore.open(path);
  await store.restore('entities', [
    { id, value: null },
    { id: 'cart\u0000other', value: head(9e12) },
  ]);
  await store.purge();
  for (let times = 0; times < 2; times++) {
    await store.close();
    store = await TaskStore.open(path);
  }
  assert.deepEqual(await store.due(new Map([['cart', 1e13]]), 10), ['cart\u0000other']);
  await store.close();
  for (const name of readdirSync(path)) {
    const content = readFileSync(join(path, name));
    const parts = name.endsWith('.ldb') ? tableContents(content) : [];
    for (const part of [content, ...parts]) assert.ok(!part.includes('somebody'), name);
  }
});

/** A head record with that wake. */
function head(wake: number): Uint8Array {
  const states = { published: [], form: 0, now: undefined, base: undefined, open: new Uint8Array(0) };
  const place = { through: 0, wake, latest: 0, ended: false, segments: 0, pages: 0 };
  return encodeHead({ ...place, ...states }, [], (size) => new Uint8Array(size));
}

test('those due are found in order, on disk and above it, and a changed wake leaves none behind', async () => {
  const path = join(directory, 'due');
  let store = await TaskStore.open(path);
  const wake = (name: string, was: number, is: number) => ({
    entities: [{ id: `cart\u0000${name}`, value: head(is) }],
    wakes: [{ id: `cart\u0000${name}`, was, is }],
    counters: [],
  });
  const due = async (clock: number, limit = 10) =>
    (
      await store.due(
        new Map([
          ['cart', clock],
          ['contact', 1e6],
        ] as const),
        limit,
      )
    ).map((id) => id.slice(5));
  store.stage(wake('b', Infinity, -20));
  store.stage(wake('a', Infinity, -30));
  store.stage(wake('c', Infinity, 40));
  for (let index = 0; index < 3; index++) store.committed();
  assert.deepEqual(await due(-25), ['a']);
  assert.deepEqual(await due(41), ['a', 'b', 'c']);
  assert.deepEqual(await due(41, 2), ['a', 'b']);
  await store.flush(at);
  assert.deepEqual(await due(40), ['a', 'b'], 'strictly before the clock');
  assert.deepEqual(await due(41, 2), ['a', 'b']);
  store.stage(wake('a', -30, 70));
  assert.deepEqual(await due(41), ['b', 'c']);
  store.stage(wake('a', 70, 10));
  assert.deepEqual(await due(41), ['b', 'a', 'c']);
  store.committed();
  store.committed();
  await store.flush(at);
  assert.deepEqual(await due(41), ['b', 'a', 'c']);
  await store.close();
  const level = new ClassicLevel(path);
  assert.equal((await level.keys({ gte: 'w', lt: 'x' }).all()).length, 3);
  await level.close();
  store = await TaskStore.open(path);
  assert.deepEqual(await due(1e6), ['b', 'a', 'c'], 'as before the start');
  await store.close();
});

test('a wake that moves on is not written, and is moved once it is come to; one that is gone leaves nothing', async () => {
  const path = join(directory, 'moved');
  let store = await TaskStore.open(path);
  const change = async (name: string, was: number, is: number): Promise<void> => {
    const id = `cart\u0000${name}`;
    store.stage({ entities: [{ id, value: head(is) }], wakes: [{ id, was, is }], counters: [] });
    store.committed();
    await store.flush(at);
  };
  const due = (clock: number) => store.due(new Map([['cart', clock]] as const), 10);
  const indexed = async (): Promise<string[]> => {
    await store.close();
    const level = new ClassicLevel<Buffer, Buffer>(path, { keyEncoding: 'buffer', valueEncoding: 'buffer' });
    const keys = await level.keys({ gte: Buffer.from('w'), lt: Buffer.from('x') }).all();
    await level.close();
    store = await TaskStore.open(path);
    return keys.map(readWakeKey).map((one) => `${one.id.slice(5)} ${one.at}`);
  };
  await change('moves', Infinity, 10);
  await change('goes', Infinity, 20);
  await change('moves', 10, 30);
  await change('moves', 30, 60);
  await change('goes', 20, Infinity);
  assert.deepEqual(await indexed(), ['moves 10']);
  assert.deepEqual(await due(40), []);
  assert.deepEqual(await indexed(), ['moves 60']);
  assert.deepEqual(await due(60), []);
  assert.deepEqual(await due(61), ['cart\u0000moves']);
  await change('moves', 60, 50);
  assert.deepEqual(await due(55), ['cart\u0000moves'], 'one that is earlier than before');
  await change('moves', 50, 90);
  await change('moves', 90, Infinity);
  assert.deepEqual(await due(1_000), []);
  assert.deepEqual(await indexed(), []);
  await store.close();
});

test('after a restore the last head of an entity alone says when it wants waking', async () => {
  const store = await TaskStore.open(join(directory, 'restored'));
  const due = () => store.due(new Map([['cart', 100]] as const), 10);
  await store.restore('entities', [
    { id: 'cart\u0000a', value: head(10) },
    { id: 'cart\u0000b', value: head(20) },
  ]);
  await store.restore('entities', [
    { id: 'cart\u0000a', value: head(50) },
    { id: 'cart\u0000b', value: null },
  ]);
  assert.deepEqual(await due(), ['cart\u0000a']);
  assert.deepEqual(await due(), ['cart\u0000a']);
  await store.close();
});

test('a wiped store is empty and works on', async () => {
  const path = join(directory, 'wiped');
  const store = await TaskStore.open(path);
  store.stage(staged(['a', 'old']));
  store.committed();
  await store.flush(at);
  await store.close();
  levelDisks.wipe(path);
  const again = await TaskStore.open(path);
  assert.equal(again.position, undefined);
  assert.equal(again.get('entities', 'a'), undefined);
  await again.close();
});

/** One changed byte in CURRENT: it names a file that is not there. */
function nameAnotherManifest(path: string): void {
  const current = readFileSync(join(path, 'CURRENT'), 'utf8');
  writeFileSync(join(path, 'CURRENT'), current.replace('MANIFEST-0', 'MANIFEST- '));
}

test('a store whose files are damaged says so, and is no plain error', async () => {
  const path = join(directory, 'damaged');
  const store = await TaskStore.open(path);
  await store.restore('entities', [{ id: 'a', value: bytes('x') }]);
  await store.close();
  const current = readFileSync(join(path, 'CURRENT'));
  nameAnotherManifest(path);
  await assert.rejects(TaskStore.open(path), (error) => isFailure(error, 'state.corrupt'));
  writeFileSync(join(path, 'CURRENT'), current);
  const manifest = readdirSync(path).find((name) => name.startsWith('MANIFEST'))!;
  writeFileSync(join(path, manifest), 'not a manifest');
  await assert.rejects(TaskStore.open(path), (error) => isFailure(error, 'state.corrupt'));
});

test('a full disk is no damage; nothing is written after what could not be, and all before it is there', async () => {
  const path = join(directory, 'full');
  // A batch that is left out and followed by another would make a store that is missing one, and has to be rebuilt.
  const program = `const { TaskStore } = await import(${JSON.stringify(import.meta.resolve('./store.ts'))});
    const store = await TaskStore.open(${JSON.stringify(path)});
    const errors = [];
    for (let batch = 1; errors.length < 2; batch++) {
      store.stage({ entities: [{ id: 'mention' + batch, value: Buffer.alloc(500) }], counters: [], wakes: [] });
      store.committed();
      await store.flush({ stamp: ${JSON.stringify(stamp)}, state: batch, counters: 0 }).catch((error) => errors.push(error));
    }
    console.log(errors[0].code, errors[0].message, errors[0] === errors[1]);`;
  const limited = 'ulimit -f 16; exec "$@"';
  const node = [process.execPath, '--input-type=module', '-e', program];
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', limited, 'sh', ...node]);
  assert.match(stdout, /^state\.disk IO error: .*too large.* true\n$/i);
  const store = await TaskStore.open(path);
  const through = store.position!.state;
  assert.ok(through > 5);
  for (let batch = 1; batch <= through; batch++)
    assert.ok(store.get('entities', `mention${batch}`), `${batch}`);
  await store.close();
});

test('a lock whose files are damaged is taken all the same, by one process alone', async () => {
  const path = join(directory, 'damaged lock');
  await (await lockDirectory(path, 0)).release();
  for (const name of readdirSync(join(path, 'lock'))) writeFileSync(join(path, 'lock', name), 'damaged');
  const lock = await lockDirectory(path, 0);
  await assert.rejects(lockDirectory(path, 0), (error) => isFailure(error, 'state.locked'));
  await lock.release();
  nameAnotherManifest(join(path, 'lock'));
  await (await lockDirectory(path, 0)).release();
});

test('a directory in use is refused with advice, and is free again once it is released', async () => {
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

const canLimitFiles = spawnSync('prlimit', ['--version']).status === 0;

test('a start on a full disk waits for room, and says so', { skip: !canLimitFiles }, async () => {
  const path = join(directory, 'full');
  const program = `const { lockOnceWritable } = await import(${JSON.stringify(import.meta.resolve('./store-lock.ts'))});
    const log = { warn() {} };
    await lockOnceWritable(${JSON.stringify(path)}, 0, log, new AbortController().signal, (why) => console.log(why ?? 'locked'));
    setInterval(() => {}, 1000);`;
  // The soft limit alone, so that it can be raised again.
  const child = spawn('prlimit', ['--fsize=0:', process.execPath, '--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const reasons = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  assert.match((await reasons.next()).value!, /disk of STATE_DIR cannot be written.*File too large/);
  spawnSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited:']);
  let last: string | undefined;
  do last = (await reasons.next()).value;
  while (last !== undefined && last !== 'locked');
  assert.equal(last, 'locked');
  child.kill('SIGKILL');
  await once(child, 'exit');
});

test('a wake that comes to disk while the disk is searched is found when it is due', async () => {
  const store = await TaskStore.open(join(directory, 'searched'));
  const id = (name: number): string => `cart\u0000${name}`;
  const heads = (wake: number) =>
    Array.from({ length: 200 }, (_, name) => ({ id: id(name), value: head(wake) }));
  // Two wakes of each on disk, of which the search skips the first ones: it takes many steps.
  await store.restore('entities', heads(10));
  await store.restore('entities', heads(1_000));
  const clocks = (clock: number) => new Map([['cart', clock] as const]);
  store.stage({
    entities: [{ id: id(500), value: head(600) }],
    wakes: [{ id: id(500), was: Infinity, is: 600 }],
    counters: [],
  });
  const searching = store.due(clocks(500), 1);
  store.committed();
  await store.flush(at);
  assert.deepEqual(await searching, []);
  assert.deepEqual(await store.due(clocks(700), 1), [id(500)]);
  await store.close();
});

test('what was read ahead is never older than what was written since', async () => {
  const store = await TaskStore.open(join(directory, 'ahead'));
  await store.restore('entities', [
    { id: 'a', value: bytes('old') },
    { id: 'b', value: bytes('old') },
  ]);
  const write = async (id: string, value: string): Promise<void> => {
    store.stage(staged([id, value]));
    store.committed();
    await store.flush(at);
  };
  await store.readAhead(['a', 'b', 'none']);
  assert.deepEqual(
    ['a', 'b', 'none'].map((id) => textOf(store.get('entities', id))),
    ['old', 'old', undefined],
  );
  await write('a', 'new');
  assert.equal(textOf(store.get('entities', 'a')), 'new', 'written after it was read');
  await Promise.all([store.readAhead(['a', 'b']), write('b', 'new')]);
  assert.equal(textOf(store.get('entities', 'b')), 'new', 'written while it was read');
  await store.readAhead(['none']);
  await write('none', 'new');
  assert.equal(textOf(store.get('entities', 'none')), 'new', 'it was not there');
  await store.close();
});
