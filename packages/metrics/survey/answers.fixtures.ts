import type { SurveyAnswered, SurveyDismissed, SurveySent } from '@tidemark/events/types';
import { event } from '../definition/history.fixtures.ts';

type Envelope = 'type' | 'event_id' | 'occurred_at' | 'source' | 'voids';
type Fields = Partial<Omit<SurveyAnswered, Envelope>>;

let count = 0;

const empty = {
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
} as const;

/** An answer of its own response_id, to nps by default. */
export const answered = (time: string, fields: Fields = {}): SurveyAnswered =>
  event<SurveyAnswered>('survey.answered', time, {
    response_id: `r${++count}`,
    instrument: 'nps',
    ...empty,
    ...fields,
  });

/** An invitation, to nps by default. */
export const sent = (time: string, fields: Fields = {}): SurveySent =>
  event<SurveySent>('survey.sent', time, { response_id: 'r', instrument: 'nps', ...empty, ...fields });

/** An invitation is turned down. */
export const dismissed = (time: string, fields: Fields = {}): SurveyDismissed =>
  event<SurveyDismissed>('survey.dismissed', time, {
    response_id: 'r',
    instrument: null,
    ...empty,
    ...fields,
  });
