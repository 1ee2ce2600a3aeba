/** How many ids are erased at once, so that the histories fit in memory. */
export const customersMax = 10_000;

/** Characters of an id, as in events. */
export const idLengthMax = 256;
