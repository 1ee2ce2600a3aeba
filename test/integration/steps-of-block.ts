/**
 * The steps of a block at which a sink may die, in their order. True: the group's offsets then have a plan that is not known
 * to be done, and the next owner inserts it again.
 */
export const stepsOfBlock = {
  'before the plan': false,
  planned: true,
  'half inserted': true,
  inserted: true,
  done: false,
} as const;

/** One of them. */
export type StepOfBlock = keyof typeof stepsOfBlock;
