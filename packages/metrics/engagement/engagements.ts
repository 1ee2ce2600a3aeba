import type { EngagementRecorded } from '@tidemark/events/types';
import { countBy, to, type CounterChange, type Definition } from '../definition/definition.ts';

/** What the fold over an engagement publishes. */
export const engagementFacts = {
  /** A visit, a login, a message read, a feature used. `duration_ms` is null and the counts are 0 when not given. */
  engagement: {
    engagement_id: 'string',
    engagement_kind: 'string',
    channel: 'string',
    visitor_id: 'string',
    customer_id: 'string',
    duration_ms: 'integer?',
    clicks: 'integer',
    page_views: 'integer',
  },
} as const;

/**
 * Engagement by kind and channel. The first event of an engagement_id counts (rule 24). Only its
 * identity is kept (rule 46). An absent duration stays null (rule 42).
 */
export const engagements: Definition<'unknown' | 'known', EngagementRecorded, typeof engagementFacts> = {
  name: 'engagements',
  version: '1',
  on: 'engagement',
  facts: engagementFacts,
  initial: 'unknown',
  due: () => undefined,
  // Its event is all there is of it.
  ended: () => true,
  step(state, input) {
    if (state === 'known') return to(state);
    switch (input.type) {
      case 'engagement.recorded':
        return to('known', {
          kind: 'engagement',
          at: input.occurred_at,
          engagement_id: input.engagement_id,
          engagement_kind: input.kind,
          channel: input.channel ?? '',
          visitor_id: input.visitor_id ?? '',
          customer_id: input.customer_id ?? '',
          duration_ms: input.duration_ms,
          clicks: input.clicks ?? 0,
          page_views: input.page_views ?? 0,
        });
      case 'tick':
        return to(state);
    }
  },
  counters: { engagements: countBy('kind', 'channel'), page_views: countBy('channel') },
  count({ engagement_kind, channel, page_views }) {
    const changes: CounterChange[] = [{ series: ['engagements', engagement_kind, channel], by: 1n }];
    if (page_views !== 0) changes.push({ series: ['page_views', channel], by: BigInt(page_views) });
    return changes;
  },
};
