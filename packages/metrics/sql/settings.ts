/**
 * Settings of the operator that views are written with, as they stand in the SQL. packages/clickhouse puts the values
 * in their place; `viewSettings` there describes them.
 */

/** The time zone whose days, weeks and months the reports have, as a literal. */
export const zone = "'{{REPORTING_TIMEZONE}}'";

/** The currency of reports over several currencies, as a literal. */
export const reportingCurrency = "'{{REPORTING_CURRENCY}}'";

/** What money loses of its worth in a year, a decimal fraction. */
export const discountRate = '{{DISCOUNT_RATE}}';

/** Weights of usage, satisfaction, support, payment and growth in a customer's health, an array. */
export const healthWeights = '[{{HEALTH_WEIGHTS}}]';
