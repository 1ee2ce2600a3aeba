import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { untilKeptUp } from './easing.ts';

const never = new AbortController().signal;

test('the history waits until the processor has caught up', async () => {
  const lags = [
    [3_000, 1_500],
    [1_200, 350],
    [1_100, 350],
  ];
  let asked = 0;
  const processor = createServer((_, response) => {
    const lag = lags[asked++] ?? [0, 0];
    response.end(
      lag.map((records, n) => `tidemark_processor_lag_records{partition="${n}"} ${records}\n`).join(''),
    );
  });
  await new Promise<void>((resolve) => processor.listen(0, '127.0.0.1', resolve));
  const { port } = processor.address() as AddressInfo;
  await untilKeptUp(new URL(`http://127.0.0.1:${port}`), never);
  assert.equal(asked, 3);
  processor.close();
  processor.closeAllConnections();
  await untilKeptUp(new URL(`http://127.0.0.1:${port}`), never);
});
