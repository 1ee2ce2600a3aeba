import { alertSettings } from '@tidemark/alerts/settings';
import { collectorSettings } from '@tidemark/collector/settings';
import { liveSettings } from '@tidemark/live/settings';
import { processorSettings } from '@tidemark/processor/settings';
import { logSettings } from '@tidemark/service/log';
import type { Environment } from '@tidemark/service/settings';
import { sinkSettings } from '@tidemark/sink/settings';

/** The services that the launcher starts. */
export type Service = 'collector' | 'processor' | 'sink' | 'live' | 'alerts' | 'simulator';

/** What any program needs of its machine, and Node of its user. No secret. */
const everywhere = /^(PATH|HOME|LANG|LC_\w+|TZ|TMPDIR|LD_LIBRARY_PATH|SSL_CERT_(FILE|DIR)|NODE_\w+)$/;
/** The same for the JVM. */
const broker = /^(PATH|HOME|LANG|LC_\w+|TZ|TMPDIR|LD_LIBRARY_PATH|JAVA_\w+|JDK_\w+)$/;

/** The variables that each service reads. */
const variables: { readonly [Name in Service]: ReadonlySet<string> } = {
  collector: namesOf(collectorSettings),
  processor: namesOf(processorSettings),
  sink: namesOf(sinkSettings),
  live: namesOf(liveSettings),
  alerts: namesOf(alertSettings),
  simulator: new Set(['COLLECTOR_KEY', ...namesOf(logSettings)]),
};

function namesOf(settings: object): ReadonlySet<string> {
  return new Set(Object.keys(settings));
}

/**
 * The part of the environment that a service reads: its own settings, and what any program needs. A service that is broken
 * into gives away its own secrets alone.
 *
 * @param given Of the launcher, with what the launcher adds.
 * @param more Other variables that it reads, e.g. those that the receivers of alerts name.
 */
export function environmentOf(
  service: Service,
  given: Environment,
  more: readonly string[] = [],
): Record<string, string> {
  return partOf(
    given,
    (name) => everywhere.test(name) || variables[service].has(name) || more.includes(name),
  );
}

/** The part of the environment that the JVM of Kafka reads. */
export function brokerEnvironment(given: Environment): Record<string, string> {
  return partOf(given, (name) => broker.test(name));
}

function partOf(given: Environment, isNeeded: (name: string) => boolean): Record<string, string> {
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) =>
      value !== undefined && isNeeded(name) ? [[name, value]] : [],
    ),
  );
}
