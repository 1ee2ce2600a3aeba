import type { Ratio, WeightedMean } from '../sql/ratio.ts';

/** Of the cases opened, those resolved on first contact (rule 21). */
export const firstContactRate: Ratio = {
  numerator: { resolved_on_first_contact: 1 },
  denominator: { cases: 1 },
};

/** Seconds from the opening to the last resolution: over the cases resolved. */
export const averageResolution: WeightedMean = { mean: 'average_resolution_seconds', weight: 'resolved' };

/** The same within the hours of support (rule 60). */
export const averageResolutionWorking: WeightedMean = {
  mean: 'average_resolution_working_seconds',
  weight: 'resolved',
};

/** Seconds from the opening to the first response: over the cases responded to (rule 55). */
export const averageFirstResponse: WeightedMean = {
  mean: 'average_first_response_seconds',
  weight: 'responded',
};

/** The same within the hours of support (rule 60). */
export const averageFirstResponseWorking: WeightedMean = {
  mean: 'average_first_response_working_seconds',
  weight: 'responded',
};

/** Seconds from the opening to the first resolution: over the cases resolved. */
export const averageFirstResolution: WeightedMean = {
  mean: 'average_first_resolution_seconds',
  weight: 'resolved',
};
