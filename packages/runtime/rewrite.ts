import type { AnyEvent } from '@tidemark/metrics/definition/definition';
import { recordLimits } from './entity-writer.ts';
import { decodeHead, encodeHead, pageId, segmentId } from './head.ts';
import { addToPage } from './identities.ts';
import { entryOverhead, hashOf, identityOf, pack, type PackedEntry, targetOf, unpack } from './packed.ts';
import type { KeyedRecord } from './record-store.ts';

/** How the events of an entity become others. */
export type Rewriting = {
  /** The entity's id from then on; it may be the same. */
  readonly to: string;
  readonly decode: (bytes: Uint8Array) => AnyEvent;
  readonly encode: (event: AnyEvent) => Uint8Array;
  /** The event as it is to be; the same object where nothing changes. It must keep the order of the events, and their times. */
  readonly rename: (event: AnyEvent) => AnyEvent;
};

const nothing = new Uint8Array(0);
const allocate = (size: number): Uint8Array => new Uint8Array(size);

/**
 * The records of an entity with other events under another id: what was published of it is taken for published. Its states are
 * left out, and folded again from the events when they are needed.
 *
 * @param records All of the entity's records in `state`, by key, its head among them.
 * @returns Also the deletions of the records before. Nothing else has to be published.
 * @throws Error when the head is missing, or a record cannot be read.
 */
export function rewritten(
  id: string,
  records: ReadonlyMap<string, Uint8Array>,
  rewriting: Rewriting,
): KeyedRecord[] {
  const head = decodeHead(records.get(id) ?? nothing);
  const parts = Array.from({ length: head.segments }, (_, segment) => records.get(segmentId(id, segment)));
  if (parts.includes(undefined)) throw new Error(`a segment of ${id} is missing`);
  const entries = [...(parts as Uint8Array[]), head.open].flatMap((part) => entriesOf(part, rewriting));
  const { to } = rewriting;
  const segments = cut(entries);
  const open = segments.pop() ?? [];
  const pages = pagesOf(segments);
  const written: { id: string; value: Uint8Array }[] = [
    ...segments.map((some, segment) => ({
      id: segmentId(to, segment),
      value: pack(nothing, some, allocate),
    })),
    ...pages.map((value, page) => ({ id: pageId(to, page), value })),
    {
      id: to,
      value: encodeHead(
        {
          ...head,
          segments: segments.length,
          pages: pages.length,
          form: 0,
          now: undefined,
          base: undefined,
          open: nothing,
        },
        open,
        allocate,
      ),
    },
  ];
  const kept = new Set(written.map((record) => record.id));
  const gone = [...records.keys()].filter((key) => !kept.has(key));
  return [...gone.map((key) => ({ id: key, value: null })), ...written];
}

/** The hashes of the identities and targets of an entity's events, from its records in `state`. */
export function hashesIn(id: string, records: ReadonlyMap<string, Uint8Array>): Set<number> {
  const head = records.get(id);
  if (head === undefined) return new Set();
  const { segments, open } = decodeHead(head);
  const parts = Array.from({ length: segments }, (_, segment) => records.get(segmentId(id, segment)));
  const entries = [...parts, open].flatMap((part) => (part === undefined ? [] : unpack(part)));
  return new Set(entries.flatMap(({ hash, target }) => (target === 0 ? [hash] : [hash, target])));
}

/** The same for packed events that stand alone, as those of the archive. */
export function rewrittenPart(packed: Uint8Array, rewriting: Rewriting): Uint8Array {
  return pack(nothing, entriesOf(packed, rewriting), allocate);
}

function entriesOf(packed: Uint8Array, { decode, encode, rename }: Rewriting): PackedEntry[] {
  return unpack(packed).map((entry) => {
    const event = decode(entry.bytes);
    const renamed = rename(event);
    if (renamed === event) return entry;
    const target = targetOf(renamed);
    return {
      at: entry.at,
      hash: hashOf(identityOf(renamed)),
      target: target === undefined ? 0 : hashOf(target),
      bytes: encode(renamed),
    };
  });
}

/** The entries by segment as they fill them, the open one last. */
function cut(entries: readonly PackedEntry[]): PackedEntry[][] {
  const segments: PackedEntry[][] = [[]];
  let bytes = 0;
  for (const entry of entries) {
    const size = entryOverhead + entry.bytes.length;
    if (bytes > 0 && bytes + size > recordLimits.segmentBytes) {
      segments.push([]);
      bytes = 0;
    }
    bytes += size;
    segments.at(-1)!.push(entry);
  }
  return segments;
}

function pagesOf(segments: readonly (readonly PackedEntry[])[]): Uint8Array[] {
  const pages: Uint8Array[] = [];
  for (const [segment, entries] of segments.entries()) {
    const last = pages.at(-1);
    if (last === undefined || last.length >= recordLimits.pageBytes) pages.push(nothing);
    const own = entries.map(({ hash }) => hash);
    const targets = entries.flatMap(({ target }) => (target === 0 ? [] : [target]));
    pages[pages.length - 1] = addToPage(pages.at(-1)!, { segment, own, targets }, allocate);
  }
  return pages;
}
