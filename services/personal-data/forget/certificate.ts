import type { Found } from './search.ts';

/** What an erasure has done, place by place. */
export type Certificate = {
  /** Of the erasure. */
  readonly id: string;
  readonly customers: number;
  /** Histories that were put under pseudonyms; 0 for a run that went on with one that had done so. */
  readonly entities: number;
  /** ISO, UTC. */
  readonly erased_at: string;
  readonly places: readonly Place[];
  /** What the command cannot look at, and why. */
  readonly not_searched: readonly { readonly place: string; readonly why: string }[];
  /** What is impossible from now on. */
  readonly not_rebuilt: readonly string[];
};

type Place = {
  readonly place: string;
  readonly searched: number;
  readonly unit: 'bytes' | 'rows';
  /** How often an id or a text was found; `null` when an earlier run, which was cut off, had searched. */
  readonly found_before: number | null;
  readonly found_after: number;
  /** Until when the bytes themselves are gone from the disks of Kafka or ClickHouse; `null` where there were none. ISO, UTC. */
  readonly gone_by: string | null;
};

const minute = 60_000;
const day = 24 * 60 * minute;
/** Kafka looks for closed segments every five minutes, and deletes them a minute later. ClickHouse keeps parts that it replaced for eight. */
const deletedWithinMs = 15 * minute;
/** `max.compaction.lag.ms` of compacted topics, and what the cleaner takes. */
const compactedWithinMs = 8 * day;

const notSearched = [
  {
    place: 'local stores (STATE_DIR)',
    why: 'they are on the machines of the processors, whose tasks have deleted it when they began anew; delete folders that no processor uses',
  },
  { place: 'backups', why: 'nothing is known of them here: delete those of before, for they bring it back' },
  {
    place: 'logs, receivers of alerts and of traces, sources of events',
    why: 'they are not the pipeline’s; search folders of logs with --scan',
  },
];

const notRebuilt = [
  'Facts and events that all had read are deleted from Kafka: ClickHouse cannot be filled from topic facts any more, only by a recount.',
  'Dead letters of the customers, and those that were published again, are deleted.',
  'The state and ClickHouse of a backup of before do not fit these topics.',
];

/** The certificate of an erasure. */
export function certificateOf({
  id,
  customers,
  entities,
  at,
  before,
  after,
}: {
  readonly id: string;
  readonly customers: number;
  readonly entities: number;
  readonly at: number;
  readonly before: readonly Found[] | undefined;
  readonly after: readonly Found[];
}): Certificate {
  const known = new Map(before?.map(({ place, found }) => [place, found]));
  const places = after.map(({ place, searched, unit, found }): Place => {
    const foundBefore = before === undefined ? null : (known.get(place) ?? 0);
    const withinMs = found > 0 ? compactedWithinMs : deletedWithinMs;
    const wasThere = found > 0 || foundBefore !== 0;
    return {
      place,
      searched,
      unit,
      found_before: foundBefore,
      found_after: found,
      gone_by: wasThere ? new Date(at + withinMs).toISOString() : null,
    };
  });
  return {
    id,
    customers,
    entities,
    erased_at: new Date(at).toISOString(),
    places,
    not_searched: notSearched,
    not_rebuilt: notRebuilt,
  };
}
