import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { ownDataFolder } from './data-folder.ts';

const home = await realpath(await mkdtemp(join(tmpdir(), 'tidemark-owner-')));
after(() => rm(home, { recursive: true, force: true }));

test('a data folder has one owner, until that one gives it back or is killed', async () => {
  for (const folder of [join(home, 'short'), join(home, 'a-very-long-name'.repeat(8))]) {
    const giveBack = await ownDataFolder(folder);
    await assert.rejects(
      ownDataFolder(folder),
      /Another tidemark start is using .*: stop it, or give another folder/,
    );
    await giveBack();
    const source = `
      import { ownDataFolder } from ${JSON.stringify(new URL('./data-folder.ts', import.meta.url).href)};
      await ownDataFolder(${JSON.stringify(folder)});
      setInterval(() => {}, 1_000);
      console.log('owned');`;
    const other = spawn(process.execPath, ['--input-type=module', '--eval', source], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(other, 'exit');
    await once(createInterface({ input: other.stdout }), 'line');
    await assert.rejects(ownDataFolder(folder), /Another tidemark start/);
    other.kill('SIGKILL');
    await ended;
    await (
      await ownDataFolder(folder)
    )();
  }
});

test('what is kept is for the owner alone, what was made by an earlier version too', async () => {
  const folder = join(home, 'open');
  await mkdir(join(folder, 'kafka'), { recursive: true });
  await chmod(join(folder, 'kafka'), 0o755);
  await (
    await ownDataFolder(folder)
  )();
  assert.equal((await stat(join(folder, 'kafka'))).mode & 0o777, 0o700);
  const fresh = join(home, 'fresh');
  await (
    await ownDataFolder(fresh)
  )();
  assert.equal((await stat(fresh)).mode & 0o777, 0o700);
});
