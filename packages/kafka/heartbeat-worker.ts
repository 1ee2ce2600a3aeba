/** The thread that `heartbeat-thread.ts` starts: it looks whether the main thread is busy, and loads nothing more until it is. */
import { setInterval } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { HeartbeatSender } from './heartbeat-sender.ts';
import { counter, type HeartbeatThreadData, type Known } from './heartbeat-thread.ts';

const data = workerData as HeartbeatThreadData;
const { heartbeatMs, timeoutMs, counts } = data;

let member: Known | undefined;
parentPort!.on('message', (known: Known | undefined) => {
  member = known;
});

let beats = Atomics.load(counts, counter.beats);
let awakeAt = performance.now();
let sender: HeartbeatSender | undefined;

for await (const _ of setInterval(heartbeatMs)) {
  const now = Atomics.load(counts, counter.beats);
  if (now !== beats) {
    beats = now;
    awakeAt = performance.now();
    await sender?.close();
    continue;
  }
  const busyMs = performance.now() - awakeAt;
  if (member === undefined || busyMs < 2 * heartbeatMs || busyMs > timeoutMs) continue;
  sender ??= new (await import('./heartbeat-sender.ts')).HeartbeatSender(data);
  if (await sender.send(member)) Atomics.add(counts, counter.answers, 1);
}
