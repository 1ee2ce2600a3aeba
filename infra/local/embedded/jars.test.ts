import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { cacheDir, fetchJars } from './jars.ts';
import type { Jar, JarProgress } from './jars.ts';

const content = (name: string): Buffer => Buffer.from(name.repeat(10_000));
const jar = (name: string): Jar => ({
  artifact: `org.example:${name}:1.0`,
  bytes: content(name).length,
  sha256: createHash('sha256').update(content(name)).digest('hex'),
});
const jars = ['one', 'two', 'three'].map(jar);

/** A Maven repository on loopback whose answers the test decides, and an empty cache folder. */
async function withRepository(
  answer: RequestListener,
  run: (repository: string, dir: string) => Promise<void>,
): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'tidemark-jars-'));
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, dir);
  } finally {
    server.closeAllConnections();
    server.close();
    await rm(dir, { recursive: true, force: true });
  }
}

function artifactOf(url: string | undefined): string {
  const match = /^\/org\/example\/(\w+)\/1\.0\/\1-1\.0\.jar$/.exec(url ?? '');
  assert.ok(match?.[1], `a Maven path: ${url}`);
  return match[1];
}

test('missing and damaged jars are fetched once, and progress is reported', async () => {
  const asked: string[] = [];
  const answer: RequestListener = (request, response) => {
    asked.push(artifactOf(request.url));
    response.end(content(artifactOf(request.url)));
  };
  await withRepository(answer, async (repository, dir) => {
    const progress: JarProgress[] = [];
    const paths = await fetchJars(jars, { dir, repository, onProgress: (now) => progress.push(now) });
    assert.deepEqual(await readFile(paths[1] ?? ''), content('two'));
    const totalBytes = jars.reduce((sum, one) => sum + one.bytes, 0);
    assert.deepEqual(progress.at(0), { fetchedBytes: 0, totalBytes });
    assert.deepEqual(progress.at(-1), { fetchedBytes: totalBytes, totalBytes });

    await writeFile(paths[1] ?? '', 'x'.repeat(content('two').length));
    await fetchJars(jars, { dir, repository });
    await fetchJars(jars, { dir, repository });
    assert.deepEqual(asked.toSorted(), ['one', 'three', 'two', 'two']);
  });
});

test('two processes can fetch at once', async () => {
  const answer: RequestListener = (request, response) => {
    const whole = content(artifactOf(request.url));
    response.write(whole.subarray(0, 1_000));
    setTimeout(() => response.end(whole.subarray(1_000)), 20);
  };
  await withRepository(answer, async (repository, dir) => {
    const [paths] = await Promise.all([1, 2, 3].map(() => fetchJars(jars, { dir, repository })));
    assert.deepEqual(await readFile(paths?.[2] ?? ''), content('three'));
    assert.deepEqual((await readdir(dir)).toSorted(), ['one-1.0.jar', 'three-1.0.jar', 'two-1.0.jar']);
  });
});

test('a download that breaks off is tried again and leaves no half file', async () => {
  let broken = 0;
  const answer: RequestListener = (request, response) => {
    const whole = content(artifactOf(request.url));
    if (artifactOf(request.url) === 'two' && (broken += 1) <= 2) {
      response.writeHead(200, { 'content-length': whole.length });
      response.write(whole.subarray(0, 5_000), () => response.destroy());
    } else response.end(whole);
  };
  await withRepository(answer, async (repository, dir) => {
    await fetchJars(jars, { dir, repository, pauseMs: 1 });
    assert.equal(broken, 3);
    assert.equal((await readdir(dir)).length, 3);
  });
});

test('a jar with other content is refused, and the error names a fix', async () => {
  const answer: RequestListener = (request, response) => {
    const name = artifactOf(request.url);
    response.end(name === 'two' ? content('six') : content(name));
  };
  await withRepository(answer, async (repository, dir) => {
    await assert.rejects(
      fetchJars(jars, { dir, repository, pauseMs: 1 }),
      /org\.example:two:1\.0 could not be fetched .*its SHA-256 is .*MAVEN_CENTRAL/,
    );
    assert.ok(!(await readdir(dir)).some((file) => file.includes('two')));
  });
});

test('the fetching stops at once when its signal is aborted', async () => {
  await withRepository(
    () => undefined,
    async (repository, dir) => {
      const giveUp = new AbortController();
      const fetching = fetchJars(jars, { dir, repository, signal: giveUp.signal });
      setTimeout(() => giveUp.abort(), 20);
      await assert.rejects(fetching, { name: 'AbortError' });
      assert.deepEqual(await readdir(dir), []);
    },
  );
});

test('the folder of the cache follows the environment', () => {
  assert.equal(cacheDir({ TIDEMARK_CACHE: '/a', XDG_CACHE_HOME: '/b' }), '/a');
  assert.equal(cacheDir({ XDG_CACHE_HOME: '/b' }), join('/b', 'tidemark'));
});
