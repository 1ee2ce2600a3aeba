import type { ClickHouseClient } from '@clickhouse/client';
import { Failure } from '@tidemark/service/failures';
import { clickHouseFailure } from './client.ts';

/** Connections that are opened to look. A balancer that takes one of two servers at random hides from them once in five hundred times. */
const looks = 10;

/**
 * Throws `clickhouse.schema` when the address leads to several servers that each have tables of their own, as a load balancer in
 * front of servers that do not replicate does: each would get some of the facts, and no number would be right.
 *
 * @param store The database of the tables, which have been made.
 */
export async function checkOneServer(client: ClickHouseClient, store: string): Promise<void> {
  // At the same time, so that each has a connection of its own.
  const found = new Set(await Promise.all(Array.from({ length: looks }, () => idOfTables(client, store))));
  if (found.size === 1) return;
  throw new Failure(
    'clickhouse.schema',
    'CLICKHOUSE_URL leads to several servers that each have tables of their own, as a load balancer does: each would get ' +
      'some of the facts. Give the address of one server',
  );
}

/** What ClickHouse drew for one of the tables when it was made; empty where it is not. Replicas have it in common. */
async function idOfTables(client: ClickHouseClient, store: string): Promise<string> {
  try {
    const result = await client.query({
      query:
        "SELECT toString(uuid) FROM system.tables WHERE database = {store:String} AND name = 'sink_positions'",
      query_params: { store },
      format: 'TabSeparated',
    });
    return await result.text();
  } catch (error) {
    throw clickHouseFailure(error, 'looking which server answers');
  }
}
