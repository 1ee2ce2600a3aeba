import type { MentionObserved } from '@tidemark/events/types';
import { countBy, to, type Definition } from '../definition/definition.ts';

/** What the fold over a mention publishes. */
export const mentionFacts = {
  /** Someone spoke of the brand in public. `reach` is 0 and `recommends` false when not given. */
  mention: {
    mention_id: 'string',
    customer_id: 'string',
    channel: 'string',
    sentiment: 'string',
    topic: 'string',
    reach: 'integer',
    recommends: 'flag',
  },
} as const;

/**
 * Mentions by channel and sentiment, with their reach. The first event of a mention_id counts
 * (rule 24). Only its identity is kept (rule 46).
 */
export const mentions: Definition<'unheard' | 'heard', MentionObserved, typeof mentionFacts> = {
  name: 'mentions',
  version: '1',
  on: 'mention',
  facts: mentionFacts,
  initial: 'unheard',
  due: () => undefined,
  // Its event is all there is of it.
  ended: () => true,
  step(state, input) {
    if (state === 'heard') return to(state);
    switch (input.type) {
      case 'mention.observed':
        return to('heard', {
          kind: 'mention',
          at: input.occurred_at,
          mention_id: input.mention_id,
          customer_id: input.customer_id ?? '',
          channel: input.channel,
          sentiment: input.sentiment,
          topic: input.topic ?? '',
          reach: input.reach ?? 0,
          recommends: input.recommends ?? false,
        });
      case 'tick':
        return to(state);
    }
  },
  counters: { mentions: countBy('channel', 'sentiment'), mention_reach: countBy('channel', 'sentiment') },
  count: ({ channel, sentiment, reach }) => [
    { series: ['mentions', channel, sentiment], by: 1n },
    { series: ['mention_reach', channel, sentiment], by: BigInt(reach) },
  ],
};
