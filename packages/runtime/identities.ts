/** A longer list gets an index after some lookups. */
const listedMax = 24;
const lookupsMax = 16;
const noSegments: number[] = [];

/**
 * Hashes of identities with the segment of each. A hash that is not here was never accepted; for a hash that is here, the
 * segment shows whether it is the same identity.
 */
export class Identities {
  /** Made with the first one: most entities have no targets. */
  #hashes: number[] | undefined;
  #segments: number[] = noSegments;
  /** Places in the lists by hash, once these are long and were looked through often. */
  #index: Map<number, number | number[]> | undefined;
  #lookups = 0;

  get size(): number {
    return this.#hashes?.length ?? 0;
  }

  /** All hashes, in order of arrival. */
  get hashes(): readonly number[] {
    return this.#hashes ?? none;
  }

  add(hash: number, segment: number): void {
    if (this.#hashes === undefined) {
      this.#hashes = [hash];
      this.#segments = [segment];
      return;
    }
    const place = this.#hashes.push(hash) - 1;
    this.#segments.push(segment);
    if (this.#index !== undefined) note(this.#index, hash, place);
  }

  /** The segments in which a hash occurs: none, nearly always one or none. */
  segmentsOf(hash: number): readonly number[] {
    const hashes = this.#hashes;
    if (hashes === undefined) return none;
    const index = this.#indexed(hashes);
    if (index === undefined) {
      if (!hashes.includes(hash)) return none;
      return this.#segments.filter((_, place) => hashes[place] === hash);
    }
    const places = index.get(hash);
    if (places === undefined) return none;
    if (typeof places === 'number') return [this.#segments[places]!];
    return [...new Set(places.map((place) => this.#segments[place]!))];
  }

  #indexed(hashes: readonly number[]): Map<number, number | number[]> | undefined {
    if (this.#index !== undefined || hashes.length <= listedMax || ++this.#lookups <= lookupsMax)
      return this.#index;
    this.#index = new Map();
    for (const [place, hash] of hashes.entries()) note(this.#index, hash, place);
    return this.#index;
  }
}

function note(index: Map<number, number | number[]>, hash: number, place: number): void {
  const known = index.get(hash);
  if (known === undefined) index.set(hash, place);
  else if (typeof known === 'number') index.set(hash, [known, place]);
  else known.push(place);
}

const none: readonly number[] = [];

/** The identities of one sealed segment, as a page lists them. */
type SegmentIdentities = {
  readonly segment: number;
  readonly own: readonly number[];
  readonly targets: readonly number[];
};

/** A page with a segment's identities added to it. */
export function addToPage(
  page: Uint8Array,
  { segment, own, targets }: SegmentIdentities,
  allocate: (size: number) => Uint8Array,
): Uint8Array {
  const grown = allocate(page.length + 12 + 4 * (own.length + targets.length));
  const view = new DataView(grown.buffer, grown.byteOffset, grown.byteLength);
  grown.set(page);
  let position = page.length;
  for (const value of [segment, own.length, targets.length, ...own, ...targets]) {
    view.setUint32(position, value);
    position += 4;
  }
  return grown;
}

/** Hands over the identities that a page lists, with the segment of each: a long history has very many. */
export function scanPage(
  page: Uint8Array,
  own: (hash: number, segment: number) => void,
  target: (hash: number, segment: number) => void,
): void {
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  let position = 0;
  while (position < page.length) {
    const segment = view.getUint32(position);
    const ownEnd = position + 12 + 4 * view.getUint32(position + 4);
    const end = ownEnd + 4 * view.getUint32(position + 8);
    for (position += 12; position < ownEnd; position += 4) own(view.getUint32(position), segment);
    for (; position < end; position += 4) target(view.getUint32(position), segment);
  }
}
