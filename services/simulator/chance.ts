/** A pseudo-random sequence (sfc32): four 32-bit words, plain data that can be saved and gone on with. */
export type Chance = { a: number; b: number; c: number; d: number };

/** The sequence of a seed; a thousand different seeds have nothing in common. */
export function chanceOf(seed: number): Chance {
  const chance = { a: seed | 0, b: (seed / 2 ** 32) | 0, c: 0x9e3779b9 | 0, d: 1 };
  // The first draws still show the seed.
  for (let draw = 0; draw < 16; draw++) fraction(chance);
  return chance;
}

/** A number from 0 up to, not including, 1. */
export function fraction(chance: Chance): number {
  const sum = (chance.a + chance.b + chance.d) | 0;
  chance.d = (chance.d + 1) | 0;
  chance.a = chance.b ^ (chance.b >>> 9);
  chance.b = (chance.c + (chance.c << 3)) | 0;
  chance.c = (chance.c << 21) | (chance.c >>> 11);
  chance.c = (chance.c + sum) | 0;
  return (sum >>> 0) / 2 ** 32;
}

/** True with the given probability. */
export function happens(chance: Chance, probability: number): boolean {
  return fraction(chance) < probability;
}

/** A whole number from `low` to `high`, both included. */
export function between(chance: Chance, low: number, high: number): number {
  return low + Math.floor(fraction(chance) * (high - low + 1));
}

/** One of a list, each as likely as the other. */
export function pick<T>(chance: Chance, list: readonly [T, ...T[]]): T {
  return list[Math.floor(fraction(chance) * list.length)] ?? list[0];
}

/** Choices with their weights, in any unit. */
export type Weighted<T> = readonly (readonly [T, number])[];

/** One of a list that is not empty, by weight. */
export function pickWeighted<T>(chance: Chance, choices: Weighted<T>): T {
  let total = 0;
  for (const [, weight] of choices) total += weight;
  let left = fraction(chance) * total;
  for (const [choice, weight] of choices) {
    left -= weight;
    if (left < 0) return choice;
  }
  return (choices.at(-1) as readonly [T, number])[0];
}

/** A waiting time with the given mean, memoryless. */
export function exponential(chance: Chance, mean: number): number {
  return -Math.log(1 - fraction(chance)) * mean;
}

/** A number around 0 with standard deviation 1. */
export function normal(chance: Chance): number {
  return Math.sqrt(exponential(chance, 2)) * Math.cos(2 * Math.PI * fraction(chance));
}

/** How many of many rare things happen when `mean` are expected. */
export function poisson(chance: Chance, mean: number): number {
  // The product of fractions below would run out of digits; beyond some dozens the normal curve is the same.
  if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(chance)));
  const floor = Math.exp(-mean);
  let count = -1;
  for (let product = 1; product > floor; product *= fraction(chance)) count++;
  return Math.max(0, count);
}
