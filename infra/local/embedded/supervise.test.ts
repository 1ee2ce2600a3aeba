import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pino } from 'pino';
import { spawnGuarded, untilReady } from './child.ts';
import { freePort } from './ports.ts';
import { startService } from './service.ts';
import { supervise } from './supervise.ts';

const log = pino({ level: 'silent' });

async function withEntry(source: string, run: (entry: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'tidemark-service-'));
  try {
    const entry = join(dir, 'main.mjs');
    await writeFile(entry, source);
    await run(entry);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const steady = "console.log(JSON.stringify({ msg: 'Ready.' })); setInterval(() => {}, 1000);";

test('a service that dies is started again, until it is stopped', async () => {
  await withEntry(steady, async (entry) => {
    const restarted = Promise.withResolvers<number>();
    const lines: string[] = [];
    const watched = await supervise(
      'steady',
      (signal) =>
        startService({
          name: 'steady',
          entry,
          log,
          onLine: (line) => lines.push(line),
          ready: { message: 'Ready.' },
          signal,
        }),
      { log, pauseMs: 10, onRestart: ({ pid }) => restarted.resolve(pid) },
    );
    const first = watched.current();
    first.kill('SIGKILL');
    assert.equal((await first.exited).signal, 'SIGKILL');
    assert.equal(await restarted.promise, watched.current().pid);
    assert.notEqual(watched.current().pid, first.pid);
    assert.deepEqual(lines, ['{"msg":"Ready."}', '{"msg":"Ready."}']);

    const second = watched.current();
    await watched.stop();
    await second.exited;
    assert.equal(watched.restarts(), 1);
  });
});

test('a child that lives but answers no more is started again', async () => {
  await withEntry(steady, async (entry) => {
    const restarted = Promise.withResolvers<number>();
    const deaf = new Set<number>();
    const watched = await supervise(
      'deaf',
      async (signal) => {
        const options = { name: 'deaf', entry, log, onLine: () => undefined, signal };
        const child = await startService({ ...options, ready: { message: 'Ready.' } });
        const answers = async (): Promise<boolean> => {
          if (deaf.has(child.pid)) throw new Error('no answer');
          return true;
        };
        return { ...child, answers };
      },
      { log, pauseMs: 10, askEveryMs: 5, unansweredMax: 3, onRestart: ({ pid }) => restarted.resolve(pid) },
    );
    const first = watched.current();
    deaf.add(first.pid);
    assert.equal((await first.exited).signal, 'SIGKILL');
    assert.equal(await restarted.promise, watched.current().pid);
    await watched.stop();
    assert.equal(watched.restarts(), 1);
  });
});

test('a service that exits before it is ready is an error that quotes its last lines', async () => {
  await withEntry("console.error('no such setting'); process.exit(3);", async (entry) => {
    await assert.rejects(
      startService({ name: 'broken', entry, log, onLine: () => undefined, ready: { message: 'Ready.' } }),
      /Service broken exited with code 3 before it was ready\.\nno such setting/,
    );
  });
});

test('a server that is slow to start is waited for, and reports for how long', async () => {
  await withEntry(steady, async (entry) => {
    const child = spawnGuarded({
      command: process.execPath,
      args: [entry],
      env: process.env,
      output: () => undefined,
    });
    const waited: number[] = [];
    const ready = {
      name: 'The server',
      child,
      probe: () => Promise.resolve(waited.length >= 2),
      lastLines: () => '',
      waitingEveryMs: 60,
      onWaiting: (ms: number) => void waited.push(ms),
    };
    await untilReady({ ...ready, timeoutMs: 60_000 });
    assert.ok(waited[1]! > waited[0]! && waited[0]! >= 60);
    await assert.rejects(
      untilReady({ ...ready, probe: () => Promise.resolve(false), timeoutMs: 100 }),
      /The server did not answer within 0\.1 s/,
    );
    assert.equal((await child.exited).signal, 'SIGKILL');
  });
});

test('a service is ready when GET /ready answers 200', async () => {
  const source = `
    import { createServer } from 'node:http';
    let asked = 0;
    createServer((request, response) => {
      asked += 1;
      response.writeHead(request.url === '/ready' && asked > 2 ? 200 : 503).end();
    }).listen(Number(process.env.PORT), '127.0.0.1');`;
  await withEntry(source, async (entry) => {
    const port = await freePort();
    const child = await startService({
      name: 'http',
      entry,
      log,
      env: { ...process.env, PORT: String(port) },
      ready: { port },
    });
    await child.stop();
    assert.equal((await child.exited).signal, 'SIGTERM');
  });
});

test('stopping while a restart waits ends at once', async () => {
  await withEntry(steady, async (entry) => {
    const watched = await supervise(
      'slow to return',
      (signal) =>
        startService({
          name: 'x',
          entry,
          log,
          onLine: () => undefined,
          ready: { message: 'Ready.' },
          signal,
        }),
      { log, pauseMs: 60_000 },
    );
    watched.current().kill('SIGKILL');
    await watched.current().exited;
    await watched.stop();
    assert.equal(watched.restarts(), 0);
  });
});

test('a service is started with the flags for Node and the variables that its npm script has', async () => {
  const source =
    "const msg = [process.env.MALLOC_ARENA_MAX, ...process.execArgv].join(' '); " +
    'console.log(JSON.stringify({ msg })); setInterval(() => {}, 1000);';
  await withEntry(source, async (entry) => {
    const lines: string[] = [];
    const onLine = (line: string) => void lines.push(line);
    const ready = { message: '2 --max-semi-space-size=8' };
    const child = await startService({ name: 'processor', entry, log, onLine, ready, timeoutMs: 60_000 });
    await child.stop();
    assert.deepEqual(lines, ['{"msg":"2 --max-semi-space-size=8"}']);
  });
});
