import { Worker } from 'node:worker_threads';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { assertGuarded } from './guard.ts';
import type { Log } from './log.ts';
import { optional, port, secret, type Setting, text } from './settings.ts';

/** A running server for those who operate a service. */
export type OpsServer = { readonly port: number; readonly close: () => Promise<void> };

/** The setting that turns a service's server on; put it under the service's own name, e.g. `SINK_PORT`. */
export function opsPort(service: string): Setting<number | undefined> {
  return optional(port(`Where the ${service} offers /health, /ready and /metrics; nowhere when not set.`));
}

/** The address of that server, e.g. `SINK_HOST`. */
export function opsHost(service: string): Setting<string> {
  return text(
    `Address the ${service} offers them on; anything but loopback lets other machines read them.`,
    '127.0.0.1',
  );
}

/** The token of that server, e.g. `SINK_TOKEN`. */
export function opsToken(service: string): Setting<string | undefined> {
  const host = `${service.toUpperCase()}_HOST`;
  return optional(
    secret(
      `The token that /metrics requires: 16 characters or more. Not needed while ${host} is loopback. /health and /ready are open.`,
    ),
  );
}

/**
 * Checks the settings of that server together, as a check of `readSettings`: without its port there is none.
 *
 * @throws Failure `settings.invalid` when other machines could read it without a token.
 */
export function checkOps(
  service: string,
  port: number | undefined,
  host: string,
  token: string | undefined,
): void {
  const prefix = service.toUpperCase();
  if (port !== undefined)
    assertGuarded({ host, token, hostVariable: `${prefix}_HOST`, tokenVariable: `${prefix}_TOKEN` });
}

/** A registry with the figures of every Node process (memory, event loop, garbage collection). */
export function serviceRegistry(service: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  // Its default wakes each process a hundred times a second, which is most of what an idle one costs.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
  return registry;
}

/** What the thread of the server asks the main thread. */
export type OpsQuestion = { readonly id: number; readonly about: 'health' | 'ready' | 'metrics' };

/** What it gets: the answer to send. */
export type OpsAnswer = {
  readonly id: number;
  readonly code: number;
  readonly type: string;
  readonly body: string;
};

/** What the thread of the server is given. */
export type OpsThreadData = {
  readonly port: number;
  readonly host: string;
  readonly token: string | undefined;
  readonly tokenVariable: string;
};

/** What the thread says once, at its start. */
export type OpsStart = { readonly port: number } | { readonly failure: string };

/** The limit of the thread's memory. */
const resourceLimits = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 };

/**
 * Serves `/health` (200 while the process runs), `/ready` (200, or 503 with what it waits for, and warnings) and `/metrics`
 * (Prometheus text). With a token, `/metrics` requires it. A thread of its own answers within a second while the main thread
 * is busy with one piece of work, such as a very long history: `/health` with 200 for five minutes, `/ready` with 503 and since when.
 *
 * @param service Names the settings: `SINK_HOST` and `SINK_TOKEN` of `sink`.
 * @param waitingFor What keeps the service from working now, a sentence each; empty when it works.
 * @param warnings What somebody should look at while it works, a sentence each.
 * @throws Failure `settings.invalid` when other machines could read it without a token; Error when the port cannot be had.
 */
export async function startOpsServer({
  port: wanted,
  host,
  token,
  service,
  registry,
  waitingFor,
  warnings = () => [],
  log,
}: {
  readonly port: number;
  readonly host: string;
  readonly token: string | undefined;
  readonly service: string;
  readonly registry: Registry;
  readonly waitingFor: () => readonly string[];
  readonly warnings?: () => readonly string[];
  readonly log: Log;
}): Promise<OpsServer> {
  checkOps(service, wanted, host, token);
  const workerData: OpsThreadData = {
    port: wanted,
    host,
    token,
    tokenVariable: `${service.toUpperCase()}_TOKEN`,
  };
  const worker = new Worker(new URL('ops-worker.ts', import.meta.url), { workerData, resourceLimits });
  const started = Promise.withResolvers<OpsStart>();
  worker.once('message', started.resolve);
  worker.once('error', started.reject);
  const start = await started.promise;
  if ('failure' in start) throw new Error(start.failure);
  worker.unref();
  worker.on('error', (error) => {
    log.error({ err: error }, 'The thread for health, readiness and metrics ended.');
  });
  const answerTo = async (about: OpsQuestion['about']): Promise<Omit<OpsAnswer, 'id'>> => {
    if (about === 'metrics') return { code: 200, type: registry.contentType, body: await registry.metrics() };
    if (about === 'health') return json(200, { status: 'ok' });
    const waiting = waitingFor();
    const isReady = waiting.length === 0;
    return json(isReady ? 200 : 503, { ready: isReady, waiting_for: waiting, warnings: warnings() });
  };
  worker.on('message', ({ id, about }: OpsQuestion) => {
    void answerTo(about)
      .catch((error: unknown) => {
        log.error({ err: error, about }, 'A question about this service could not be answered.');
        return json(500, { message: 'The log of the service says why this could not be answered.' });
      })
      .then((answer) => worker.postMessage({ id, ...answer } satisfies OpsAnswer));
  });
  log.info({ host, port: start.port }, 'Health, readiness and metrics are served.');
  return {
    port: start.port,
    close: async () => {
      await worker.terminate();
    },
  };
}

function json(code: number, body: object): Omit<OpsAnswer, 'id'> {
  return { code, type: 'application/json; charset=utf-8', body: JSON.stringify(body) };
}
