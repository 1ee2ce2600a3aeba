import { isFamily, retentionMs, type Family, type Retention } from '@tidemark/events/families';
import { must, parseDuration, text } from '@tidemark/service/settings';

/** `cart=800d,contact=unlimited`; `undefined` when it is none. Families that are not named keep the contract's. */
function parsed(given: string): Retention | undefined {
  const named: { [F in Family]?: number | undefined } = {};
  for (const part of given === '' ? [] : given.split(',')) {
    const [family = '', age = '', ...rest] = part.split('=').map((one) => one.trim());
    const ageMs = age === 'unlimited' ? Infinity : parseDuration(age);
    if (!isFamily(family) || family in named || ageMs === undefined || rest.length > 0) return undefined;
    named[family] = ageMs === Infinity ? undefined : ageMs;
  }
  return { ...retentionMs, ...named };
}

/** How old events may be when they are received: the collector and the processor take the same. */
export const retentionSettings = {
  EVENT_RETENTION: must(
    text(
      'How old events of a family may be when they are received, where it is not what the contract says (docs/contract/families.md); longer to load the past. The same for collector and processor.',
      '',
    ),
    'families with a time, such as cart=800d,contact=unlimited, or nothing',
    (given) => parsed(given) !== undefined,
  ),
};

/** The retention that a value of `EVENT_RETENTION` stands for. */
export function retentionIn(given: string): Retention {
  return parsed(given) ?? retentionMs;
}
