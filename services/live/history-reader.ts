import type { ResponseJSON } from '@clickhouse/client';
import { clickHouseFailure, connectClickHouse } from '@tidemark/clickhouse/client';
import { Failure, isFailure } from '@tidemark/service/failures';
import type { HistoryQuery } from './history.ts';

/** Whether ClickHouse answers; `off` when no address was given. */
export type HistoryState = 'up' | 'away' | 'off';

/** Reads the views. */
export type HistoryReader = {
  readonly state: () => HistoryState;
  /** Rows of a query; the same query within `freshMs` (default 2 s) gets the same answer. Throws `Failure`. */
  readonly rows: <Row>(asked: HistoryQuery, freshMs?: number) => Promise<readonly Row[]>;
  /** Rows of a query that may take up to a minute, unless it is aborted. Each call asks anew. Throws `Failure`. */
  readonly slowRows: <Row>(asked: HistoryQuery, abort: AbortSignal) => Promise<readonly Row[]>;
  /** Asks whether ClickHouse is there. */
  readonly look: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/** Where the views are read, and as whom: a user who can read the views and nothing else. */
export type HistorySettings = { readonly url: URL; readonly user: string; readonly password: string };

/** The server gives a query up after this time, and the reader a little later. */
const executionSeconds = 10;
const requestTimeoutMs = 12_000;
const slowSeconds = 60;
const slowTimeoutMs = 65_000;
const lookTimeoutMs = 3_000;
/** While ClickHouse is away, one query in this time is tried; the others fail at once. */
const awayForMs = 5_000;
const defaultFreshMs = 2_000;
const rowsMax = 20_000;
/** How many answers are kept. */
const keptMax = 200;
/** Fewer than the BI user may have at once, so that BI tools get their turn. */
const connections = 6;

/** The failure of every query when there is no ClickHouse to read from. */
export const historyOff = new Failure(
  'clickhouse.unavailable',
  'no history: LIVE_CLICKHOUSE_URL is not set, so only live figures can be shown',
);

const away = new Failure('clickhouse.unavailable', 'ClickHouse did not answer a moment ago');

/** A reader of nothing: every query fails with `historyOff`. */
export const noHistory: HistoryReader = {
  state: () => 'off',
  rows: () => Promise.reject(historyOff),
  slowRows: () => Promise.reject(historyOff),
  look: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

type Row = { [column: string]: unknown };

/** Rows with whole numbers as numbers, and as text where a number would not be exact (rule 53). */
export function exactRows({ meta = [], data }: Pick<ResponseJSON<Row>, 'meta' | 'data'>): Row[] {
  const whole = meta.filter(({ type }) => /^(Nullable\()?U?Int/.test(type)).map(({ name }) => name);
  for (const row of data)
    for (const name of whole) {
      const value = row[name];
      if (typeof value === 'string' && Number.isSafeInteger(Number(value))) row[name] = Number(value);
    }
  return data;
}

/** The answers to the latest queries: viewers of the same page ask the same. */
class RecentAnswers {
  readonly #now: () => number;
  /** By query, the oldest first. */
  readonly #kept = new Map<string, { readonly at: number; readonly rows: Promise<readonly unknown[]> }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The answer that was begun within `freshMs`, or that of `read`. */
  rows(
    asked: HistoryQuery,
    freshMs: number,
    read: () => Promise<readonly unknown[]>,
  ): Promise<readonly unknown[]> {
    const key = JSON.stringify(asked);
    const found = this.#kept.get(key);
    if (found !== undefined && this.#now() - found.at < freshMs) return found.rows;
    const rows = read();
    this.#kept.delete(key);
    this.#kept.set(key, { at: this.#now(), rows });
    // After a failure the next one asks again at once.
    rows.catch(() => this.#kept.delete(key));
    if (this.#kept.size > keptMax) this.#kept.delete(this.#kept.keys().next().value!);
    return rows;
  }
}

/** Opens a reader. It connects when first asked. */
export function openHistory({ url, user, password }: HistorySettings, now: () => number): HistoryReader {
  const server = { CLICKHOUSE_URL: url, CLICKHOUSE_USER: user, CLICKHOUSE_PASSWORD: password };
  const quick = { client: connectClickHouse(server, { requestTimeoutMs, connections }), executionSeconds };
  const slow = {
    client: connectClickHouse(server, { requestTimeoutMs: slowTimeoutMs, connections: 1 }),
    executionSeconds: slowSeconds,
  };
  const recent = new RecentAnswers(now);
  let state: HistoryState = 'up';
  let triedAt = 0;

  const read = async (
    by: typeof quick,
    { query, query_params }: HistoryQuery,
    abort?: AbortSignal,
  ): Promise<readonly unknown[]> => {
    triedAt = now();
    try {
      const result = await by.client.query({
        query,
        query_params: { ...query_params },
        format: 'JSON',
        ...(abort === undefined ? {} : { abort_signal: abort }),
        clickhouse_settings: {
          max_execution_time: by.executionSeconds,
          max_result_rows: String(rowsMax),
          // As text all values are exact; exactRows makes numbers of those that fit.
          output_format_json_quote_decimals: 1,
          output_format_json_quote_64bit_integers: 1,
          date_time_output_format: 'iso',
        },
      });
      const rows = exactRows(await result.json<Row>());
      state = 'up';
      return rows;
    } catch (error) {
      const failure = clickHouseFailure(error, 'reading the history');
      // An answer, be it an error, is a sign of life.
      state = isFailure(failure, 'clickhouse.unavailable') ? 'away' : 'up';
      throw failure;
    }
  };

  const rows = <Row>(asked: HistoryQuery, freshMs = defaultFreshMs): Promise<readonly Row[]> => {
    // A browser has six connections to this service: a request that can only time out may not take one from live figures.
    if (state === 'away' && now() - triedAt < awayForMs) return Promise.reject(away);
    return recent.rows(asked, freshMs, () => read(quick, asked)) as Promise<readonly Row[]>;
  };

  return {
    state: () => state,
    rows,
    slowRows: async <Row>(asked: HistoryQuery, abort: AbortSignal) =>
      (await read(slow, asked, abort)) as readonly Row[],
    look: async () => {
      const abort = AbortSignal.timeout(lookTimeoutMs);
      await read(quick, { query: 'SELECT 1', query_params: {} }, abort).catch(() => undefined);
    },
    close: async () => {
      await Promise.all([quick.client.close(), slow.client.close()]);
    },
  };
}
