import type { Weighted } from './chance.ts';

/** Currencies that the simulated business sells in. */
export type Currency = 'EUR' | 'USD' | 'GBP' | 'JPY';

/** Who lives where, and pays in what. */
export const countries: Weighted<{ readonly country: string; readonly currency: Currency }> = [
  [{ country: 'DE', currency: 'EUR' }, 24],
  [{ country: 'FR', currency: 'EUR' }, 13],
  [{ country: 'NL', currency: 'EUR' }, 7],
  [{ country: 'ES', currency: 'EUR' }, 5],
  [{ country: 'US', currency: 'USD' }, 31],
  [{ country: 'CA', currency: 'USD' }, 3],
  [{ country: 'GB', currency: 'GBP' }, 13],
  [{ country: 'JP', currency: 'JPY' }, 4],
];

/** What an amount of 1.00 EUR is about, in each currency's minor unit. */
export const minorPerEuro: Readonly<Record<Currency, number>> = { EUR: 100, USD: 109, GBP: 86, JPY: 165 };

/** Kinds of customers. */
export type Segment = 'consumer' | 'small_business' | 'mid_market' | 'enterprise';

/** How many customers are of which segment. */
export const segments: Weighted<Segment> = [
  ['consumer', 46],
  ['small_business', 34],
  ['mid_market', 16],
  ['enterprise', 4],
];

/** Account managers by segment; consumers have none. */
export const owners: Readonly<Record<Segment, readonly string[]>> = {
  consumer: [],
  small_business: ['amira', 'jonas', 'lucy'],
  mid_market: ['chen', 'marta', 'tom'],
  enterprise: ['ingrid', 'rafael'],
};

/** A plan: its price a seat and interval in euros, and who takes it. */
export type Plan = {
  readonly id: string;
  readonly euros: number;
  readonly interval: 'week' | 'month' | 'year';
  readonly seats: boolean;
  readonly trialDays: number;
};

const plan = (
  id: string,
  euros: number,
  interval: Plan['interval'],
  seats: boolean,
  trialDays: number,
): Plan => ({ id, euros, interval, seats, trialDays });

/** The plans from small to large. A larger one of the same ladder is an upgrade. */
export const plans = {
  pass_weekly: plan('pass_weekly', 4.99, 'week', false, 0),
  solo: plan('solo', 12, 'month', false, 14),
  solo_yearly: plan('solo_yearly', 120, 'year', false, 14),
  team: plan('team', 19, 'month', true, 14),
  team_yearly: plan('team_yearly', 190, 'year', true, 14),
  business: plan('business', 39, 'month', true, 30),
  business_yearly: plan('business_yearly', 390, 'year', true, 30),
  enterprise_yearly: plan('enterprise_yearly', 690, 'year', true, 30),
} as const satisfies Record<string, Plan>;

/** The id of a plan. */
export type PlanId = keyof typeof plans;

/** An additional subscription some customers take: a flat fee a month. */
export const addOn = { id: 'insights_add_on', euros: 25 } as const;

/** The plan a new customer takes. */
export const firstPlans: Readonly<Record<Segment, Weighted<PlanId>>> = {
  consumer: [
    ['pass_weekly', 8],
    ['solo', 70],
    ['solo_yearly', 22],
  ],
  small_business: [
    ['solo', 20],
    ['team', 60],
    ['team_yearly', 20],
  ],
  mid_market: [
    ['team', 25],
    ['business', 50],
    ['business_yearly', 25],
  ],
  enterprise: [
    ['business_yearly', 35],
    ['enterprise_yearly', 65],
  ],
};

/** The next larger plan, where there is one. */
export const upgrades: Readonly<Partial<Record<PlanId, PlanId>>> = {
  pass_weekly: 'solo',
  solo: 'team',
  solo_yearly: 'team_yearly',
  team: 'business',
  team_yearly: 'business_yearly',
  business: 'enterprise_yearly',
  business_yearly: 'enterprise_yearly',
};

/** The next smaller plan, where there is one. */
export const downgrades: Readonly<Partial<Record<PlanId, PlanId>>> = {
  team: 'solo',
  team_yearly: 'solo_yearly',
  business: 'team',
  business_yearly: 'team_yearly',
  enterprise_yearly: 'business_yearly',
};

/** Seats a new customer takes of a plan that counts them: at least and at most. */
export const firstSeats: Readonly<Record<Segment, readonly [number, number]>> = {
  consumer: [1, 2],
  small_business: [2, 9],
  mid_market: [8, 40],
  enterprise: [40, 180],
};

/**
 * A price in a currency's minor unit.
 *
 * @param euros In euros; other currencies have round prices of their own near it.
 */
export function priceIn(currency: Currency, euros: number): number {
  const minor = euros * minorPerEuro[currency];
  if (currency === 'EUR') return Math.round(minor);
  const step = currency === 'JPY' ? 10 : 50;
  return Math.max(step, Math.round(minor / step) * step);
}
