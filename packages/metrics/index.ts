import { cartOutcomes } from './cart/index.ts';
import { contacts } from './contact/index.ts';
import { costs } from './cost/index.ts';
import { engagements } from './engagement/index.ts';
import { define, type Columns, type Definition } from './definition/definition.ts';
import { mentions } from './mention/index.ts';
import { loyalty, sales } from './purchase/index.ts';
import { readings } from './reading/index.ts';
import { referrals } from './referral/index.ts';
import { defaultMetricSettings, type MetricSettings } from './settings.ts';
import { subscriptionDefinition } from './subscription/index.ts';
import { surveys } from './survey/index.ts';

/** Every metric of the pipeline: the one place where a definition is added. */
export function definitionsWith(settings: MetricSettings): readonly Definition[] {
  return [
    define(subscriptionDefinition),
    define(sales),
    define(loyalty(settings.lapseAfterMs)),
    define(cartOutcomes(settings.cartAbandonAfterMs)),
    define(contacts(settings.fcrWindowMs)),
    define(mentions),
    define(surveys),
    define(engagements),
    define(referrals),
    define(costs),
    define(readings),
  ];
}

/** The columns of every kind of fact that the definitions publish; settings do not change them. */
export const factKinds: ReadonlyMap<string, Columns> = new Map(
  definitionsWith(defaultMetricSettings).flatMap(({ facts }) => Object.entries(facts)),
);
