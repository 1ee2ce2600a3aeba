/**
 * Views between two instants: what had been recorded at `since`, and of what was recorded from then until `until` only
 * what has certain causes. What a cause changed is the difference between two of them, so causes add up by themselves:
 * docs/decisions/restatements.md.
 */
import { causes } from '../definition/cause.ts';
import { type Form, instantType, parameter } from './as-of.ts';
import type { Table } from './table.ts';
import { quoted } from './text.ts';

/**
 * What may change a number from one instant to another, in the order in which it is applied: the passing of `time` (periods
 * under way, balances that go on), then the causes of facts. An exchange rate has no cause of its own in the view that it
 * converts: there it is the `rate`.
 */
export const restatementCauses = [
  'time',
  ...causes.slice(0, causes.indexOf('definition')),
  'rate',
  ...causes.slice(causes.indexOf('definition')),
] as const;

const since = parameter('since', instantType);
const until = parameter('until', instantType);

/** The place of a fact's cause among `restatementCauses`, as SQL. One that is not known stands for `unknown`. */
function stepOf({ cause = 'cause' }: Table): string {
  const names = restatementCauses.slice(1);
  const steps = names.map((_, place) => `${place + 1}`);
  return `transform(${cause}, [${names.map(quoted).join(', ')}], [${steps.join(', ')}], ${names.length})`;
}

/** Views between two instants, with the causes up to one of `restatementCauses` by its place, `step`. */
export const restated: Form = {
  suffix: '_restated',
  parameters: { since: instantType, until: instantType, step: 'UInt8' },
  facts: (table) =>
    `SELECT * FROM tidemark_store.${table.name} WHERE recorded_at <= ${since} OR (recorded_at <= ${until} AND ${stepOf(table)} <= ${parameter('step', 'UInt8')})`,
  now: until,
  comment: `What was known at since, and what was recorded from then until until, which is its now, by the first causes of: ${restatementCauses
    .map((cause, place) => `${place} ${cause}`)
    .join(', ')}. The number is the parameter step.`,
};
