import { all, type ExplainedView, facts, type Parts, ratioFormula, same } from '../sql/explained.ts';
import { healthWeights } from '../sql/settings.ts';

const since = (days: number): string => `at >= now64(3, 'UTC') - toIntervalDay(${days})`;
const customer = same('customer_id');
const parts = ['usage', 'satisfaction', 'support', 'payment', 'growth'];
const weighted = `arraySum((weight, part) -> weight * ifNull(part, 0), ${healthWeights}, [${parts.join(', ')}])`;
const whole = `arraySum((weight, part) -> if(isNull(part), 0, weight), ${healthWeights}, [${parts.join(', ')}])`;

const isOpen = `multiIf(activity IN ('opened', 'reopened'), 1, activity = 'resolved' OR (activity = 'merged' AND resolved_at IS NULL), -1, 0)`;

/** The last answer to each instrument within 180 days. */
const answers = (total: string): Parts => ({
  from: { kind: 'survey_answer' },
  where: all(customer, "instrument IN ('nps', 'csat', 'ces')", since(180), 'isNotNull(percent)'),
  each: { instrument: 'instrument' },
  value: 'argMax(assumeNotNull(percent), (at, sequence, event_id))',
  keep: '1',
  total,
});

/** How the health of a customer comes about: what is known of five parts, weighted. */
export const healthExplained: ExplainedView = {
  key: ['customer_id'],
  ofNow: [...parts, 'health'],
  columns: {
    health: ratioFormula(`${weighted} / ${whole}`, parts),
    usage: ratioFormula('kept_within(rate_of(300 * recent, earlier), 0, 100)', {
      recent: facts('engagement', '1', all(customer, since(30))),
      earlier: facts(
        'engagement',
        '1',
        all(customer, since(120), "at < now64(3, 'UTC') - toIntervalDay(30)"),
      ),
    }),
    satisfaction: ratioFormula('rate_of(percents, answers)', {
      percents: answers('sum(toFloat64(value))'),
      answers: answers('count()'),
    }),
    support: ratioFormula('if(cases > 0, toFloat64(greatest(0, 100 - 20 * open - 10 * reopened)), NULL)', {
      cases: facts('contact_activity', '1', all(customer, "activity = 'opened'", since(180))),
      open: facts('contact_activity', isOpen, customer),
      reopened: facts('contact_activity', '1', all(customer, "activity = 'reopened'", since(90))),
    }),
    payment: {
      from: { kind: 'payment_standing' },
      where: customer,
      each: { at: 'at', standing: 'standing' },
      value: 'any(standing)',
      having: 'sum(sign) > 0',
      keep: '1',
      total:
        "transform(argMax(value, at), ['in_force', 'canceling', 'lost'], [toNullable(100.), 50., 0.], NULL)",
    },
    growth: ratioFormula('50 + 50 * kept_within(rate_of(moved, mrr - moved), -1, 1)', {
      moved: facts('mrr_movement', 'amount', all(customer, since(90))),
      mrr: facts('mrr_movement', 'amount', customer),
    }),
  },
  without: { band: 'what health is called: healthy from 70, watch from 40, else at_risk' },
};
