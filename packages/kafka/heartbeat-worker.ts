/** The thread that `heartbeat-thread.ts` starts. */
import { setInterval } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { createLog } from '@tidemark/service/log';
import { type Broker, type Cluster, discard, openKafka } from './client.ts';
import { heartbeat } from './group-requests.ts';
import { counter, type HeartbeatThreadData, type Known } from './heartbeat-thread.ts';

const data = workerData as HeartbeatThreadData;
const { settings, logLevel, groupId, instanceId, heartbeatMs, timeoutMs, counts } = data;
const log = createLog('heartbeat', logLevel);
const client = openKafka(settings, log);

let member: Known | undefined;
parentPort!.on('message', (known: Known | undefined) => {
  member = known;
});

let beats = Atomics.load(counts, counter.beats);
let awakeAt = performance.now();
let open: { readonly cluster: Cluster; readonly coordinator: Broker } | undefined;

for await (const _ of setInterval(heartbeatMs)) {
  const now = Atomics.load(counts, counter.beats);
  if (now !== beats) {
    beats = now;
    awakeAt = performance.now();
    await close();
    continue;
  }
  const busyMs = performance.now() - awakeAt;
  if (member === undefined || busyMs < 2 * heartbeatMs || busyMs > timeoutMs) continue;
  try {
    open ??= await opened();
    const { memberId, generationId } = member;
    await heartbeat(open.coordinator, { groupId, instanceId, memberId }, generationId);
    Atomics.add(counts, counter.answers, 1);
  } catch (error) {
    // What it means is found out by the main thread, with its own next heartbeat.
    log.warn({ err: error, groupId, busyMs }, 'A heartbeat of a busy member failed.');
    await close();
  }
}

async function opened(): Promise<{ cluster: Cluster; coordinator: Broker }> {
  const cluster = client.newCluster();
  try {
    await cluster.connect();
    return { cluster, coordinator: await cluster.findGroupCoordinator({ groupId, coordinatorType: 0 }) };
  } catch (error) {
    await discard(cluster);
    throw error;
  }
}

async function close(): Promise<void> {
  const closing = open;
  open = undefined;
  if (closing !== undefined) await discard(closing.cluster);
}
