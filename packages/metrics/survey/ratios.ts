import type { Ratio } from '../sql/ratio.ts';

/** Net promoter score, from -100 to 100. */
export const nps: Ratio = {
  times: 100,
  numerator: { promoters: 1, detractors: -1 },
  denominator: { responses: 1 },
};

/** Net promoter score of persons, each with the last answer (rule 64). */
export const npsOfPersons: Ratio = {
  times: 100,
  numerator: { promoters: 1, detractors: -1 },
  denominator: { respondents: 1 },
};

/** Percentage of answers that are satisfied. */
export const csat: Ratio = { times: 100, numerator: { positive: 1 }, denominator: { responses: 1 } };

/** Of the answers, those who got done what they came for. */
export const completionRate: Ratio = { numerator: { completed: 1 }, denominator: { responses: 1 } };

/** Of the invitations sent, those answered (rule 58). */
export const responseRate: Ratio = { numerator: { answered: 1 }, denominator: { sent: 1 } };
