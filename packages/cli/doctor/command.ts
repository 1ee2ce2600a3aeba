import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { withHelp } from '@tidemark/command/help';
import { print, printJson, progressLine, tableOf } from '@tidemark/command/output';
import { exitCodes, working } from '@tidemark/command/work';
import { dataDefault } from '@tidemark/local/start/options';
import { isFailure } from '@tidemark/service/failures';
import { createLog } from '@tidemark/service/log';
import { readSettings, type SettingsOf, type SettingsTable } from '@tidemark/service/settings';
import { connectReader, readerSettings } from '../query/reader.ts';
import { startedPassword } from '../started.ts';
import { type Finding, findingsOf } from './check.ts';
import { allChecks } from './checks.ts';
import { clickHouseAccessChecks, clickHouseChecks } from './clickhouse.ts';
import { clickHouseSeenSettings, lookAtClickHouse } from './clickhouse-seen.ts';
import { brokerChecks, kafkaAccessChecks } from './kafka.ts';
import { kafkaSeenSettings, lookAtKafka } from './kafka-seen.ts';
import { topicChecks } from './topics.ts';
import { lookAtMachine } from './machine-seen.ts';
import { machineChecks } from './machine.ts';
import { lookAtServices } from './services-seen.ts';
import { servicesChecks } from './services.ts';
import { lookAtSettings } from './settings-seen.ts';
import { settingsChecks } from './settings.ts';

type Options = { readonly data: string; readonly list: boolean; readonly json: boolean };

const usualPorts = {
  collector: 8080,
  live: 8081,
  alerts: 8082,
  processor: 8083,
  sink: 8084,
} as const;

/** The settings, or `undefined` when one of them is wrong: a check of the settings names it. */
function settingsOr<Table extends SettingsTable>(table: Table): SettingsOf<Table> | undefined {
  try {
    return readSettings(table, process.env);
  } catch (error) {
    if (isFailure(error, 'settings.invalid')) return undefined;
    throw error;
  }
}

/** The port of a service; the usual one where the setting is wrong, which a check of the settings names. */
function portOf(service: keyof typeof usualPorts): number {
  const given = Number(process.env[`${service.toUpperCase()}_PORT`]);
  return Number.isInteger(given) && given > 0 && given < 65_536 ? given : usualPorts[service];
}

async function kafkaFindings(): Promise<{ readonly findings: Finding[]; readonly serving?: number }> {
  const settings = settingsOr(kafkaSeenSettings);
  if (settings === undefined) return { findings: [] };
  // What the client complains of while it tries again becomes a finding.
  const log = createLog('doctor', process.env['LOG_LEVEL'] ?? 'silent');
  const { access, seen } = await lookAtKafka(settings, log, Date.now);
  const findings = findingsOf(kafkaAccessChecks, access);
  if (seen === undefined) return { findings };
  findings.push(...findingsOf(topicChecks, seen), ...findingsOf(brokerChecks, seen));
  return { findings, serving: seen.generation.serving };
}

async function clickHouseFindings(folder: string, serving: number | undefined): Promise<Finding[]> {
  const given = settingsOr(clickHouseSeenSettings);
  const reading = settingsOr(readerSettings);
  if (given === undefined || reading === undefined) return [];
  const { CLICKHOUSE_USER: user, CLICKHOUSE_PASSWORD: password } = given;
  const settings = {
    ...given,
    CLICKHOUSE_PASSWORD: password === '' ? (startedPassword(user, folder) ?? '') : password,
  };
  // The reader is where the services are, unless somebody says otherwise.
  const url = process.env['LIVE_CLICKHOUSE_URL'] ?? settings.CLICKHOUSE_URL.href;
  const client = connectReader({ ...process.env, LIVE_CLICKHOUSE_URL: url }, { folder });
  try {
    const reader = { client, user: reading.LIVE_CLICKHOUSE_USER };
    const { access, seen } = await lookAtClickHouse(settings, reader, serving);
    const found = findingsOf(clickHouseAccessChecks, access);
    return seen === undefined ? found : [...found, ...findingsOf(clickHouseChecks, seen)];
  } finally {
    await client.close();
  }
}

/** Looks at everything, and gives what is wrong: faults first. */
export async function examine(
  data: string,
  onArea: (area: string) => void = () => undefined,
): Promise<Finding[]> {
  onArea('settings');
  const found = findingsOf(settingsChecks, lookAtSettings(process.env));
  onArea('this machine');
  const isLocal = process.env['KAFKA_BROKERS'] === undefined;
  const names = Object.keys(usualPorts) as (keyof typeof usualPorts)[];
  const ports = isLocal
    ? names.map((name) => ({ variable: `${name.toUpperCase()}_PORT`, port: portOf(name) }))
    : [];
  const machine = await lookAtMachine({ environment: process.env, data: resolve(data), isLocal, ports });
  found.push(...findingsOf(machineChecks, machine));
  onArea('Kafka');
  const kafka = await kafkaFindings();
  found.push(...kafka.findings);
  onArea('ClickHouse');
  found.push(...(await clickHouseFindings(resolve(data), kafka.serving)));
  onArea('the services');
  const services = names.map((name) => {
    const host = process.env[`${name.toUpperCase()}_HOST`] ?? '127.0.0.1';
    return { name, url: `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${portOf(name)}` };
  });
  found.push(...findingsOf(servicesChecks, await lookAtServices(services)));
  return found.toSorted((a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning'));
}

function list(json: boolean): void {
  if (json)
    return printJson(
      allChecks.map(({ id, looksAt, severity, fix, runbook = null }) => ({
        id,
        severity,
        looks_at: looksAt,
        fix,
        runbook,
      })),
    );
  print(
    tableOf(
      ['check', 'severity', 'looks at'],
      allChecks.map(({ id, severity, looksAt }) => [id, severity, looksAt]),
    ),
  );
}

async function doctor({ data, list: isList, json }: Options): Promise<void> {
  if (isList) return list(json);
  const progress = progressLine();
  const findings = await examine(data, (area) => progress.show(`Looking at ${area} …`));
  progress.end();
  if (json) printJson({ checks: allChecks.length, findings });
  else report(findings);
  if (findings.some(({ severity }) => severity === 'fault')) process.exitCode = exitCodes.failed;
}

function report(findings: readonly Finding[]): void {
  for (const { id, severity, problem, fix, runbook } of findings) {
    print(`${severity.toUpperCase().padEnd(7)}  ${id}\n  ${problem}`);
    print(`  Fix: ${fix}${runbook === null ? '' : ` See ${runbook}.`}\n`);
  }
  const faults = findings.filter(({ severity }) => severity === 'fault').length;
  print(`${allChecks.length} checks: ${faults} faults, ${findings.length - faults} warnings.`);
}

/** The command `doctor`. */
export function doctorCommand(): Command {
  return withHelp(
    new Command('doctor').description(
      'name what is wrong with machine, settings, Kafka, ClickHouse and services, and the fix',
    ),
    {
      examples: [
        ['npx tidemark doctor', 'everything that the settings name'],
        [
          'KAFKA_BROKERS=kafka:9092 CLICKHOUSE_URL=http://clickhouse:8123 npx tidemark doctor',
          'of an installation',
        ],
        ['npx tidemark doctor --json', 'for scripts'],
        ['npx tidemark doctor --list', 'what it looks at'],
      ],
      about:
        'It changes nothing. It takes the settings of the services from the environment: run it with those of the service that\ngives you trouble. Exit code 1 when there is a fault; a warning alone is none. docs/operate/cli.md has every check.',
    },
  )
    .addOption(
      new Option('--data <dir>', 'the folder of `tidemark start`').default(
        dataDefault,
        '.tidemark in the checkout',
      ),
    )
    .option('--list', 'list the checks', false)
    .option('--json', 'for scripts', false)
    .action(working(doctor));
}
