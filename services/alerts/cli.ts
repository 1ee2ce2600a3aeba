#!/usr/bin/env node
/** Commands for alerts: replay rules over history, check a rules file, list alerts, retry dead letters. */
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { decodeCounters } from '@tidemark/events/counter-codec';
import { partitionCounts } from '@tidemark/kafka/admin';
import { openKafka } from '@tidemark/kafka/client';
import { readPartitionToEnd } from '@tidemark/kafka/restore';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { isFailure } from '@tidemark/service/failures';
import { createLog } from '@tidemark/service/log';
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

const usage = 2;
const notReady = 3;
const day = 86_400_000;

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const printJson = (value: unknown): void => print(JSON.stringify(value, undefined, 2));

function instant(given: string): number {
  const at = /^\d{4}-\d\d-\d\d/.test(given) ? Date.parse(given) : Number.NaN;
  if (Number.isNaN(at))
    throw new InvalidArgumentError('Write a date or a time such as 2026-05-01 or 2026-05-01T08:00:00Z.');
  return at;
}

const ignore = (): void => undefined;

/** All buckets of the counters that serve. */
async function readCounters(): Promise<Counted[]> {
  const settings = readSettings(kafkaSettings, process.env);
  const client = openKafka(settings, createLog('alerts', 'error'));
  const serving = await followServing(client, ignore, ignore);
  await serving.stop();
  const topic = generationOf(serving.generation).counters;
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
  throw new CommanderError(
    usage,
    'rule',
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
    throw new CommanderError(
      notReady,
      'unreachable',
      `The alerts service does not answer at ${base}; set ALERTS_URL, or start it.`,
    );
  }
  const received = (await response.json()) as { message?: string };
  if (!response.ok)
    throw new CommanderError(1, 'refused', received.message ?? `The service answered ${response.status}.`);
  return received;
}

const program = new Command('alerts')
  .description('Alerts on the live counters.')
  .exitOverride()
  .configureOutput({
    writeOut: (text) => process.stdout.write(text),
    writeErr: (text) => process.stderr.write(text),
  });

program
  .command('test')
  .description(
    'Replays rules over history and lists when they would have fired (counters topic of KAFKA_BROKERS).',
  )
  .option('--rule <name>', 'replay this rule only; all rules when left out')
  .option('--rules <file>', 'rules file', process.env['ALERTS_RULES'] ?? shippedRules)
  .option('--from <instant>', 'start, e.g. 2026-05-01; 30 days before the end when left out', instant)
  .option('--to <instant>', 'end; now when left out', instant)
  .option('--json', 'print JSON', false)
  .addHelpText(
    'after',
    '\nExamples:\n  alerts test --rule churn-spike --from 2026-05-01 --to 2026-06-01\n  alerts test --rules my-rules.yaml --json',
  )
  .action(async (options: { rule?: string; rules: string; from?: number; to?: number; json: boolean }) => {
    const rules = rulesOf(options.rules, options.rule).filter(({ search }) => search.kind !== 'behind');
    const to = options.to ?? Date.now();
    const from = options.from ?? to - 30 * day;
    if (from >= to) throw new CommanderError(usage, 'range', '--from lies after --to.');
    const { REPORTING_TIMEZONE } = readSettings(
      { REPORTING_TIMEZONE: alertSettings.REPORTING_TIMEZONE },
      process.env,
    );
    const counted = await readCounters();
    if (counted.length === 0)
      throw new CommanderError(
        notReady,
        'empty',
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
  });

program
  .command('check')
  .description('Checks a rules file and reports every mistake with its line.')
  .argument('[file]', 'rules file', process.env['ALERTS_RULES'] ?? shippedRules)
  .action((file: string) => {
    const { rules, receivers } = readRules(file, process.env);
    print(`${rules.length} rules, ${receivers.length} receivers: no mistakes.`);
  });

program
  .command('list')
  .description('Lists the alerts of the running service (ALERTS_URL).')
  .option('--status <status>', 'pending, firing or resolved')
  .option('--json', 'print JSON', false)
  .action(async ({ status, json }: { status?: string; json: boolean }) => {
    const { alerts } = (await request(
      'GET',
      `/v1/alerts${status === undefined ? '' : `?status=${status}`}`,
    )) as {
      alerts: { id: string; status: string; severity: string }[];
    };
    if (json) return printJson(alerts);
    for (const { id, status: now, severity } of alerts)
      print(`${now.padEnd(8)}  ${severity.padEnd(6)}  ${id}`);
  });

program
  .command('retry-dead-letters')
  .description('Retries the dead letters of the running service (ALERTS_URL).')
  .option('--receiver <name>', 'only the dead letters of this receiver')
  .option('--json', 'print JSON', false)
  .addHelpText(
    'after',
    '\nExamples:\n  alerts retry-dead-letters\n  alerts retry-dead-letters --receiver team-channel',
  )
  .action(async ({ receiver, json }: { receiver?: string; json: boolean }) => {
    const body = receiver === undefined ? {} : { receiver };
    const answer = (await request('POST', '/v1/deliveries/retry', body)) as { retried: number };
    if (json) return printJson(answer);
    print(`${answer.retried} dead letters are retried.`);
  });

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has printed its own messages about wrong usage already.
    if (!error.code.startsWith('commander.')) process.stderr.write(`${error.message}\n`);
    process.exitCode = error.code.startsWith('commander.') && error.exitCode !== 0 ? usage : error.exitCode;
  } else if (isFailure(error)) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error.code === 'settings.invalid' ? usage : notReady;
  } else throw error;
}
// Connections to Kafka would keep the process alive; nothing was written to them.
process.exit();
