/** What the folder of a family gives to the histories of tests, and the words that the families share. */
import type { Json } from '../oracle/base.oracle.ts';
import { type Draw, maybe, pick } from './draw.fixtures.ts';
import type { Range } from './instants.fixtures.ts';

/** The fields of one event; absent ones are undefined. */
export type Fields = Readonly<Record<string, Json | undefined>>;

/** Takes an event of a type at a time (epoch ms). */
export type Publish = (type: string, at: number, fields: Fields) => void;

/** A company over a range of time. */
export type Company = { readonly draw: Draw; readonly range: Range; readonly publish: Publish };

/** A customer of it. */
export type Life = Company & {
  readonly customer: string;
  /** Which customer this is: ids of the customer's things begin or end with it. */
  readonly number: number;
  /** In which the customer pays. */
  readonly currency: string;
};

/** Events of one family for the histories of tests: `histories.fixtures.ts` in the family's folder has them. */
export type FamilyHistories = {
  /**
   * One random event, as posted, without `event_id` and time: of few entities, so that events meet, and of values at
   * which the rules apply. Each type of the family occurs; voids are made of these.
   */
  readonly random: (draw: Draw, range: Range) => Fields & { readonly type: string };
  /** Publishes what a realistic customer does; none where the company or another family's customers do it. */
  readonly customer?: (life: Life) => void;
  /** Publishes what a realistic company does. */
  readonly company?: (company: Company) => void;
};

/** One of few customers. */
export const someCustomer = (draw: Draw): string => pick(draw, ['ann', 'bob', 'Åse']);

/** One of few currencies, dollars most. */
export const someCurrency = (draw: Draw): string => pick(draw, ['USD', 'USD', 'EUR', 'JPY', 'KWD']);

/** An amount in the minor unit: usual, odd, none, or very large. */
export const someAmount = (draw: Draw): number =>
  pick(draw, [5900, 1, 2999, 120_000, 7, 0, 999_999_999, 1_000_000_000_000_000]);

/** A segment, or none. */
export const someSegment = (draw: Draw): string | undefined =>
  maybe(draw, 20, () => pick(draw, ['smb', 'enterprise']));

/** An instant of a range, each as likely as any other. */
export const someTime = (draw: Draw, { from, to }: Range): number => from + draw.below(to - from);

/** The currencies of realistic customers. */
export const currencies = ['USD', 'EUR', 'GBP', 'JPY', 'KWD'] as const;

/** Absent fields are left out, as a publisher would. */
export function present(fields: Fields): Record<string, Json> {
  const all: Record<string, Json> = {};
  for (const [field, value] of Object.entries(fields)) if (value !== undefined) all[field] = value;
  return all;
}

/** A price in the currency's minor unit that is worth roughly so many dollars. */
export function price(dollars: number, currency: string): number {
  if (currency === 'JPY') return dollars * 150;
  return currency === 'KWD' ? dollars * 300 : dollars * 100;
}
