import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { post, type Answer } from '@tidemark/command/collector-client';
import { runCourse, type Course } from './course.ts';
import { Memory } from './memory.ts';
import type { PostedEvent } from './posted-event.ts';
import { createWorld, day, type WorldSettings } from './world.ts';

const end = Date.UTC(2026, 10, 22, 16, 20);
const settings: WorldSettings = {
  seed: 3,
  customers: 30,
  rate: 0.05,
  start: Date.UTC(2026, 10, 20),
  end,
  disorder: { late: 0.01, repeated: 0, outOfOrder: 0.02, voided: 0 },
};

async function withDirectory(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'tidemark-simulator-'));
  try {
    await use(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

function courseOf(memory: Memory, more: Partial<Course>): Course {
  const world = createWorld(settings);
  const { signal } = new AbortController();
  const answer = async (events: readonly PostedEvent[]): Promise<Answer> => {
    await Promise.resolve();
    return { accepted: events.length, rejected: [] };
  };
  const common = { world, through: 0, wanted: settings, memory, signal, once: true, clock: () => end };
  return { ...common, post: answer, ...more };
}

test('a history in two runs, the first of them cut off, equals the history of one run', async () => {
  await withDirectory(async (directory) => {
    const collect = (into: string[]) => (events: readonly PostedEvent[]) => {
      into.push(...events.map((event) => JSON.stringify(event)));
      return Promise.resolve({ accepted: events.length, rejected: [] });
    };
    const whole: string[] = [];
    const other = new Memory(join(directory, 'whole'));
    await other.begin(settings);
    await runCourse(courseOf(other, { post: collect(whole) }));

    const memory = new Memory(join(directory, 'parts'));
    await memory.begin(settings);
    const parts: string[] = [];
    const taken = collect(parts);
    let batches = 0;
    const cutOff = (events: readonly PostedEvent[]): Promise<Answer> =>
      ++batches === 4 ? Promise.reject(new Error('cut off')) : taken(events);
    await assert.rejects(runCourse(courseOf(memory, { post: cutOff })), /cut off/);
    const remembered = await memory.recall();
    assert.ok(remembered && remembered.through > 0 && remembered.through < end);
    await runCourse(courseOf(memory, { ...remembered, wanted: settings, post: taken }));
    assert.deepEqual(parts, whole);
  });
});

test('without the saved world the history is made again, and no event is published twice', async () => {
  await withDirectory(async (directory) => {
    const memory = new Memory(directory);
    await memory.begin(settings);
    await runCourse(courseOf(memory, {}));
    await rm(join(directory, 'world.json'));
    const remembered = await memory.recall();
    let again = 0;
    const count = (events: readonly PostedEvent[]): Promise<Answer> => {
      again += events.length;
      return Promise.resolve({ accepted: events.length, rejected: [] });
    };
    assert.ok(remembered);
    await runCourse(courseOf(memory, { ...remembered, wanted: settings, post: count }));
    assert.equal(again, 0);
    const later = await memory.recall();
    assert.ok(later);
    await runCourse(courseOf(memory, { ...later, wanted: settings, post: count, clock: () => end + day }));
    assert.ok(again > 0);
  });
});

const batch = [1, 2, 3, 4].map((value): PostedEvent => {
  const event_id = `e${value}`;
  const reading = { reading_id: `r${value}`, name: 'headcount', source: 'test', value };
  return { event_id, type: 'reading.observed', occurred_at: 0, ...reading };
});

async function withCollector(
  answer: (call: number, lines: readonly string[]) => { readonly status: number; readonly body: unknown },
  use: (url: URL) => Promise<void>,
): Promise<void> {
  let calls = 0;
  const server: Server = createServer((request, response) => {
    void text(request).then((body) => {
      const given = answer(calls++, body.split('\n'));
      response.writeHead(given.status, { 'retry-after': '1' }).end(JSON.stringify(given.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await use(new URL(`http://127.0.0.1:${port}`)).finally(() => {
    server.closeAllConnections();
    server.close();
  });
}

const options = (url: URL): Parameters<typeof post>[1] => ({
  url,
  key: 'dev-key',
  signal: AbortSignal.timeout(20_000),
});

test('the same batch is sent again until it is acknowledged', async () => {
  const bodies: string[] = [];
  const answer = (call: number, lines: readonly string[]): { status: number; body: unknown } => {
    bodies.push(lines.join('\n'));
    return { status: [503, 429, 202][call] ?? 500, body: { accepted: lines.length, rejected: [] } };
  };
  await withCollector(answer, async (url) => {
    const before = performance.now();
    assert.deepEqual(await post(batch, options(url)), { accepted: 4, rejected: [] });
    assert.ok(performance.now() - before > 1_000, 'Retry-After is honoured');
  });
  assert.equal(bodies.length, 3);
  assert.equal(new Set(bodies).size, 1);
});

test('a batch over the body limit is cut, and rejections keep their place', async () => {
  const answer = (_: number, lines: readonly string[]): { status: number; body: unknown } => {
    if (lines.length > 1) return { status: 413, body: {} };
    const bad = lines[0]?.includes('"e3"') ?? false;
    const rejected = [{ index: 0, event_id: 'e3', path: '$.value', message: 'Too high.' }];
    return { status: bad ? 400 : 202, body: { accepted: bad ? 0 : 1, rejected: bad ? rejected : [] } };
  };
  await withCollector(answer, async (url) => {
    const { accepted, rejected } = await post(batch, options(url));
    assert.equal(accepted, 3);
    assert.deepEqual(
      rejected.map(({ index, event_id }) => [index, event_id]),
      [[2, 'e3']],
    );
  });
});

test('a refused key is reported and not tried again', async () => {
  await withCollector(
    () => ({ status: 401, body: { message: 'unknown key' } }),
    async (url) => {
      await assert.rejects(post(batch, options(url)), /unknown key.*Correct --collector or --key/);
    },
  );
});
