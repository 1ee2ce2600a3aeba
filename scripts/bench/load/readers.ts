import { connectClickHouse } from '@tidemark/clickhouse/client';
import type { Bench } from '../servers.ts';

/** As much as the limits of the BI user let through. */
const greedy = [
  'SELECT * FROM tidemark.customer_value',
  'SELECT * FROM tidemark.clv_monthly',
  'SELECT count() FROM tidemark.mrr_movements AS a CROSS JOIN tidemark.mrr_movements AS b',
  'SELECT sum(sipHash64(number)) FROM numbers(3000000000)',
];

/** Runs something while so many greedy queries of the BI user are repeated at once. */
export async function besideReaders<T>(
  { clickHouse }: Bench,
  readers: number,
  run: () => Promise<T>,
): Promise<T> {
  const client = connectClickHouse(
    {
      CLICKHOUSE_URL: new URL(clickHouse.url),
      CLICKHOUSE_USER: clickHouse.biUser,
      CLICKHOUSE_PASSWORD: clickHouse.biPassword,
    },
    { connections: readers, requestTimeoutMs: 120_000 },
  );
  const over = new AbortController();
  const reading = async (query: string): Promise<void> => {
    while (!over.signal.aborted)
      // A refusal or the end of its time is an answer too: the next one follows.
      await client
        .command({
          query: `${query} FORMAT Null`,
          abort_signal: over.signal,
          clickhouse_settings: { cancel_http_readonly_queries_on_client_close: 1 },
        })
        .catch(() => undefined);
  };
  const all = Array.from({ length: readers }, (_, index) => reading(greedy[index % greedy.length]!));
  try {
    return await run();
  } finally {
    over.abort();
    await Promise.all(all);
    await client.close();
  }
}
