/** Commands for alerts: replay rules over history, check a rules file, list alerts, retry dead letters. */
import { Command, Option } from 'commander';
import { parseTime } from '@tidemark/command/arguments';
import { withHelp } from '@tidemark/command/help';
import { print, printJson } from '@tidemark/command/output';
import { CommandError, commandLog, exitCodes, working } from '@tidemark/command/work';
import { decodeCounters } from '@tidemark/events/counter-codec';
import { partitionCounts } from '@tidemark/kafka/admin';
import { openKafka } from '@tidemark/kafka/client';
import { readPartitionToEnd } from '@tidemark/kafka/restore';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { readSettings } from '@tidemark/service/settings';
import { generationOf } from '@tidemark/topics/generation';
import { followServing } from '@tidemark/topics/serving';
import { headlineOf } from './deliver/message.ts';
import type { Alert } from './lifecycle/alert.ts';
import { type Counted, replay } from './replay.ts';
import { readRules, shippedRules } from './rules/read-file.ts';
import type { Rule } from './rules/rule.ts';
import { alertSettings, calendarIn } from './settings.ts';
import { apiAlert } from './api-alert.ts';

const day = 86_400_000;

const ignore = (): void => undefined;

/** All buckets of the counters that serve. */
async function readCounters(): Promise<Counted[]> {
  const settings = readSettings(kafkaSettings, process.env);
  const client = openKafka(settings, commandLog('alerts'));
  const serving = await followServing(client, ignore, ignore);
  await serving.stop();
  const topic = generationOf(serving.generation, settings.KAFKA_PREFIX).counters;
  const partitions = (await partitionCounts(client, [topic])).get(topic) ?? 0;
  const counted = new Map<string, Counted>();
  for (let partition = 0; partition < partitions; partition++)
    await readPartitionToEnd(client, {
      topic,
      partition,
      from: 0,
      onRecords: (records) => {
        for (const { key, value } of records)
          if (value !== null)
            counted.set(`${partition}|${String(key)}`, { ...decodeCounters(value), partition });
      },
    });
  return [...counted.values()];
}

function rulesOf(path: string, name: string | undefined): readonly Rule[] {
  const { rules } = readRules(path, process.env);
  if (name === undefined) return rules;
  const wanted = rules.filter((rule) => rule.name === name);
  if (wanted.length > 0) return wanted;
  throw new CommandError(
    exitCodes.usage,
    `There is no rule ${name}; the rules are: ${rules.map((rule) => rule.name).join(', ')}.`,
  );
}

/** One line for an alert of a replay. */
function lineOf(alert: Alert, rules: readonly Rule[]): string {
  const titles = (name: string): string => rules.find((rule) => rule.name === name)?.title ?? name;
  // As it fired: why it was resolved is not of interest here.
  const { title, summary } = headlineOf({ ...alert, status: 'firing' }, titles);
  const timeOf = (at: number | null): string =>
    at === null ? 'still firing' : new Date(at).toISOString().slice(0, 16);
  const { firedAt, resolvedAt, severity, rule } = alert;
  return `${timeOf(firedAt)} to ${timeOf(resolvedAt)}  ${severity.padEnd(6)}  ${rule}  ${title}: ${summary}`;
}

/** Sends a request to the running service. @returns The body of its response. */
async function request(method: string, path: string, body?: object): Promise<unknown> {
  const base = process.env['ALERTS_URL'] ?? 'http://127.0.0.1:8082';
  const token = process.env['ALERTS_TOKEN'];
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  if (body !== undefined) headers['content-type'] = 'application/json';
  let response: Response;
  try {
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    response = await fetch(new URL(path, base), { method, headers, ...content });
  } catch {
    throw new CommandError(
      exitCodes.notReady,
      `The alerts service does not answer at ${base}; set ALERTS_URL, or start it.`,
    );
  }
  const received = (await response.json()) as { message?: string };
  if (!response.ok)
    throw new CommandError(exitCodes.failed, received.message ?? `The service answered ${response.status}.`);
  return received;
}

type Json = { readonly json: boolean };
type TestOptions = Json & {
  readonly rule?: string;
  readonly rules?: string;
  readonly from?: number;
  readonly to?: number;
};

const rulesFile = (given: string | undefined): string => given ?? process.env['ALERTS_RULES'] ?? shippedRules;

/** Replays rules over what was counted. */
async function testRules(options: TestOptions): Promise<void> {
  const rules = rulesOf(rulesFile(options.rules), options.rule).filter(
    ({ search }) => search.kind !== 'behind',
  );
  const to = options.to ?? Date.now();
  const from = options.from ?? to - 30 * day;
  if (from >= to) throw new CommandError(exitCodes.usage, '--from lies after --to.');
  const { REPORTING_TIMEZONE } = readSettings(
    { REPORTING_TIMEZONE: alertSettings.REPORTING_TIMEZONE },
    process.env,
  );
  const counted = await readCounters();
  if (counted.length === 0)
    throw new CommandError(
      exitCodes.notReady,
      'The counters topic is empty: does KAFKA_BROKERS name the right Kafka?',
    );
  const { fired, suppressed } = replay(rules, counted, from, to, calendarIn(REPORTING_TIMEZONE));
  if (options.json) return printJson({ alerts: fired.map(apiAlert), suppressed });
  for (const alert of fired) print(lineOf(alert, rules));
  for (const { rule, share, reason } of suppressed)
    print(`${rule} was suppressed for ${Math.ceil(share * 100)} % of the time: ${reason}`);
  const days = Math.round((to - from) / day);
  print(
    `${fired.length} alerts in ${days} days, from ${rules.length} rules over ${counted.length} buckets of counters.`,
  );
}

function checkRules(file: string | undefined, { json }: Json): void {
  const { rules, receivers } = readRules(rulesFile(file), process.env);
  if (json) return printJson({ rules: rules.length, receivers: receivers.length, mistakes: [] });
  print(`${rules.length} rules, ${receivers.length} receivers: no mistakes.`);
}

async function list({ status, json }: Json & { readonly status?: string }): Promise<void> {
  const query = status === undefined ? '' : `?status=${status}`;
  const { alerts } = (await request('GET', `/v1/alerts${query}`)) as {
    alerts: { id: string; status: string; severity: string }[];
  };
  if (json) return printJson(alerts);
  if (alerts.length === 0) return print('There are no such alerts.');
  for (const { id, status: now, severity } of alerts) print(`${now.padEnd(8)}  ${severity.padEnd(6)}  ${id}`);
}

async function retry({ receiver, json }: Json & { readonly receiver?: string }): Promise<void> {
  const body = receiver === undefined ? {} : { receiver };
  const answer = (await request('POST', '/v1/deliveries/retry', body)) as { retried: number };
  if (json) return printJson(answer);
  print(`${answer.retried} dead letters are retried.`);
}

/** The command `alerts`. */
export function alertsCommand(): Command {
  const program = withHelp(
    new Command('alerts').description('list alerts, replay rules over history, check a rules file'),
    {
      examples: [
        ['npx tidemark alerts list --status firing', 'of the running service (ALERTS_URL, ALERTS_TOKEN)'],
        ['npx tidemark alerts test --rule churn-spike --from 2026-05-01', 'when it would have fired'],
        ['npx tidemark alerts check my-rules.yaml', 'every mistake with its line'],
        ['npx tidemark alerts retry-dead-letters', 'once a receiver answers again'],
      ],
      about:
        'test reads the topic of counters (KAFKA_BROKERS); list and retry-dead-letters ask the running service.',
    },
  );
  program
    .command('test')
    .description('replay rules over history, and list when they would have fired')
    .option('--rule <name>', 'replay this rule only; all rules when left out')
    .option('--rules <file>', 'rules file; that of ALERTS_RULES or the shipped one when left out')
    .option('--from <time>', 'start, e.g. 2026-05-01; 30 days before the end when left out', parseTime)
    .option('--to <time>', 'end; now when left out', parseTime)
    .option('--json', 'for scripts', false)
    .action(working(testRules));
  program
    .command('check')
    .description('check a rules file, and report every mistake with its line')
    .argument('[file]', 'rules file; that of ALERTS_RULES or the shipped one when left out')
    .option('--json', 'for scripts', false)
    .action(working(checkRules));
  program
    .command('list')
    .description('list the alerts of the running service')
    .addOption(new Option('--status <status>', 'of this status').choices(['pending', 'firing', 'resolved']))
    .option('--json', 'for scripts', false)
    .action(working(list));
  program
    .command('retry-dead-letters')
    .description('send notifications again that were given up')
    .option('--receiver <name>', 'only those of this receiver')
    .option('--json', 'for scripts', false)
    .action(working(retry));
  return program;
}
