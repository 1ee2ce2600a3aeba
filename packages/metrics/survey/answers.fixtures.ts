import type { SurveyAnswered } from '@tidemark/events/types';
import { event } from '../definition/history.fixtures.ts';

type Fields = Partial<Omit<SurveyAnswered, 'type' | 'event_id' | 'occurred_at' | 'source' | 'voids'>>;

let count = 0;

/** An answer of its own response_id, to nps by default. */
export const answered = (time: string, fields: Fields = {}): SurveyAnswered =>
  event<SurveyAnswered>('survey.answered', time, {
    response_id: `r${++count}`,
    instrument: 'nps',
    customer_id: null,
    visitor_id: null,
    score: null,
    scale_min: null,
    scale_max: null,
    answer: null,
    touchpoint: null,
    themes: [],
    sentiment: null,
    comment: null,
    ...fields,
  });
