import type { Environment } from '@tidemark/service/settings';

/** The processes that the launcher starts. */
export type Process = 'kafka' | 'collector' | 'processor' | 'sink' | 'live' | 'alerts' | 'simulator';

/** Whose settings begin with what. A variable goes to these processes alone. */
const owners: readonly { readonly name: RegExp; readonly processes: readonly Process[] }[] = [
  { name: /^KAFKA_/, processes: ['collector', 'processor', 'sink', 'live', 'alerts'] },
  { name: /^CLICKHOUSE_/, processes: ['sink'] },
  { name: /^COLLECTOR_KEY$/, processes: ['simulator'] },
  { name: /^COLLECTOR_/, processes: ['collector'] },
  { name: /^LIVE_/, processes: ['live'] },
  { name: /^ALERTS_(URL|TOKEN)$/, processes: ['alerts', 'live'] },
  { name: /^ALERTS_/, processes: ['alerts'] },
];

/** What a broker needs, besides Java's own. */
const broker = /^(PATH|HOME|LANG|LC_\w+|TZ|TMPDIR|JAVA_\w+|JDK_\w+|LD_LIBRARY_PATH)$/;
/** Whatever looks like a secret and is nobody's setting may be one that the rules of alerts name. */
const secret = /TOKEN|SECRET|PASSW|KEY|CREDENTIAL|WEBHOOK|SMTP|DSN/i;

/**
 * The part of the environment that is a process's business: its own settings and secrets, and what is no secret. A program that
 * is broken into gives away its own secrets alone.
 *
 * @param given Of the launcher, with what the launcher adds.
 */
export function environmentOf(process: Process, given: Environment): Record<string, string> {
  const own = Object.entries(given).filter(([name, value]) => value !== undefined && isFor(process, name));
  return Object.fromEntries(own) as Record<string, string>;
}

function isFor(process: Process, name: string): boolean {
  if (process === 'kafka') return broker.test(name);
  const owner = owners.find((one) => one.name.test(name));
  if (owner !== undefined) return owner.processes.includes(process);
  return process === 'alerts' || !secret.test(name);
}
