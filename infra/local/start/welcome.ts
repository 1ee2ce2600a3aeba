import { firstEventCommand } from '@tidemark/command/first-event';

/** Where things are, once all is ready. */
export type Addresses = {
  readonly collector: string;
  readonly live: string;
  /** `undefined` when ClickHouse is not the embedded one: its users are not known. */
  readonly clickHouse: { readonly url: string; readonly passwordFile: string } | undefined;
  readonly brokers: string;
  readonly logs: string;
  /** Ports of all services, each with /metrics. */
  readonly metrics: readonly number[];
};

/** The text for when all is ready: addresses, each with a line that can be pasted into a shell. */
export function welcome(
  { collector, live, clickHouse, brokers, logs, metrics }: Addresses,
  now: number,
): string {
  const query = 'SELECT * FROM tidemark.mrr_daily ORDER BY date DESC LIMIT 6 FORMAT PrettyCompact';
  const server = clickHouse
    ? [
        `ClickHouse   ${clickHouse.url}   user bi, password in ${clickHouse.passwordFile}, database tidemark`,
        `  curl -u "bi:$(cat '${clickHouse.passwordFile}')" ${clickHouse.url} --data-binary "${query}"`,
      ]
    : ['ClickHouse   as CLICKHOUSE_URL says'];
  return [
    '',
    `Collector    ${collector}   key dev-key, from this machine alone`,
    firstEventCommand(collector, 'dev-key', now).replaceAll(/^/gm, '  '),
    ...server,
    `Dashboard    ${live}/`,
    `  curl ${live}/v1/counters/summary`,
    `Kafka        ${brokers}`,
    `Metrics      http://127.0.0.1:{${metrics.join(',')}}/metrics`,
    `Logs         ${logs}`,
    '',
  ].join('\n');
}
