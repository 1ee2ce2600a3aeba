import type { ClickHouseClient } from '@clickhouse/client';
import { rowsOf } from '@tidemark/clickhouse/client';
import { type Databases, inDatabases } from '@tidemark/clickhouse/databases';
import { placeOf } from '@tidemark/clickhouse/serving';
import { fillIn, type ViewSettings } from '@tidemark/clickhouse/view-settings';
import { explainSettings } from '@tidemark/metrics/explain-sql';
import { databasesOf } from '@tidemark/topics/generation';

/** Parameters of a query, by name. */
export type Parameters = { readonly [name: string]: string };
/** A row with every value as text. */
export type TextRow = { readonly [column: string]: string | null };

/** Reads facts and views. */
export type Reader = {
  /** Rows of a query of the metrics, as it is in some databases. Throws a `Failure` as `clickHouseFailure` says. */
  readonly rows: (query: string, parameters: Parameters) => Promise<readonly TextRow[]>;
  /** The query as it is in the databases of a generation. */
  readonly inGeneration: (query: string, generation: number) => Promise<string>;
};

/** Longer than any of them takes; a request that waits for more is given up. */
const executionSeconds = 20;

/**
 * Reads as a user who may read the tables of facts. Nothing can be written by it.
 *
 * @param settings Those that the views are written with.
 */
export function openReader(client: ClickHouseClient, settings: ViewSettings): Reader {
  const places = new Map<number, Promise<Databases>>();
  const place = (generation: number): Promise<Databases> => {
    const found = places.get(generation) ?? placeOf(client, databasesOf(generation));
    places.set(generation, found);
    // The first generation has its views elsewhere once there is a second one, so it is looked for anew by the next question.
    const forget = (): void => void (generation === 1 && places.delete(generation));
    found.then(forget, () => places.delete(generation));
    return found;
  };
  return {
    rows: (query, parameters) =>
      rowsOf<TextRow>(client, `${fillIn(query, settings)}\n${explainSettings}`, parameters, {
        readonly: '2',
        max_execution_time: executionSeconds,
        output_format_json_quote_decimals: 1,
        output_format_json_quote_64bit_integers: 1,
        date_time_output_format: 'iso',
      }),
    inGeneration: async (query, generation) => inDatabases(query, await place(generation)),
  };
}
