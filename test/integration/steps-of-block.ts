/**
 * The steps of a block at which a sink may die, in their order, and whether a plan that is not known to be done is then
 * left in the group's offsets or in the tables' positions, for the next owner to insert again.
 */
export const stepsOfBlock = {
  'before the plan': false,
  planned: true,
  'half inserted': true,
  inserted: true,
  // Committed, and not yet recorded with the tables.
  done: true,
} as const;

/** One of them. */
export type StepOfBlock = keyof typeof stepsOfBlock;
