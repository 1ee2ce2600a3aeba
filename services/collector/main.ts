/**
 * The collector: events over HTTP to Kafka.
 *
 * **Delivery guarantee.** `202` is answered once Kafka has acknowledged every accepted event with `acks=all`. After `503`
 * or a lost connection it is unknown which events are written: sent again, each counts once, by its `event_id`. Events
 * that are too late are named in `rejected` and sent on all the same: the processor, whose clock is that of their
 * receipt, sets them aside in `dead-letters` and counts them.
 *
 * **Back pressure.** What waits for Kafka is bounded by bytes; over that, and over the rate, the answer is `429` with
 * `Retry-After`, given before the body is read.
 */
import type { AddressInfo } from 'node:net';
import { openKafka } from '../kafka/client.ts';
import { isFailure } from '../kit/failures.ts';
import { createLog } from '../kit/log.ts';
import { serviceRegistry } from '../kit/ops-server.ts';
import { readSettings, settingsHelp } from '../kit/settings.ts';
import { orderlyShutdown } from '../kit/shutdown.ts';
import { EventSender } from '../publisher/event-sender.ts';
import { readApiKeys } from './keys.ts';
import { collectorServer } from './server.ts';
import { collectorSettings } from './settings.ts';

async function main(): Promise<void> {
  const settings = readSettings(collectorSettings, process.env);
  const keys = readApiKeys(settings.COLLECTOR_KEYS, settings.COLLECTOR_DEV_KEY);
  const log = createLog('collector', settings.LOG_LEVEL);
  if (keys.size === 0) log.warn('There are no API keys: nobody can publish. Set COLLECTOR_KEYS.');
  const shutdown = orderlyShutdown(log, settings.COLLECTOR_PATIENCE + 5_000);
  const sender = new EventSender({
    client: openKafka(settings, log),
    bytesMax: settings.COLLECTOR_INFLIGHT_BYTES_MAX,
    patienceMs: settings.COLLECTOR_PATIENCE,
    lingerMs: 0,
  });
  shutdown.add('the sender', () => sender.close());
  void sender.watch();
  const app = await collectorServer({
    outlet: sender,
    keys,
    bodyBytesMax: settings.COLLECTOR_BODY_BYTES_MAX,
    requestsPerSecond: settings.COLLECTOR_REQUESTS_PER_SECOND,
    registry: serviceRegistry('collector'),
    log,
    now: Date.now,
  });
  // Added last, so stopped first: what is under way is answered before the sender goes.
  shutdown.add('the server', () => app.close());
  await app.listen({ host: settings.COLLECTOR_HOST, port: settings.COLLECTOR_PORT });
  const { port } = app.server.address() as AddressInfo;
  log.info({ host: settings.COLLECTOR_HOST, port }, 'Events are taken at POST /v1/events.');
}

const help = `The collector takes events over HTTP and writes them to Kafka.
Settings are environment variables:

${settingsHelp(collectorSettings)}
`;

if (process.argv.includes('--help')) process.stdout.write(help);
else
  await main().catch((error: unknown) => {
    const usage = isFailure(error, 'settings.invalid');
    const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    const hint = taken ? '\nThe port is taken: set COLLECTOR_PORT to a free one.' : '';
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}${hint}\n`);
    process.exit(usage ? 2 : 1);
  });
