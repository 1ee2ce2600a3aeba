/** A feed of exchange rates as one gets it: with weekends, holidays, outages, corrections and things that are no rates. */
import type { ContractEvent, Json } from '@tidemark/metrics/oracle/base.oracle';
import { type Draw, between, chance, pick } from '@tidemark/metrics/histories/draw.fixtures';
import type { Range } from '@tidemark/metrics/histories/instants.fixtures';

const day = 86_400_000;
/** About what a unit was worth in dollars. */
const dollars = { EUR: 1.09, GBP: 1.27, JPY: 0.0066, KWD: 3.25 } as const;

/** What is read beside the rates and must not be taken for one: another pair, the inverse, a customer's own, worthless ones. */
const noRates: readonly [Record<string, Json>, ...Record<string, Json>[]] = [
  { name: 'fx:EUR/GBP', value: 0.86 },
  { name: 'fx:USD/EUR', value: 0.92 },
  { name: 'fx:USD/USD', value: 2 },
  { name: 'fx:EURO/USD', value: 9 },
  { name: 'fx:EUR/USD', value: 9, customer_id: 'somebody' },
  { name: 'fx:EUR/USD', value: 0 },
  { name: 'fx:JPY/USD', value: -1 },
];

/**
 * Rates of four currencies into dollars over a range.
 *
 * @param outages How many outages of up to three weeks there are, each of one currency.
 */
export function rateFeed(draw: Draw, { from, to }: Range, outages: number): ContractEvent[] {
  const feed: ContractEvent[] = [];
  const publish = (at: number, fields: Readonly<Record<string, Json>>): void => {
    const id = `fx-${feed.length}`;
    feed.push({ event_id: id, type: 'reading.observed', occurred_at: at, reading_id: id, ...fields });
  };
  const currencies = Object.keys(dollars) as (keyof typeof dollars)[];
  const away = Array.from({ length: outages }, () => {
    const start = from + draw.below(to - from);
    return { currency: currencies[draw.below(4)], start, end: start + between(draw, 6, 21) * day };
  });
  for (const currency of currencies)
    // From before the range, for what is of its first day needs one too.
    for (let at = from - 10 * day; at < to; at += day) {
      // Some days have none, as weekends, some several.
      for (let times = pick(draw, [1, 1, 1, 0, 2]); times > 0; times--) {
        const read = at + draw.below(day);
        if (away.some((one) => one.currency === currency && read >= one.start && read < one.end)) continue;
        const value = Number(((dollars[currency] * between(draw, 900, 1100)) / 1000).toPrecision(7));
        publish(read, { name: `fx:${currency}/USD`, value });
        if (chance(draw, 3)) publishCorrection(draw, feed);
      }
      if (chance(draw, 3)) publish(at + draw.below(day), pick(draw, noRates));
    }
  return feed;
}

/** The last rate was wrong: it is voided, or published again with the same reading id, which changes nothing. */
function publishCorrection(draw: Draw, feed: ContractEvent[]): void {
  const wrong = feed.at(-1)!;
  const { name = '', reading_id = '', occurred_at } = wrong;
  const later = Number(occurred_at) + 1;
  feed.push(
    chance(draw, 70)
      ? {
          event_id: `fx-${feed.length}`,
          type: 'reading.voided',
          occurred_at: later,
          name,
          voids: wrong.event_id,
        }
      : { ...wrong, event_id: `fx-${feed.length}`, occurred_at: later, reading_id, value: 99 },
  );
}
