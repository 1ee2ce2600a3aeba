/*
 * `tidemark start`: the whole system on one machine, from nothing. Kafka and ClickHouse as children (or given by address), the
 * topics and tables, every service, a simulated business, and live figures. Ctrl-C stops all of it in order.
 */
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { isFailure } from '@tidemark/service/failures';
import type { Log } from '@tidemark/service/log';
import { readSettings, type SettingsOf } from '@tidemark/service/settings';
import { assertPortFree } from './embedded/ports.ts';
import type { SuperviseOptions } from './embedded/supervise.ts';
import { dataParts, ownDataFolder } from './start/data-folder.ts';
import { Ending } from './start/ending.ts';
import { LogFiles } from './start/log-files.ts';
import { createSieve, describeLogLine, parseLogLine } from './start/log-lines.ts';
import type { StartOptions } from './start/start-options.ts';
import { createScreen } from './start/screen.ts';
import { startServers, type Servers } from './start/servers.ts';
import {
  runSimulatorOnce,
  startServices,
  startSimulator,
  type OpsPorts,
  type ServiceContext,
  type SimulatorArguments,
} from './start/services.ts';
import { startSettings } from './start/settings.ts';
import { showFigures, untilCounted, type Sources } from './start/watch.ts';
import { welcome } from './start/welcome.ts';

const [wrongUsage, notReady] = [2, 3];
const [warning, error] = [40, 50];
const loopback = '127.0.0.1';
const startGraceMs = 5_000;

const screen = createScreen();
const ending = new Ending();
const stopping = new AbortController();
const sieve = createSieve(() => performance.now());
/** Whether all services are ready. Before, they may not find each other, and that is not shown. */
let isUp = false;
/** How much of the history is published, from the simulator's log. */
let historyShare: number | undefined;
let running: Promise<void> = Promise.resolve();

/** Runs the whole system until a signal ends it, or its work is done; ends the process. */
export async function start(asked: StartOptions): Promise<void> {
  // Events, passwords and logs are for the owner alone.
  process.umask(0o077);
  process.on('SIGINT', () => void stop(130));
  process.on('SIGTERM', () => void stop(0));
  running = run({ ...asked, data: resolve(asked.data) });
  try {
    await running;
    if (!stopping.signal.aborted) await stop(0);
  } catch (thrown) {
    // What is thrown while everything is being stopped is a consequence, not a cause.
    if (!stopping.signal.aborted) {
      screen.note(thrown instanceof Error ? thrown.message : String(thrown));
      await stop(isFailure(thrown, 'settings.invalid') ? wrongUsage : notReady);
    }
  }
  // What stops everything ends the process.
  await new Promise(() => undefined);
}

async function run(asked: StartOptions): Promise<void> {
  const settings = readSettings(startSettings, process.env);
  const { data } = asked;
  // Before the ports: two on one folder have the same ports as well, and other ports would not help.
  await ownDataFolder(data);
  await assertPortsFree(settings);
  if (asked.fresh) await throwAway(settings, data);
  const logs = new LogFiles(join(data, 'logs'));
  const supervision = supervisionWith(logs);

  screen.note('Starting Kafka and ClickHouse …');
  const onRunning = ending.add;
  const { signal } = stopping;
  const servers = startServers({ data, settings, supervision, screen, onRunning, signal });
  const context: ServiceContext = {
    data,
    servers,
    startTimeoutMs: settings.START_TIMEOUT,
    collectorPort: settings.COLLECTOR_PORT,
    livePort: settings.LIVE_PORT,
    asked: { alerts: settings.ALERTS_PORT, processor: settings.PROCESSOR_PORT, sink: settings.SINK_PORT },
    supervision,
    onLine: (service, line) => takeLine(logs, service, line),
    onWaiting: (service, sentence) => screen.note(`${service}: ${sentence}`),
    onRunning,
    signal,
  };
  const { ports, counting, ready } = await startServices(context);
  // The history needs no more than that it is accepted and counted.
  const simulating =
    asked.simulator && !asked.once
      ? counting.then(async () => startSimulator(context, simulated(asked), ports.processor))
      : undefined;
  await Promise.all([ready, simulating]);
  isUp = true;
  screen.print(welcome(await addressesOf(settings, servers, logs, ports), Date.now()));

  const sources = { ...ports, live: settings.LIVE_PORT };
  if (asked.once) return runOnce(asked, context, sources);
  await showFigures(screen, sources, () => historyShare, stopping.signal);
}

/** For scripts: the history, counted; the figures; the end. */
async function runOnce(asked: StartOptions, context: ServiceContext, sources: Sources): Promise<void> {
  const showing = new AbortController();
  const signal = AbortSignal.any([showing.signal, stopping.signal]);
  const shown = showFigures(screen, sources, () => historyShare, signal);
  try {
    if (asked.simulator) await runSimulatorOnce(context, simulated(asked));
  } finally {
    showing.abort();
    await shown;
  }
  historyShare = undefined;
  await untilCounted(screen, sources, stopping.signal);
  const answer = await fetch(`http://${loopback}:${sources.live}/v1/counters/summary`);
  screen.print(await answer.text());
}

function simulated({ days, rate, seed, customers }: StartOptions): SimulatorArguments {
  return { days, rate, customers, ...(seed === undefined ? {} : { seed }) };
}

/** All ports at once, before anything is begun: each complaint names the variable to change. */
async function assertPortsFree(settings: SettingsOf<typeof startSettings>): Promise<void> {
  const ports: [number, string][] = [
    [settings.COLLECTOR_PORT, 'COLLECTOR_PORT'],
    [settings.LIVE_PORT, 'LIVE_PORT'],
  ];
  for (const variable of ['ALERTS_PORT', 'PROCESSOR_PORT', 'SINK_PORT'] as const) {
    const asked = settings[variable];
    if (asked !== undefined) ports.push([asked, variable]);
  }
  if (settings.CLICKHOUSE_URL === undefined) ports.push([settings.CLICKHOUSE_PORT, 'CLICKHOUSE_PORT']);
  if (settings.KAFKA_BROKERS === undefined) ports.push([settings.KAFKA_PORT, 'KAFKA_PORT']);
  const outcomes = await Promise.allSettled(ports.map(([port, variable]) => assertPortFree(port, variable)));
  const complaints = outcomes.flatMap((one) =>
    one.status === 'rejected' ? [String(one.reason.message)] : [],
  );
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
}

/** Removes what earlier runs have left, and nothing else that may be in the folder. */
async function throwAway(settings: SettingsOf<typeof startSettings>, data: string): Promise<void> {
  if (settings.KAFKA_BROKERS !== undefined || settings.CLICKHOUSE_URL !== undefined) {
    screen.note('--fresh: what is in a Kafka or ClickHouse given by address stays there.');
  }
  for (const part of dataParts) {
    await rm(join(data, part), { recursive: true, force: true });
  }
}

async function addressesOf(
  settings: SettingsOf<typeof startSettings>,
  servers: Servers,
  logs: LogFiles,
  ports: OpsPorts,
): Promise<Parameters<typeof welcome>[0]> {
  const [kafka, clickHouse] = await Promise.all([servers.kafka, servers.clickHouse]);
  return {
    collector: `http://${loopback}:${settings.COLLECTOR_PORT}`,
    live: `http://${loopback}:${settings.LIVE_PORT}`,
    clickHouse: clickHouse.shown,
    brokers: kafka.variables['KAFKA_BROKERS'] ?? settings.KAFKA_BROKERS ?? '',
    logs: logs.directory,
    metrics: [settings.COLLECTOR_PORT, settings.LIVE_PORT, ports.alerts, ports.processor, ports.sink],
  };
}

/** Our own log goes to a file as well; what a person should know is shown. */
function supervisionWith(logs: LogFiles): SuperviseOptions {
  const log: Log = pino({ base: null }, { write: (line: string) => takeLine(logs, 'start', line.trimEnd()) });
  return { log, onRestart: ({ name }) => screen.note(`${name}: up again.`) };
}

function takeLine(logs: LogFiles, service: string, line: string): void {
  logs.write(service, line);
  const entry = parseLogLine(line);
  if (entry === undefined) return;
  if (service === 'simulator' && typeof entry.fields['share'] === 'number') {
    historyShare = entry.fields['live'] === true ? undefined : entry.fields['share'];
  }
  const { name } = entry.fields;
  const who = service === 'start' && typeof name === 'string' ? name : service;
  // A service that is being stopped has complaints that nobody needs.
  if (entry.level < (isUp ? warning : error) || stopping.signal.aborted) return;
  if (sieve(who, entry.message)) screen.note(describeLogLine(who, entry));
}

async function stop(code: number): Promise<never> {
  // Whoever asks twice means it: the children end with this process.
  if (stopping.signal.aborted) process.exit(code);
  stopping.abort();
  screen.end();
  screen.note('Stopping …');
  const failures = [...(await ending.stopAll())];
  // A part that was being started gives up by the signal, or it is up by now and is stopped as well.
  await Promise.race([Promise.allSettled([running]), sleep(startGraceMs, undefined, { ref: false })]);
  failures.push(...(await ending.stopAll()));
  for (const failure of failures) screen.note(String(failure));
  process.exit(failures.length > 0 && code === 0 ? 1 : code);
}
