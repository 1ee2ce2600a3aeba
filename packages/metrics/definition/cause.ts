/**
 * Why a fact was published or retracted. It is a property of the events that a batch brought to the entity:
 *
 * - `arrived`: events that were received within an hour of their time, and what the passing of time brings about;
 * - `late`: an event that was received more than an hour after its time (rule 29);
 * - `corrected`: an event that was voided, with another of its type and time published in its place (rule 24);
 * - `voided`: an event that was voided;
 * - `definition`: a definition that counts what was not counted before;
 * - `unknown`: published before causes were kept.
 *
 * The order is that in which a restatement applies them.
 */
export const causes = ['arrived', 'late', 'corrected', 'voided', 'definition', 'unknown'] as const;

/** Why a fact was published or retracted. */
export type Cause = (typeof causes)[number];
