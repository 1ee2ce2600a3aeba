/** The ratios of the metrics, for all that shows them: live figures, alerts, the history. Views and pages use the same. */
export { abandonmentRate, outcomeAbandonmentRate, shopperAbandonmentRate } from './cart/ratios.ts';
export {
  averageFirstResolution,
  averageFirstResponse,
  averageFirstResponseWorking,
  averageResolution,
  averageResolutionWorking,
  firstContactRate,
} from './contact/ratios.ts';
export { netSentiment } from './mention/ratios.ts';
export { formulaOf, meanSql, type Ratio, ratioOf, ratioSql } from './sql/ratio.ts';
export { churnRate } from './subscription/ratios.ts';
export { nps, responseRate } from './survey/ratios.ts';
