/** The views as the BI user reads them, with an instant of the test's for now. */
import { clickHouseFailure, connectClickHouse, rowsOf } from '@tidemark/clickhouse/client';
import { migrate } from '@tidemark/clickhouse/migrate';
import { viewSettings } from '@tidemark/clickhouse/view-settings';
import { createLog } from '@tidemark/service/log';
import { readSettings } from '@tidemark/service/settings';
import type { Cell } from '@tidemark/metrics/oracle/compare.oracle';
import type { ClickHouseServer } from '../backend.ts';
import { pinnedMigrations } from '../pinned.ts';

/** A row as a client reads it. */
export type ReadRow = Readonly<Record<string, Cell>>;

/** Reads views; and, as the services' user, what is behind them. */
export type Reading = {
  /** Names of all views. */
  readonly views: () => Promise<ReadonlySet<string>>;
  /** All rows of a view, read as the BI user. */
  readonly view: (name: string) => Promise<ReadRow[]>;
  /** Rows of any query, as the services' user. */
  readonly rows: <Row>(query: string) => Promise<Row[]>;
  /** From now on the views take this instant (whole seconds, epoch ms) for now, and count days in this zone. */
  readonly pin: (now: number, zone: string) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** Opens a way to read a ClickHouse that the sink has migrated. */
export async function openReading(server: ClickHouseServer): Promise<Reading> {
  const connect = (CLICKHOUSE_USER: string, CLICKHOUSE_PASSWORD: string) =>
    connectClickHouse({
      CLICKHOUSE_URL: new URL(server.clickhouseUrl),
      CLICKHOUSE_USER,
      CLICKHOUSE_PASSWORD,
    });
  const owner = connect(server.clickhouseUser, server.clickhousePassword);
  const reader = connect(server.biUser, server.biPassword);
  return {
    async views() {
      const rows = await rowsOf<{ name: string }>(
        owner,
        "SELECT name FROM system.tables WHERE database = 'tidemark'",
      );
      return new Set(rows.map(({ name }) => name));
    },
    async view(name) {
      const query = `SELECT * FROM tidemark.${name}`;
      try {
        const result = await reader.query({
          query,
          format: 'JSONEachRow',
          clickhouse_settings: { output_format_json_quote_decimals: 1, date_time_output_format: 'iso' },
        });
        return await result.json<ReadRow>();
      } catch (error) {
        throw clickHouseFailure(error, query);
      }
    },
    rows: <Row>(query: string) => rowsOf<Row>(owner, query),
    async pin(now, zone) {
      await migrate({
        client: owner,
        settings: readSettings(viewSettings, { REPORTING_TIMEZONE: zone }),
        log: createLog('test', 'silent'),
        migrations: pinnedMigrations(now),
      });
    },
    async close() {
      await Promise.all([owner.close(), reader.close()]);
    },
  };
}
