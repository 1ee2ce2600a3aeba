import type { ContractEvent } from '@tidemark/metrics/index.oracle';
import type { ReadRow } from './view-differences.ts';

/** All ids that events name. */
export function idsIn(events: readonly ContractEvent[]): ReadonlySet<string> {
  const fields = (event: ContractEvent): [string, unknown][] => Object.entries(event);
  return new Set(
    events.flatMap((event) =>
      fields(event).flatMap(([field, value]) =>
        /(_id|^voids)$/.test(field) && field !== 'plan_id' && typeof value === 'string' ? [value] : [],
      ),
    ),
  );
}

/** Rows of a view as texts in their order, with the same word for every id and every pseudonym. */
export function unnamed(rows: readonly ReadRow[], ids: ReadonlySet<string>): string[] {
  return rows
    .map((row) =>
      JSON.stringify(row, (_, cell: unknown) =>
        typeof cell === 'string' && (ids.has(cell) || cell.startsWith('erased-')) ? 'somebody' : cell,
      ),
    )
    .toSorted();
}
