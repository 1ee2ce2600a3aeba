import {
  ClickHouseError,
  createClient,
  type ClickHouseClient,
  type ClickHouseSettings as ClickHouseSessionSettings,
} from '@clickhouse/client';
import { Failure, isFailure } from '@tidemark/service/failures';
import { secret, type SettingsOf, text, url } from '@tidemark/service/settings';

/** How to reach ClickHouse. Spread it into the table of every service that needs it. */
export const clickHouseSettings = {
  CLICKHOUSE_URL: url(
    'Where ClickHouse answers HTTP: one server, no load balancer before several.',
    'http://127.0.0.1:8123',
  ),
  CLICKHOUSE_USER: text('Who logs in to ClickHouse; owner of the views.', 'tidemark'),
  CLICKHOUSE_PASSWORD: secret('The password of that user.', ''),
};

/** The values of `clickHouseSettings`. */
export type ClickHouseSettings = SettingsOf<typeof clickHouseSettings>;

/**
 * A client for the services' own user. Close it when done.
 *
 * @param requestTimeoutMs How long one request may take until the outcome counts as unknown.
 * @param database Where names without a database are looked for.
 */
export function connectClickHouse(
  settings: ClickHouseSettings,
  {
    requestTimeoutMs = 30_000,
    connections = 10,
    database,
  }: {
    readonly requestTimeoutMs?: number;
    readonly connections?: number;
    readonly database?: string;
  } = {},
): ClickHouseClient {
  return createClient({
    url: settings.CLICKHOUSE_URL,
    username: settings.CLICKHOUSE_USER,
    password: settings.CLICKHOUSE_PASSWORD,
    application: 'tidemark',
    ...(database === undefined ? {} : { database }),
    request_timeout: requestTimeoutMs,
    max_open_connections: connections,
    // The server hangs up idle connections after 3 s: be first, or a request meets a closed socket.
    keep_alive: { enabled: true, idle_socket_ttl: 2_500 },
    log: { level: 127 },
  });
}

/**
 * What went wrong, in the words of the table of failures: `clickhouse.refused` when the server answered with an error,
 * `clickhouse.unavailable` when it did not answer.
 *
 * @param doing What was asked for, the begin of the sentence: `table x`.
 */
export function clickHouseFailure(error: unknown, doing: string): Failure {
  if (isFailure(error)) return error;
  if (error instanceof ClickHouseError) {
    const message = `${doing}: ${error.message} [${error.type ?? 'error'} ${error.code}]`;
    return new Failure('clickhouse.refused', message, { cause: error });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new Failure('clickhouse.unavailable', `${doing}: ${message}`, { cause: error });
}

/** Runs a query and gives its rows. Throws a `Failure` as `clickHouseFailure` says. */
export async function rowsOf<Row>(
  client: ClickHouseClient,
  query: string,
  parameters: { readonly [name: string]: unknown } = {},
  settings: ClickHouseSessionSettings = {},
): Promise<Row[]> {
  try {
    const result = await client.query({
      query,
      query_params: { ...parameters },
      format: 'JSONEachRow',
      clickhouse_settings: settings,
    });
    return await result.json<Row>();
  } catch (error) {
    throw clickHouseFailure(error, query.slice(0, 80));
  }
}

/**
 * Runs a statement that gives no rows. Throws a `Failure` as `clickHouseFailure` says.
 *
 * @param doing What it is for, for the message.
 */
export async function runStatement(client: ClickHouseClient, query: string, doing?: string): Promise<void> {
  try {
    await client.command({ query });
  } catch (error) {
    const statement = `"${query.slice(0, 100)}…"`;
    throw clickHouseFailure(error, doing === undefined ? statement : `${doing}: ${statement}`);
  }
}
