import type { ClickHouseClient } from '@clickhouse/client';
import { connectClickHouse } from '@tidemark/clickhouse/client';
import { liveSettings } from '@tidemark/live/settings';
import { readSettings, url } from '@tidemark/service/settings';
import { startedPassword } from '../started.ts';

const { LIVE_CLICKHOUSE_USER, LIVE_CLICKHOUSE_PASSWORD } = liveSettings;

/** How the BI user reaches ClickHouse; the names are those of the live service, which reads as the same user. */
export const readerSettings = {
  LIVE_CLICKHOUSE_URL: url('Where ClickHouse answers HTTP.', 'http://127.0.0.1:8123'),
  LIVE_CLICKHOUSE_USER,
  LIVE_CLICKHOUSE_PASSWORD,
};

/**
 * A client that may read the views and nothing else. Without a password it takes that of `tidemark start`.
 *
 * @param database Where names without a database are looked for.
 */
export function connectReader(
  environment: NodeJS.ProcessEnv,
  options: { readonly folder?: string; readonly database?: string } = {},
): ClickHouseClient {
  const settings = readSettings(readerSettings, environment);
  const { LIVE_CLICKHOUSE_USER: user, LIVE_CLICKHOUSE_PASSWORD: given } = settings;
  const { folder, database } = options;
  return connectClickHouse(
    {
      CLICKHOUSE_URL: settings.LIVE_CLICKHOUSE_URL,
      CLICKHOUSE_USER: user,
      CLICKHOUSE_PASSWORD: given === '' ? (startedPassword(user, folder) ?? '') : given,
    },
    database === undefined ? {} : { database },
  );
}
