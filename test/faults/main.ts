/** `npx tidemark faults`: kills members and servers of the pipeline under load, and proves that every number is still right. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { parseNumber } from '@tidemark/command/arguments';
import { record } from './record.ts';
import { type FaultsOptions, type FaultsReport, runFaults } from './run.ts';

const examples = `
Examples:
  npx tidemark faults                          20 faults, about two minutes
  npx tidemark faults --kills 500 --seed 7     many, another course of events
  npx tidemark faults --kills 50 --pause 1     in quick succession
  npx tidemark faults --cluster --seconds 150  three Kafka brokers with TLS and login
  npx tidemark faults --cluster --kills 1000 --pause 2 --rate 40 --record runs.jsonl
  npx tidemark faults --from ../earlier        an upgrade under load: a service that is started again is of this tree
  npx tidemark faults --json > report.json     the report alone, for scripts

Faults are kill -9 of a processor (at times with its local state wiped or damaged), a sink, the collector, the Kafka broker
and ClickHouse, an orderly end by SIGTERM, halts longer than a session, a disk of a processor that takes nothing more
for some seconds (on Linux, by prlimit), and a clock of a processor or a sink that is minutes ahead or behind. With --cluster brokers
are killed, halted and ended one by one, so that leaders and coordinators move, ClickHouse is halted too, a proxy loses, delays and
repeats requests of one type, or loses the answers, and processors and sinks are killed at named steps of a transaction and a block.
Two processors and two sinks share the work, so each fault makes them rebalance. In the end every view is compared with the batch answer over all published events, the
live counters with the views, and the counts of receipt with what was published.

Exit code: 0 all right, 1 something is wrong (data and logs are kept), 2 usage.
`;

type Options = Omit<FaultsOptions, 'folder'> & { readonly json: boolean; readonly record?: string };

const options = new Command('npx tidemark faults')
  .description(
    'Kills members and servers of the pipeline under load, and proves that every number is still right.',
  )
  .option('--kills <n>', 'how many faults', parseNumber(1, 100_000), 20)
  .option('--seed <n>', 'another seed, another course of events', parseNumber(0, 2 ** 31), 1)
  .option('--rate <n>', 'events a second, about', parseNumber(1, 5_000), 200)
  .option('--pause <seconds>', 'most seconds between two faults', parseNumber(0.3, 600), 5)
  .option('--seconds <n>', 'inject no fault after this many seconds', parseNumber(1, 1_000_000))
  .option('--cluster', 'three brokers, each partition on all of them, with TLS and login', false)
  .option(
    '--from <checkout>',
    'begin with the services of this checkout of an earlier release, with node_modules',
  )
  .option('--record <file>', 'append the run to this file, one line of JSON')
  .option('--json', 'print the report as JSON to stdout', false)
  .addHelpText('after', examples)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse()
  .opts<Options>();

const stopping = new AbortController();
process.once('SIGINT', () => stopping.abort(new Error('stopped by the user')));

const folder = await mkdtemp(join(tmpdir(), 'tidemark-faults-'));
const print = (line: string): void => void process.stderr.write(`${line}\n`);
try {
  const report = await runFaults({ ...options, folder }, print, stopping.signal);
  process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : summary(report));
  if (options.record !== undefined) await record(options.record, report, new Date());
  process.exitCode = report.errors.length === 0 ? 0 : 1;
} catch (error) {
  if (!stopping.signal.aborted)
    print(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = stopping.signal.aborted ? 130 : 1;
}

function summary(report: FaultsReport): string {
  const { injected, harmedRequests, ownExits, published, seconds, secondsToSettle, errors } = report;
  const kinds = [...Map.groupBy(injected, ({ kind }) => kind)].map(
    ([kind, those]) => `  ${those.length} × ${kind}`,
  );
  const exits = ownExits.map(({ member, exit }) => `  ${member} ended of itself with code ${exit.code}`);
  const { events, kafka, http, bad } = published;
  return [
    `${injected.length} faults in ${seconds} s, settled ${secondsToSettle} s after the last:`,
    ...kinds.toSorted(),
    ...(harmedRequests > 0 ? [`  ${harmedRequests} requests lost, delayed or repeated in all`] : []),
    `Published: ${events} events; ${kafka.records} records straight to Kafka (${kafka.repeats} repeats, ${bad} bad ones`,
    `besides), ${http.events} events through the collector (${http.again} requests made again).`,
    ...(exits.length > 0 ? ['Started again:', ...exits] : []),
    errors.length === 0 ? 'Every number is right.' : `WRONG:\n${errors.join('\n')}`,
    '',
  ].join('\n');
}
