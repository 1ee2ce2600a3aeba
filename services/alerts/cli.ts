#!/usr/bin/env node
/** Commands for alerts: a rule over history, the rules file, what fires, messages that were set aside. */
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { decodeCounters } from '@tidemark/events/counter-codec';
import { partitionCounts } from '@tidemark/kafka/admin';
import { openKafka } from '@tidemark/kafka/client';
import { readPartitionToEnd } from '@tidemark/kafka/restore';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { isFailure } from '@tidemark/service/failures';
import { createLog } from '@tidemark/service/log';
import { readSettings } from '@tidemark/service/settings';
import { messageOf } from './deliver/message.ts';
import type { Episode } from './life/episode.ts';
import { type Counted, replay } from './replay.ts';
import { readRules, shippedRules } from './rules/read-file.ts';
import type { Rule } from './rules/rule.ts';
import { alertSettings, hourOfWeekIn } from './settings.ts';
import { shown } from './shown.ts';

const usage = 2;
const notReady = 3;
const day = 86_400_000;

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const printJson = (value: unknown): void => print(JSON.stringify(value, undefined, 2));

function instant(given: string): number {
  const at = /^\d{4}-\d\d-\d\d/.test(given) ? Date.parse(given) : Number.NaN;
  if (Number.isNaN(at))
    throw new InvalidArgumentError('Write an instant such as 2026-05-01 or 2026-05-01T08:00:00Z.');
  return at;
}

/** All buckets of the counters topic. */
async function readCounters(): Promise<Counted[]> {
  const settings = readSettings(kafkaSettings, process.env);
  const client = openKafka(settings, createLog('alerts', 'error'));
  const partitions = (await partitionCounts(client, ['counters'])).get('counters') ?? 0;
  const counted = new Map<string, Counted>();
  for (let partition = 0; partition < partitions; partition++)
    await readPartitionToEnd(client, {
      topic: 'counters',
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
    `There is no rule ${name}; there are: ${rules.map((rule) => rule.name).join(', ')}.`,
  );
}

function lineOf(episode: Episode, rules: readonly Rule[]): string {
  const links = { page: () => '', runbook: () => '' };
  const incident = {
    id: '',
    group: '',
    status: 'open',
    openedAt: 0,
    closedAt: null,
    toldAt: null,
    told: 0,
    toldSeverity: null,
  } as const;
  const notice = {
    id: '',
    kind: 'firing',
    incident,
    episodes: [{ ...episode, status: 'firing' as const }],
    at: 0,
  } as const;
  const { alerts } = messageOf(
    notice,
    (name) => rules.find((rule) => rule.name === name)?.title ?? name,
    links,
  );
  const [{ title, summary }] = alerts as [(typeof alerts)[number]];
  const at = (instant_: number | null): string =>
    instant_ === null ? 'still firing' : new Date(instant_).toISOString().slice(0, 16);
  return `${at(episode.firedAt)} to ${at(episode.resolvedAt)}  ${episode.severity.padEnd(6)}  ${episode.rule}  ${title}: ${summary}`;
}

/** Asks the running service. */
async function ask(method: string, path: string, body?: object): Promise<unknown> {
  const base = process.env['ALERTS_URL'] ?? 'http://127.0.0.1:8082';
  const token = process.env['ALERTS_TOKEN'];
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  if (body !== undefined) headers['content-type'] = 'application/json';
  let answer: Response;
  try {
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    answer = await fetch(new URL(path, base), { method, headers, ...content });
  } catch {
    throw new CommanderError(
      notReady,
      'away',
      `The alerts service does not answer at ${base}; set ALERTS_URL, or start it.`,
    );
  }
  const said = (await answer.json()) as { message?: string };
  if (!answer.ok) throw new CommanderError(1, 'refused', said.message ?? `It answered ${answer.status}.`);
  return said;
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
    'Shows when rules would have fired in a stretch of history (the counters topic of KAFKA_BROKERS).',
  )
  .option('--rule <name>', 'one rule; all of them without it')
  .option('--rules <file>', 'file of rules', process.env['ALERTS_RULES'] ?? shippedRules)
  .option('--from <instant>', 'begin, e.g. 2026-05-01; 30 days before the end without it', instant)
  .option('--to <instant>', 'end; now without it', instant)
  .option('--json', 'alerts as JSON', false)
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
        'Nothing is counted yet: is KAFKA_BROKERS the right Kafka?',
      );
    const { fired, held } = replay(rules, counted, from, to, hourOfWeekIn(REPORTING_TIMEZONE));
    if (options.json) return printJson({ alerts: fired.map(shown), held });
    for (const episode of fired) print(lineOf(episode, rules));
    for (const { rule, share, reason } of held)
      print(`${rule} was held for ${Math.ceil(share * 100)} % of the time: ${reason}`);
    const days = Math.round((to - from) / day);
    print(
      `${fired.length} alerts in ${days} days, of ${rules.length} rules over ${counted.length} counted quarter hours.`,
    );
  });

program
  .command('check')
  .description('Checks a file of rules; every mistake is named with its line.')
  .argument('[file]', 'file of rules', process.env['ALERTS_RULES'] ?? shippedRules)
  .action((file: string) => {
    const { rules, receivers } = readRules(file, process.env);
    print(`${rules.length} rules, ${receivers.length} receivers: no mistakes.`);
  });

program
  .command('list')
  .description('Lists alerts of the running service (ALERTS_URL).')
  .option('--status <status>', 'pending, firing or resolved')
  .option('--json', 'as JSON', false)
  .action(async ({ status, json }: { status?: string; json: boolean }) => {
    const said = (await ask('GET', `/v1/alerts${status === undefined ? '' : `?status=${status}`}`)) as {
      alerts: { id: string; status: string; severity: string }[];
    };
    if (json) return printJson(said.alerts);
    for (const { id, status: now, severity } of said.alerts)
      print(`${now.padEnd(8)}  ${severity.padEnd(6)}  ${id}`);
  });

program
  .command('retry-dead-letters')
  .description('Delivers messages again that were set aside (ALERTS_URL).')
  .option('--receiver <name>', 'only those of one receiver')
  .option('--json', 'as JSON', false)
  .addHelpText(
    'after',
    '\nExamples:\n  alerts retry-dead-letters\n  alerts retry-dead-letters --receiver team-channel',
  )
  .action(async ({ receiver, json }: { receiver?: string; json: boolean }) => {
    const body = receiver === undefined ? {} : { receiver };
    const said = (await ask('POST', '/v1/deliveries/retry', body)) as { retried: number };
    if (json) return printJson(said);
    print(`${said.retried} messages are on their way again.`);
  });

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // What commander says of wrong usage it has said already.
    if (!error.code.startsWith('commander.')) process.stderr.write(`${error.message}\n`);
    process.exitCode = error.code.startsWith('commander.') && error.exitCode !== 0 ? usage : error.exitCode;
  } else if (isFailure(error)) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error.code === 'settings.invalid' ? usage : notReady;
  } else throw error;
}
// Connections to Kafka that were only read from are let go.
process.exit();
