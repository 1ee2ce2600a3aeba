import { usualScales } from '@tidemark/events/rules';
import type { SurveyAnswered, SurveyEvent, SurveySent, SurveyVoided } from '@tidemark/events/types';
import {
  countBy,
  to,
  type CounterChange,
  type Definition,
  type FactOf,
  type Instant,
  type Step,
} from '../definition/definition.ts';
import { standingOf, type Standing } from './standing.ts';

/** What the fold over an answer publishes. */
export const surveyFacts = {
  /**
   * An answer to a survey, when it was given. `standing` is what it counts as: of nps `promoter`, `passive`, `detractor`;
   * of csat and employee_satisfaction `positive`, of ces `easy`, of task_completion `completed`, else `''`. `score` is as
   * given, `scaled_score` on the instrument's usual scale, `percent` 0–100; null where the instrument has no scale.
   * `sequence` and `event_id` order answers of one millisecond.
   */
  survey_answer: {
    response_id: 'string',
    instrument: 'string',
    touchpoint: 'string',
    customer_id: 'string',
    visitor_id: 'string',
    answer: 'string',
    standing: 'string',
    score: 'float?',
    scaled_score: 'float?',
    percent: 'float?',
    sequence: 'integer',
    event_id: 'string',
  },
  /** One theme of a feedback, `''` when it names none; a theme named twice is one. */
  feedback_theme: {
    response_id: 'string',
    touchpoint: 'string',
    customer_id: 'string',
    theme: 'string',
    sentiment: 'string',
  },
  /**
   * What became of an invitation that was sent at `sent_at`: `activity` is `sent`, `answered` or `dismissed`, each once.
   * Instrument and touchpoint are those of the invitation.
   */
  survey_invitation: {
    response_id: 'string',
    instrument: 'string',
    touchpoint: 'string',
    activity: 'string',
    sent_at: 'instant',
  },
} as const;

type SurveyFact = FactOf<typeof surveyFacts>;

/** What an invitation says of its row. */
type Invitation = {
  readonly response_id: string;
  readonly instrument: string;
  readonly touchpoint: string;
  readonly sent_at: Instant;
};

/** What is known under one response_id: the invitation, and which of the others have come. */
type Response = {
  readonly invitation: Invitation | undefined;
  readonly answered: boolean;
  readonly dismissed: boolean;
};

type ResponseEvent = Exclude<SurveyEvent, SurveyVoided>;

/**
 * Answers to surveys, each instrument for itself, and what becomes of invitations (rule 58). The first event of each type
 * of a response_id counts (rule 24).
 */
export const surveys: Definition<Response, ResponseEvent, typeof surveyFacts> = {
  name: 'surveys',
  version: '2',
  on: 'survey',
  facts: surveyFacts,
  initial: { invitation: undefined, answered: false, dismissed: false },
  due: () => undefined,
  // Nothing of it is waited for: whoever was asked may never answer.
  ended: () => true,
  step(response, input): Step<Response, SurveyFact> {
    switch (input.type) {
      case 'survey.answered': {
        if (response.answered) return to(response);
        return to(
          { ...response, answered: true },
          answerOf(input),
          ...themesOf(input),
          ...becameOf(response.invitation, 'answered', input.occurred_at),
        );
      }
      case 'survey.dismissed':
        if (response.dismissed) return to(response);
        return to(
          { ...response, dismissed: true },
          ...becameOf(response.invitation, 'dismissed', input.occurred_at),
        );
      case 'survey.sent': {
        if (response.invitation !== undefined) return to(response);
        const { occurred_at: at } = input;
        const invitation = invitationOf(input);
        return to(
          { ...response, invitation },
          ...becameOf(invitation, 'sent', at),
          // The clock of who answers may be behind that of who asks.
          ...(response.answered ? becameOf(invitation, 'answered', at) : []),
          ...(response.dismissed ? becameOf(invitation, 'dismissed', at) : []),
        );
      }
      case 'tick':
        return to(response);
    }
  },
  counters: {
    surveys_answered: countBy('instrument'),
    nps_promoters: countBy('touchpoint'),
    nps_passives: countBy('touchpoint'),
    nps_detractors: countBy('touchpoint'),
    csat_responses: countBy('touchpoint'),
    csat_positive: countBy('touchpoint'),
    ces_responses: countBy('touchpoint'),
    ces_easy: countBy('touchpoint'),
  },
  count(fact) {
    if (fact.kind !== 'survey_answer') return [];
    const { instrument, touchpoint, standing } = fact;
    const changes: CounterChange[] = [{ series: ['surveys_answered', instrument], by: 1n }];
    if (instrument === 'csat') changes.push({ series: ['csat_responses', touchpoint], by: 1n });
    if (instrument === 'ces') changes.push({ series: ['ces_responses', touchpoint], by: 1n });
    const counter = counterOf[`${instrument} ${standing}`];
    if (counter !== undefined) changes.push({ series: [counter, touchpoint], by: 1n });
    return changes;
  },
};

/** What became of an invitation, if there is one: an answer without is in no rate (rule 58). */
function becameOf(
  invitation: Invitation | undefined,
  activity: 'sent' | 'answered' | 'dismissed',
  at: Instant,
): readonly SurveyFact[] {
  return invitation === undefined ? [] : [{ kind: 'survey_invitation', at, ...invitation, activity }];
}

function invitationOf({ response_id, instrument, touchpoint, occurred_at }: SurveySent): Invitation {
  return { response_id, instrument, touchpoint: touchpoint ?? '', sent_at: occurred_at };
}

/** The live series of an instrument's standing. */
const counterOf: { readonly [standing: `${string} ${string}`]: string | undefined } = {
  'nps promoter': 'nps_promoters',
  'nps passive': 'nps_passives',
  'nps detractor': 'nps_detractors',
  'csat positive': 'csat_positive',
  'ces easy': 'ces_easy',
};

function answerOf(event: SurveyAnswered): SurveyFact {
  const { instrument, score, answer } = event;
  const usual = usualScales[instrument];
  const min = event.scale_min ?? usual?.[0];
  const max = event.scale_max ?? usual?.[1];
  const isScored = score !== null && usual !== undefined && min !== undefined && max !== undefined;
  const scored = isScored ? { score, min, max } : undefined;
  const standing: Standing = standingOf(instrument, scored, answer);
  return {
    kind: 'survey_answer',
    at: event.occurred_at,
    response_id: event.response_id,
    instrument,
    touchpoint: event.touchpoint ?? '',
    customer_id: event.customer_id ?? '',
    visitor_id: event.visitor_id ?? '',
    answer: answer ?? '',
    standing,
    score,
    scaled_score: isScored ? rescaled({ score, min, max }, usual[0], usual[1]) : null,
    percent: isScored ? rescaled({ score, min, max }, 0, 100) : null,
    sequence: event.sequence,
    event_id: event.event_id,
  };
}

/** Rescales a score to another scale (rule 37). Multiplied before divided, so that a score on the scale it is asked for comes out as it went in. */
function rescaled(
  { score, min, max }: { readonly score: number; readonly min: number; readonly max: number },
  low: number,
  high: number,
): number {
  return low + ((high - low) * (score - min)) / (max - min);
}

/** One count per theme, `''` when there is none (rule 38); `''` for a sentiment that was not given (rule 52). */
function themesOf(event: SurveyAnswered): readonly SurveyFact[] {
  if (event.instrument !== 'feedback') return [];
  const themes = event.themes.length === 0 ? [''] : [...new Set(event.themes)];
  return themes.map((theme) => ({
    kind: 'feedback_theme',
    at: event.occurred_at,
    response_id: event.response_id,
    touchpoint: event.touchpoint ?? '',
    customer_id: event.customer_id ?? '',
    theme,
    sentiment: event.sentiment ?? '',
  }));
}
