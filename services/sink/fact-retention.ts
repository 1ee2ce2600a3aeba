/** How long ClickHouse keeps facts of a kind: docs/operate/retention.md. */
import type { ClickHouseClient } from '@clickhouse/client';
import { rowsOf, runStatement } from '@tidemark/clickhouse/client';
import { summedKinds } from '@tidemark/metrics/catalogue/summed';
import { must, parseDuration, text } from '@tidemark/service/settings';

/** For how long facts of some kinds are kept, in milliseconds. */
export type FactRetention = ReadonlyMap<string, number>;

const secondMs = 1_000;

/** `cart_outcome=800d,mention=400d`; `undefined` when it is none. */
function parsed(given: string): FactRetention | undefined {
  const kept = new Map<string, number>();
  for (const part of given === '' ? [] : given.split(',')) {
    const [kind = '', age = '', ...rest] = part.split('=').map((one) => one.trim());
    const ageMs = parseDuration(age);
    if (!summedKinds.includes(kind) || kept.has(kind) || ageMs === undefined || rest.length > 0)
      return undefined;
    if (ageMs < secondMs) return undefined;
    kept.set(kind, ageMs);
  }
  return kept;
}

/** How long facts are kept. */
export const factRetentionSettings = {
  FACT_RETENTION: must(
    text(
      'How long ClickHouse keeps facts of a kind, counted from when they happened. Those of other kinds have no end. Views keep their numbers; docs/operate/retention.md says what becomes impossible.',
      '',
    ),
    `nothing, or kinds of facts with a time, such as cart_outcome=800d,mention=400d; the kinds are ${summedKinds.join(', ')}`,
    (given) => parsed(given) !== undefined,
  ),
};

/** The retention that a value of `FACT_RETENTION` stands for. */
export function factRetentionIn(given: string): FactRetention {
  return parsed(given) ?? new Map();
}

/**
 * Gives the tables of facts their ends, and takes away those that are no longer wanted. ClickHouse deletes within some hours.
 *
 * @param store The database of a generation's tables.
 * @throws Failure `clickhouse.unavailable`, `clickhouse.refused`.
 */
export async function applyFactRetention(
  client: ClickHouseClient,
  store: string,
  retention: FactRetention,
): Promise<void> {
  const ends = await endsOfFacts(client, store);
  for (const kind of summedKinds) {
    const keptMs = retention.get(kind);
    const end =
      keptMs === undefined ? '' : `toDateTime(at) + toIntervalSecond(${Math.round(keptMs / secondMs)})`;
    if (end === (ends.get(kind) ?? '')) continue;
    await runStatement(
      client,
      `ALTER TABLE ${store}.${kind} ${end === '' ? 'REMOVE TTL' : `MODIFY TTL ${end}`}`,
    );
  }
}

/** The kinds whose facts have an end: rollups of them are no longer what is there adds up to. */
export async function limitedKinds(client: ClickHouseClient, store: string): Promise<ReadonlySet<string>> {
  return new Set((await endsOfFacts(client, store)).keys());
}

/** The end of each table of facts that has one, as ClickHouse writes it. */
async function endsOfFacts(client: ClickHouseClient, store: string): Promise<ReadonlyMap<string, string>> {
  const found = await rowsOf<{ name: string; ttl: string }>(
    client,
    `SELECT name, extract(engine_full, ' TTL (.*?)( SETTINGS|$)') AS ttl FROM system.tables
     WHERE database = {store:String} AND has({kinds:Array(String)}, name) AND ttl != ''`,
    { store, kinds: summedKinds },
  );
  return new Map(found.map(({ name, ttl }) => [name, ttl]));
}
