import type { Family } from '@tidemark/events/families';
import { Failure } from '@tidemark/service/failures';

/** The key of a partition's positions in `state`; no entity's id begins with a zero byte. */
export const positionsId = '\u0000positions';

/** The next offset to be counted of each family's partition. */
export type Positions = ReadonlyMap<Family, number>;

/** The positions as a record's value: what the same transaction commits as the group's offsets. */
export function encodePositions(positions: Positions): Uint8Array {
  return Buffer.from(JSON.stringify(Object.fromEntries(positions)));
}

/**
 * Reads positions.
 *
 * @throws Failure `state.corrupt` when they are none.
 */
export function decodePositions(value: Uint8Array): Positions {
  try {
    const found = Object.entries(JSON.parse(Buffer.from(value).toString()) as Record<Family, number>);
    return new Map(found as [Family, number][]);
  } catch (error) {
    throw new Failure('state.corrupt', 'the positions of the state cannot be read', { cause: error });
  }
}

/** Where a partition stands: for the group, and in its state. */
export type Standing = {
  readonly partition: number;
  readonly groupId: string;
  readonly families: readonly Family[];
  /** The offsets that the group has committed; a family without one is missing. */
  readonly committed: Positions;
  /** What the state has taken in; `undefined` when it has nothing yet. */
  readonly counted: Positions | undefined;
};

/** Where to read on, and the families for which the state stands in for offsets that are lost or were set back. */
export type Resumed = { readonly starts: Positions; readonly recovered: readonly Family[] };

/**
 * Where a task reads on in each family's partition, before it is looked what Kafka still has. Offsets and positions are
 * committed together, so they are equal. Offsets that are missing, or are behind, were forgotten by Kafka or set by
 * hand: the state shows what is counted. Offsets ahead of it mean a state that has lost its end.
 *
 * @throws Failure `state.lost`.
 */
export function resumed({ partition, groupId, families, committed, counted }: Standing): Resumed {
  const recovered: Family[] = [];
  const starts = families.map((family): [Family, number] => {
    const offset = committed.get(family);
    const position = counted?.get(family);
    if (position === undefined) return [family, offset ?? 0];
    if (offset !== undefined && offset > position)
      throw new Failure(
        'state.lost',
        `group ${groupId} has counted ${family} of partition ${partition} up to offset ${offset}, and partition ` +
          `${partition} of topic state has taken in only what is before ${position}: the topic has lost its end, and what ` +
          'is between would count again or never. Nothing was counted. Restore the topic; without a copy, or when the ' +
          'offsets were set by hand, see docs/runbooks/state-refused.md',
      );
    if (offset !== position) recovered.push(family);
    return [family, position];
  });
  return { starts: new Map(starts), recovered };
}
