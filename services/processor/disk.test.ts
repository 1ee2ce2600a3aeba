import assert from 'node:assert/strict';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { ClassicLevel } from 'classic-level';
import { isFailure } from '@tidemark/service/failures';
import { Disk, type Operation } from './disk.ts';
import { Tables } from './tables.ts';

const bufferBytes = 1024 * 1024;
const directory = mkdtempSync(join(tmpdir(), 'tidemark-disk-'));
after(() => rmSync(directory, { recursive: true }));

const corrupt = (error: unknown): boolean => isFailure(error, 'state.corrupt');
const put = (key: string, value: string): Operation => ({
  type: 'put',
  key: Buffer.from(key),
  value: Buffer.from(value),
});
const read = (disk: Disk, key: string): string | undefined => disk.get(Buffer.from(key))?.toString();

/** A directory of its own. */
function newDirectory(name: string): string {
  const path = join(directory, name);
  mkdirSync(path);
  return path;
}

/** Does something to what LevelDB has, past the store. */
async function past(
  path: string,
  act: (level: ClassicLevel<Buffer, Buffer>) => Promise<void>,
): Promise<void> {
  const level = new ClassicLevel<Buffer, Buffer>(path, { keyEncoding: 'buffer', valueEncoding: 'buffer' });
  await level.open();
  await act(level);
  await level.close();
}

/** The number of a batch as it stands on disk. */
function numbered(number: number): { type: 'put'; key: Buffer; value: Buffer } {
  const key = Buffer.alloc(7);
  key.write('b');
  key.writeUIntBE(number, 1, 6);
  const value = Buffer.alloc(4);
  value.writeUInt32BE(crc32(key));
  return { type: 'put', key, value };
}

test('numbers of batches are kept for as long as the log may have them, and a store of very many opens', async () => {
  const path = newDirectory('many');
  const kept = 32_768;
  let written = kept - 2;
  await past(path, (level) => level.batch(Array.from({ length: written }, (_, number) => numbered(number))));
  for (const batches of [1, 1, 1, 1, 20]) {
    const disk = await Disk.open(path, bufferBytes);
    for (let batch = 0; batch < batches; batch++) await disk.batch([]);
    await disk.close();
    written += batches;
    const first = Math.max(0, written - kept);
    await past(path, async (level) => {
      const numbers = await level.keys({ gte: Buffer.from('b'), lt: Buffer.from('c') }).all();
      const expected = [numbered(first).key, numbered(written - 1).key, Math.min(written, kept)];
      assert.deepEqual([numbers[0], numbers.at(-1), numbers.length], expected);
    });
  }
});

test('batches that are handed over at once are written in their order, each with what it was handed', async () => {
  const path = newDirectory('at-once');
  const disk = await Disk.open(path, bufferBytes);
  const batches = Array.from({ length: 40 }, (_, index) => [
    put('e', `value ${index}`),
    put(`e${index}`, 'x'.repeat(index * 5_000)),
  ]);
  await Promise.all(batches.map((operations) => disk.batch(operations)));
  assert.equal(read(disk, 'e'), 'value 39');
  await disk.close();
  const again = await Disk.open(path, bufferBytes);
  assert.equal(read(again, 'e'), 'value 39');
  for (const index of batches.keys()) assert.equal(read(again, `e${index}`)?.length, index * 5_000);
  await again.close();
});

test('records of any size are read as they were written, many in one batch', async () => {
  const disk = await Disk.open(newDirectory('sizes'), bufferBytes);
  const sizes = [0, 1, 65_531, 65_532, 65_533, 300_000, 7, 900_000, 300_001];
  const records = sizes.map((size) => put(`e${size}`, String(size % 10).repeat(size)));
  await Promise.all([disk.batch(records.slice(0, 6)), disk.batch(records.slice(6))]);
  for (const size of sizes) assert.equal(read(disk, `e${size}`), String(size % 10).repeat(size));
  await disk.close();
});

test('a batch that is missing between others is damage', async () => {
  const path = newDirectory('missing');
  const disk = await Disk.open(path, bufferBytes);
  for (const value of ['1', '2', '3']) await disk.batch([put('e', value)]);
  await disk.close();
  await past(path, async (level) => {
    const numbers = await level.keys({ gte: Buffer.from('b'), lt: Buffer.from('c') }).all();
    await level.del(numbers[1]!);
  });
  await assert.rejects(
    Disk.open(path, bufferBytes),
    (error) => corrupt(error) && /1 of the batches before 3/.test(String(error)),
  );
});

test('a record that is not what was written, or stands at another key, is damage, however it is read', async () => {
  const path = newDirectory('records');
  const disk = await Disk.open(path, bufferBytes);
  await disk.batch([put('ea', 'one'), put('eb', 'two'), put('ec', 'three')]);
  await disk.close();
  await past(path, async (level) => {
    const other = await level.get(Buffer.from('eb'));
    await level.put(Buffer.from('ea'), other!);
    await level.put(Buffer.from('ec'), Buffer.from('x'));
  });
  const again = await Disk.open(path, bufferBytes);
  assert.equal(read(again, 'eb'), 'two');
  for (const key of ['ea', 'ec']) {
    assert.throws(() => read(again, key), corrupt);
    await assert.rejects(again.getMany([Buffer.from('eb'), Buffer.from(key)]), corrupt);
  }
  const range = again.range({ gt: Buffer.from('e'), lt: Buffer.from('f') }, 10, () => true);
  await assert.rejects(range, corrupt);
  await again.close();
});

test('many keys are read in the order they are asked for, whatever is not there', async () => {
  const disk = await Disk.open(newDirectory('order'), bufferBytes);
  await disk.batch(['c', 'a', 'b'].map((key) => put(key, key.toUpperCase())));
  const found = await disk.getMany(['b', 'x', 'c', 'a', 'b'].map((key) => Buffer.from(key)));
  assert.deepEqual(found.map(String), ['B', 'undefined', 'C', 'A', 'B']);
  await disk.close();
});

test('a range comes in parts that grow, in order, for as long as more is wanted', async () => {
  const disk = await Disk.open(newDirectory('range'), bufferBytes);
  const keys = Array.from({ length: 2_500 }, (_, index) => `e${10_000 + index}`);
  await disk.batch(keys.map((key) => put(key, key)));
  const parts: number[] = [];
  const read_: string[] = [];
  await disk.range({ gte: Buffer.from('e'), lt: Buffer.from('f') }, 5_000, (records) => {
    parts.push(records.length);
    read_.push(...records.map(([key]) => key.toString()));
    return true;
  });
  assert.deepEqual([parts, read_], [[32, 128, 512, 1_000, 828], keys]);
  parts.length = 0;
  await disk.range(
    { gte: Buffer.from('e'), lt: Buffer.from('f') },
    7,
    (records) => parts.push(records.length) < 2,
  );
  assert.deepEqual(parts, [7, 7]);
  await disk.close();
});

test('a table that is larger than a turn has takes as many turns as it is larger', async () => {
  const path = newDirectory('turns');
  const disk = await Disk.open(path, bufferBytes);
  await disk.batch([put('e', 'x'.repeat(100))]);
  await disk.close();
  await (await Disk.open(path, bufferBytes)).close();
  const sound = join(
    path,
    readdirSync(path).find((name) => name.endsWith('.ldb'))!,
  );
  const bad = join(path, 'bad.ldb');
  copyFileSync(sound, bad);
  writeFileSync(bad, Buffer.from(readFileSync(bad)).fill(0, 10, 20));
  utimesSync(sound, 1_000, 1_000);
  const tables = new Tables(path, Math.ceil(statSync(sound).size / 3));
  await tables.look();
  for (let turn = 0; turn < 3; turn++) await tables.verifyNext();
  await assert.rejects(tables.verifyNext(), /table bad.ldb is damaged/);
});

test('a start verifies the tables written last, up to so many bytes; the others have their turn later', async () => {
  const [source, path] = [newDirectory('source'), newDirectory('tables')];
  const disk = await Disk.open(source, bufferBytes);
  await disk.batch([put('e', 'x'.repeat(100))]);
  await disk.close();
  // A log becomes a table when its store is opened again.
  await (await Disk.open(source, bufferBytes)).close();
  const table = join(
    source,
    readdirSync(source).find((name) => name.endsWith('.ldb'))!,
  );
  const { size } = statSync(table);
  const sound = readFileSync(table);
  const copies = ['1.ldb', '2.ldb', '3.ldb'].map((name) => join(path, name));
  for (const [index, copy] of copies.entries()) {
    copyFileSync(table, copy);
    utimesSync(copy, 1_000 + index, 1_000 + index);
  }
  const damage = (copy: string, bad: boolean): void => {
    const { atime, mtime } = statSync(copy);
    const content = Buffer.from(sound);
    if (bad) content[10]! ^= 1;
    writeFileSync(copy, content);
    utimesSync(copy, atime, mtime);
  };
  damage(copies[0]!, true);
  const tables = new Tables(path);
  assert.deepEqual(await tables.look(), [], 'what was not there before may still be written');
  await tables.verifyNewest(2 * size);
  await assert.rejects(tables.verifyNewest(3 * size), /table 1.ldb is damaged/);
  damage(copies[0]!, false);
  damage(copies[2]!, true);
  await assert.rejects(tables.verifyNewest(size), /table 3.ldb is damaged/);
  const inTurn = async (): Promise<void> => {
    for (let turn = 0; turn < 3; turn++) await tables.verifyNext();
  };
  damage(copies[2]!, false);
  await inTurn();
  damage(copies[1]!, true);
  rmSync(copies[2]!);
  const untilLook = async (): Promise<void> => {
    for (let turn = 0; turn < 700; turn++) await tables.verifyNext();
  };
  await assert.rejects(untilLook(), /table 2.ldb is damaged/);
});
