import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { until } from '../../../test/support/until.ts';
import { noteWaiting } from './waiting.ts';

test('what a service waits for is noted once, and only when it lasts', async () => {
  const answers = [['a moment'], ['the reason'], ['the reason'], ['the reason', 'another']];
  let asked = 0;
  const server = createServer((_request, response) => {
    const waiting = answers[Math.min(asked, answers.length - 1)];
    asked += 1;
    response.writeHead(503).end(JSON.stringify({ ready: false, waiting_for: waiting }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const noted: string[] = [];
  const ending = new AbortController();
  const { port } = server.address() as AddressInfo;
  const noting = noteWaiting(port, (sentence) => noted.push(sentence), ending.signal, 1);
  await until('eight askings', () => asked >= 8);
  ending.abort();
  await noting;
  server.close();
  assert.deepEqual(noted, ['the reason', 'another']);
});
