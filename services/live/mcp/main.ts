/**
 * `npx tidemark mcp`: the MCP server over standard input and output, for an assistant on this machine. It reads the views as the live
 * service does, and needs neither that nor Kafka.
 */
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { readSettings } from '@tidemark/service/settings';
import { noHistory, openHistory } from '../history-reader.ts';
import { liveSettings } from '../settings.ts';
import { mcpServer } from './server.ts';

const {
  REPORTING_TIMEZONE,
  LIVE_CLICKHOUSE_URL,
  LIVE_CLICKHOUSE_USER,
  LIVE_CLICKHOUSE_PASSWORD,
  ALERTS_URL,
  ALERTS_TOKEN,
} = liveSettings;
const settings = readSettings(
  {
    REPORTING_TIMEZONE,
    LIVE_CLICKHOUSE_URL,
    LIVE_CLICKHOUSE_USER,
    LIVE_CLICKHOUSE_PASSWORD,
    ALERTS_URL,
    ALERTS_TOKEN,
  },
  process.env,
);
const url = settings.LIVE_CLICKHOUSE_URL;
const reader =
  url === undefined
    ? noHistory
    : openHistory(
        { url, user: settings.LIVE_CLICKHOUSE_USER, password: settings.LIVE_CLICKHOUSE_PASSWORD },
        Date.now,
      );
serveStdio(() =>
  mcpServer({
    reader,
    zone: settings.REPORTING_TIMEZONE,
    now: Date.now,
    alerts: { url: settings.ALERTS_URL, token: settings.ALERTS_TOKEN },
  }),
);
process.stdin.once('end', () => void reader.close());
