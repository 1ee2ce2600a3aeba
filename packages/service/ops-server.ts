import type { AddressInfo } from 'node:net';
import { fastify } from 'fastify';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { assertGuarded, guardByToken, guardRequests, tokenCheck } from './guard.ts';
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
  collectDefaultMetrics({ register: registry });
  return registry;
}

/**
 * Serves `/health` (200 while the process runs), `/ready` (200, or 503 with what it waits for, and warnings) and `/metrics`
 * (Prometheus text). With a token, `/metrics` requires it.
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
  const tokenVariable = `${service.toUpperCase()}_TOKEN`;
  checkOps(service, wanted, host, token);
  const server = fastify({ requestTimeout: 10_000, connectionTimeout: 30_000, forceCloseConnections: true });
  guardRequests(server, { isLocal: token === undefined });
  if (token !== undefined) {
    const isOpen = (path: string): boolean => path === '/health' || path === '/ready';
    guardByToken(server, { check: tokenCheck(token), tokenVariable, isOpen });
  }
  server.get('/health', () => ({ status: 'ok' }));
  server.get('/ready', (_request, reply) => {
    const waiting = waitingFor();
    const isReady = waiting.length === 0;
    return reply
      .code(isReady ? 200 : 503)
      .send({ ready: isReady, waiting_for: waiting, warnings: warnings() });
  });
  server.get('/metrics', async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );
  await server.listen({ port: wanted, host });
  const { port: bound } = server.server.address() as AddressInfo;
  log.info({ host, port: bound }, 'Health, readiness and metrics are served.');
  return { port: bound, close: () => server.close() };
}
