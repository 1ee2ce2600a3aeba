import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { classArchive } from './class-archive.ts';

const ended = { code: 143, signal: null };
const killed = { code: null, signal: 'SIGKILL' } as const;

/** The file that a JVM of these arguments writes at its end. */
const writes = ([argument = '']: readonly string[]): string =>
  argument.replace('-XX:ArchiveClassesAtExit=', '');

test('the first JVM that ends in order writes the archive, which the next one uses', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'tidemark-classes-'));
  t.after(() => rmSync(dir, { recursive: true }));

  const first = classArchive('java 17', 'a.jar', dir);
  assert.deepEqual(first.use, []);
  writeFileSync(writes(first.useOrWrite), 'half');
  await first.keep(killed);
  assert.deepEqual(readdirSync(dir), []);

  writeFileSync(writes(first.useOrWrite), 'whole');
  await first.keep(ended);
  const next = classArchive('java 17', 'a.jar', dir);
  const [archive] = readdirSync(dir);
  assert.deepEqual(next.useOrWrite, [`-XX:SharedArchiveFile=${join(dir, archive!)}`, '-Xlog:cds*=off']);
  assert.equal(next.graceMs, undefined);
});

test('another Java and another class path have another archive, and one is kept', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'tidemark-classes-'));
  t.after(() => rmSync(dir, { recursive: true }));

  const before = classArchive('java 17', 'a.jar', dir);
  writeFileSync(writes(before.useOrWrite), 'whole');
  await before.keep(ended);
  for (const [version, classPath] of [
    ['java 21', 'a.jar'],
    ['java 21', 'b.jar'],
  ] as const) {
    const archive = classArchive(version, classPath, dir);
    assert.deepEqual(archive.use, []);
    writeFileSync(writes(archive.useOrWrite), 'whole');
    await archive.keep(ended);
    assert.equal(readdirSync(dir).length, 1);
  }
});
