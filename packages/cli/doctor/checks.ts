import type { Check } from './check.ts';
import { clickHouseAccessChecks, clickHouseChecks } from './clickhouse.ts';
import { brokerChecks, kafkaAccessChecks } from './kafka.ts';
import { topicChecks } from './topics.ts';
import { machineChecks } from './machine.ts';
import { servicesChecks } from './services.ts';
import { settingsChecks } from './settings.ts';

/** What a page needs of a check. */
export type DescribedCheck = Omit<Check<never>, 'find'>;

/** Every check of the doctor, by area. */
export const allChecks: readonly DescribedCheck[] = [
  ...machineChecks,
  ...settingsChecks,
  ...kafkaAccessChecks,
  ...topicChecks,
  ...brokerChecks,
  ...clickHouseAccessChecks,
  ...clickHouseChecks,
  ...servicesChecks,
];
