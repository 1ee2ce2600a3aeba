import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { spawnGuarded, type Child } from '../embedded/child.ts';
import { freePort, portIfFree } from '../embedded/ports.ts';
import { startService } from '../embedded/service.ts';
import { supervise, type SuperviseOptions } from '../embedded/supervise.ts';
import { receiverVariables, shippedRules } from '@tidemark/alerts/rules/read-file';
import { environmentOf, type Service } from './environment.ts';
import type { Running } from './ending.ts';
import type { Server, Servers } from './servers.ts';
import { noteWaiting } from './waiting.ts';

/** What all services need. */
export type ServiceContext = {
  readonly data: string;
  readonly servers: Servers;
  readonly collectorPort: number;
  /** How long a service may take until it is ready, the restore of its state included. */
  readonly startTimeoutMs: number;
  readonly livePort: number;
  /** Ports that were asked for. */
  readonly asked: { readonly [service in keyof OpsPorts]: number | undefined };
  readonly supervision: SuperviseOptions;
  /** Each line a service writes. */
  readonly onLine: (service: string, line: string) => void;
  /** What a service that starts waits for, as its `/ready` says. */
  readonly onWaiting: (service: string, sentence: string) => void;
  /** Called with each part that must be stopped in the end, as soon as it runs. */
  readonly onRunning: (running: Running) => void;
  /** Gives up the start. */
  readonly signal: AbortSignal;
};

/** The ports of health and metrics of the services that people do not visit. */
export type OpsPorts = { readonly alerts: number; readonly processor: number; readonly sink: number };

/** Where Prometheus looks for them: `infra/prometheus/prometheus.yml`. */
const usualPorts: OpsPorts = { alerts: 8082, processor: 8083, sink: 8084 };

const entryOf = (service: string): string =>
  fileURLToPath(new URL(`../../../services/${service}/main.ts`, import.meta.url));

/** The services, on their way. */
export type Services = {
  readonly ports: OpsPorts;
  /** Kept when events are accepted and counted. */
  readonly counting: Promise<unknown>;
  /** Kept when all of them are ready. */
  readonly ready: Promise<unknown>;
};

/** Starts collector, processor, sink, live API and alerts, each as soon as its servers are there, and keeps them running. */
export async function startServices(context: ServiceContext): Promise<Services> {
  const { data, servers, collectorPort, livePort, supervision } = context;
  const { kafka, clickHouse, emptyClickHouse } = servers;
  const portOf = async (service: keyof OpsPorts): Promise<number> =>
    context.asked[service] ?? (await portIfFree(usualPorts[service])) ?? freePort();
  const [alerts, processor, sink] = [await portOf('alerts'), await portOf('processor'), await portOf('sink')];
  const page = `http://127.0.0.1:${livePort}`;
  const started = new AbortController();
  const starting = AbortSignal.any([started.signal, context.signal]);
  const keep = async (
    name: Service,
    port: number,
    env: Readonly<Record<string, string>>,
    ...needed: readonly Promise<Server>[]
  ): Promise<void> => {
    const variables = (await Promise.all(needed)).flatMap((server) => Object.entries(server.variables));
    void noteWaiting(port, (sentence) => context.onWaiting(name, sentence), starting);
    const service = await supervise(
      name,
      (signal) =>
        startService({
          name,
          entry: entryOf(name),
          env: environmentOf(
            name,
            { ...process.env, ...Object.fromEntries(variables), ...env },
            name === 'alerts' ? receiverVariables(process.env['ALERTS_RULES'] ?? shippedRules) : [],
          ),
          log: supervision.log,
          onLine: (line) => context.onLine(name, line),
          ready: { port },
          timeoutMs: context.startTimeoutMs,
          signal: AbortSignal.any([signal, context.signal]),
        }),
      supervision,
    );
    context.onRunning(service);
  };
  const counting = Promise.all([
    keep(
      'collector',
      collectorPort,
      { COLLECTOR_PORT: String(collectorPort), COLLECTOR_DEV_KEY: 'true' },
      kafka,
    ),
    keep(
      'processor',
      processor,
      { PROCESSOR_PORT: String(processor), STATE_DIR: join(data, 'state') },
      kafka,
      emptyClickHouse,
    ),
  ]);
  const all = Promise.all([
    counting,
    keep('sink', sink, { SINK_PORT: String(sink) }, kafka, clickHouse),
    keep(
      'live',
      livePort,
      {
        LIVE_PORT: String(livePort),
        ALERTS_URL: `http://127.0.0.1:${alerts}`,
        COLLECTOR_URL: `http://127.0.0.1:${collectorPort}`,
      },
      kafka,
      clickHouse,
    ),
    keep(
      'alerts',
      alerts,
      {
        ALERTS_PORT: String(alerts),
        ALERTS_DASHBOARD_URL: `${page}/`,
        ALERTS_RUNBOOK_URL: `${page}/runbooks/`,
      },
      kafka,
    ),
  ]);
  const ready = all.finally(() => started.abort());
  return { ports: { alerts, processor, sink }, counting, ready };
}

/** What the simulator is to do. */
export type SimulatorArguments = {
  readonly days: number;
  readonly rate: number;
  readonly seed?: number;
  readonly customers: number;
};

/** Starts the simulator; it is ready at once. */
export async function startSimulator(
  context: ServiceContext,
  asked: SimulatorArguments,
  processorPort: number,
): Promise<void> {
  const run = (signal: AbortSignal): Promise<Child> =>
    startService({
      name: 'simulator',
      entry: entryOf('simulator'),
      args: [...simulatorArguments(context, asked), '--processor', `http://127.0.0.1:${processorPort}`],
      env: simulatorEnvironment(),
      log: context.supervision.log,
      onLine: (line) => context.onLine('simulator', line),
      ready: { message: 'The simulation begins.' },
      signal: AbortSignal.any([signal, context.signal]),
    });
  context.onRunning(await supervise('simulator', run, context.supervision));
}

/**
 * Runs the simulator to the end of its history, which may be there already.
 *
 * @throws Error when it does not come to its end.
 */
export async function runSimulatorOnce(context: ServiceContext, asked: SimulatorArguments): Promise<void> {
  const child = spawnGuarded({
    command: process.execPath,
    args: [entryOf('simulator'), ...simulatorArguments(context, asked), '--once'],
    env: simulatorEnvironment(),
    output: (line) => context.onLine('simulator', line),
  });
  context.onRunning({ name: 'simulator', stop: () => child.stop() });
  const { code, signal } = await child.exited;
  if (code !== 0) throw new Error(`The simulator ended with ${signal ?? `code ${code}`}; its log says why.`);
}

function simulatorEnvironment(): Record<string, string> {
  return environmentOf('simulator', { ...process.env, COLLECTOR_KEY: 'dev-key' });
}

function simulatorArguments({ data, collectorPort }: ServiceContext, asked: SimulatorArguments): string[] {
  const options = { ...asked, data, collector: `http://127.0.0.1:${collectorPort}` };
  return Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, String(value)],
  );
}
