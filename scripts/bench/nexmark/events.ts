import { avroType } from '../../../packages/events/avro.ts';

type Envelope = {
  readonly event_id: string;
  /** Milliseconds since the epoch. */
  readonly occurred_at: number;
  /** Orders events of one millisecond. */
  readonly sequence: number;
  readonly source: string;
};

/** Somebody registered. */
export type PersonRegistered = Envelope & {
  readonly type: 'engagement.person';
  readonly person: number;
  readonly name: string;
  readonly city: string;
  readonly extra: string;
};

/** An auction was opened; bids count from `occurred_at` to `expires`, both included. */
export type AuctionOpened = Envelope & {
  readonly type: 'engagement.auction';
  readonly auction: number;
  readonly seller: number;
  readonly category: number;
  readonly expires: number;
  readonly extra: string;
};

/** Somebody bid for an auction. The price is in cents. */
export type BidMade = Envelope & {
  readonly type: 'engagement.bid';
  readonly auction: number;
  readonly bidder: number;
  readonly price: number;
  readonly extra: string;
};

/** An event of Nexmark. */
export type NexmarkEvent = PersonRegistered | AuctionOpened | BidMade;

/** Events of the runtime have the name of their family before their own: see family.ts. */
const types = ['engagement.person', 'engagement.auction', 'engagement.bid'] as const;

const columns = {
  'engagement.person': { person: 'long', name: 'string', city: 'string', extra: 'string' },
  'engagement.auction': {
    auction: 'long',
    seller: 'long',
    category: 'long',
    expires: 'long',
    extra: 'string',
  },
  'engagement.bid': { auction: 'long', bidder: 'long', price: 'long', extra: 'string' },
} as const;

const avro = types.map((name) =>
  avroType({
    type: 'record',
    name,
    fields: Object.entries({
      event_id: 'string',
      occurred_at: 'long',
      sequence: 'long',
      ...columns[name],
    }).map(([field, type]) => ({ name: field, type })),
  }),
);

/** An event as bytes: its type in one, and its Avro body. */
export function encode(event: NexmarkEvent): Buffer {
  const type = types.indexOf(event.type);
  return Buffer.concat([Buffer.of(type), avro[type]!.toBuffer(event)]);
}

/** The event that `encode` made bytes of. */
export function decode(bytes: Uint8Array): NexmarkEvent {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { value } = avro[buffer[0]!]!.decode(buffer, 1) as { value: object };
  return Object.assign(value, { type: types[buffer[0]!], source: 'nexmark' }) as NexmarkEvent;
}
