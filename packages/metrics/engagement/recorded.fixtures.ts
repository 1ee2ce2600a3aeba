import type { EngagementRecorded } from '@tidemark/events/types';
import { event } from '../definition/history.fixtures.ts';

type Fields = Partial<Omit<EngagementRecorded, 'type' | 'event_id' | 'occurred_at' | 'source' | 'voids'>>;

let count = 0;

/** An engagement of its own engagement_id, a visit by default. */
export const recorded = (time: string, fields: Fields = {}): EngagementRecorded =>
  event<EngagementRecorded>('engagement.recorded', time, {
    engagement_id: `g${++count}`,
    kind: 'visit',
    visitor_id: null,
    customer_id: null,
    duration_ms: null,
    clicks: null,
    page_views: null,
    channel: null,
    ...fields,
  });
