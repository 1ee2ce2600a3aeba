import type { Json } from '../translated.ts';
import type { EventMapping, Mapping } from './mapping.ts';
import { CellError, type Cells } from './template.ts';

/** An event that a record becomes, or what of it cannot be read. */
export type Filled =
  | { readonly type: string; readonly event: Json }
  | {
      readonly type: string;
      readonly faults: readonly { readonly field: string; readonly message: string }[];
    };

/** The events of a record by a mapping, in its order; none when no event of it is meant for the record. */
export function filled(cells: Cells, { source, events }: Mapping): readonly Filled[] {
  return events.flatMap((mapping, index): Filled[] => {
    try {
      if (!mapping.when.every(({ isMet }) => isMet(cells))) return [];
    } catch (error) {
      return [{ type: mapping.type, faults: [{ field: 'when', message: messageOf(error) }] }];
    }
    // Events of one time are in the order of the mapping.
    const head = { type: mapping.type, sequence: index, ...(source === undefined ? {} : { source }) };
    return [eventOf(head, mapping, cells)];
  });
}

function messageOf(error: unknown): string {
  if (error instanceof CellError) return error.message;
  throw error;
}

function eventOf(
  head: Json & { readonly type: string },
  { type, fields }: EventMapping,
  cells: Cells,
): Filled {
  const event: { [field: string]: unknown } = { ...head };
  const faults: { field: string; message: string }[] = [];
  for (const { name, valueOf } of fields) {
    try {
      const value = valueOf(cells, event['currency']);
      if (value !== undefined) event[name] = value;
    } catch (error) {
      faults.push({ field: name, message: messageOf(error) });
    }
  }
  return faults.length > 0 ? { type, faults } : { type, event };
}
