import { readRules, shippedRules } from '@tidemark/alerts/rules/read-file';
import { alertSettings } from '@tidemark/alerts/settings';
import { readApiKeys } from '@tidemark/collector/keys';
import { collectorSettings } from '@tidemark/collector/settings';
import { memberOptions, memberSettings } from '@tidemark/kafka/member-settings';
import { connectionOf, kafkaSettings } from '@tidemark/kafka/settings';
import { liveSettings } from '@tidemark/live/settings';
import { startSettings } from '@tidemark/local/start/settings';
import { processorSettings } from '@tidemark/processor/settings';
import { recountSettings } from '@tidemark/recount/settings';
import { type Failure, isFailure } from '@tidemark/service/failures';
import { type Environment, readSettings, type SettingsTable } from '@tidemark/service/settings';
import { sinkSettings } from '@tidemark/sink/settings';
import { checkCopies, topicSettings } from '@tidemark/topics/topics';
import type { SettingsSeen } from './settings.ts';

const tables: readonly SettingsTable[] = [
  collectorSettings,
  processorSettings,
  sinkSettings,
  liveSettings,
  alertSettings,
  recountSettings,
  startSettings,
];

/** Variables that commands take beside the services' settings. */
const ofCommands = ['COLLECTOR_URL', 'COLLECTOR_KEY'];

/** Looks at the variables, and at what services make of them. */
export function lookAtSettings(environment: Environment): SettingsSeen {
  const keys = environment['COLLECTOR_KEYS'] ?? '[]';
  return {
    environment,
    known: new Set([...tables.flatMap((table) => Object.keys(table)), ...ofCommands]),
    invalid: [...new Set(tables.flatMap((table) => complaints(() => readSettings(table, environment))))],
    contradictory: [
      ...together(() => connectionOf(readSettings(kafkaSettings, environment))),
      ...together(() => memberOptions(readSettings(memberSettings, environment))),
      ...together(() => checkCopies(readSettings(topicSettings, environment))),
    ],
    keys: keysOf(keys),
    rules: complaints(() => readRules(environment['ALERTS_RULES'] ?? shippedRules, environment)),
  };
}

function keysOf(given: string): SettingsSeen['keys'] {
  try {
    return { hashes: new Map([...readApiKeys(given, false)].map(([hash, { name }]) => [hash, name])) };
  } catch (error) {
    if (!isFailure(error, 'settings.invalid')) throw error;
    return { problem: sentenceOf(error.what) };
  }
}

/** What a call complains of, a line each. */
function complaints(call: () => unknown): string[] {
  const failure = refusedBy(call);
  if (failure === undefined) return [];
  const lines = failure.what.split('\n').map((line) => line.trim());
  const own = lines.length > 1 ? lines.slice(1) : lines;
  return own.filter((line) => line !== '').map(sentenceOf);
}

/** The same of settings together; what is wrong with one of them alone is found elsewhere. */
function together(call: () => unknown): string[] {
  const failure = refusedBy(call);
  return failure === undefined || failure.what.includes('to correct:') ? [] : [sentenceOf(failure.what)];
}

function refusedBy(call: () => unknown): Failure | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (isFailure(error, 'settings.invalid')) return error;
    throw error;
  }
}

const sentenceOf = (text: string): string => (text.endsWith('.') ? text : `${text}.`);
