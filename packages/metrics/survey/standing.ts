import type { SurveyAnswered } from '@tidemark/events/types';

/** What an answer counts as; `''` for what is neither good nor bad, or not known. */
export type Standing = 'promoter' | 'passive' | 'detractor' | 'positive' | 'easy' | 'completed' | '';

/** A score with the ends of its scale. */
export type Scored = { readonly score: number; readonly min: number; readonly max: number };

/**
 * What an answer counts as (rule 37). Shares of the way up a scale are compared without dividing, so that what lies
 * exactly on the line is on it.
 *
 * @param scored `undefined` when there is no score, or no scale.
 */
export function standingOf(
  instrument: SurveyAnswered['instrument'],
  scored: Scored | undefined,
  answer: string | null,
): Standing {
  switch (instrument) {
    case 'nps':
      return scored === undefined ? '' : promotionOf(scored.score);
    case 'csat':
    case 'employee_satisfaction':
      // 6 on 1 to 10, and what is as far up on another scale.
      return scored !== undefined && isUp(scored, 5, 9) ? 'positive' : '';
    case 'ces':
      // 4 on 1 to 5.
      return scored !== undefined && isUp(scored, 3, 4) ? 'easy' : '';
    case 'task_completion':
      return answer === 'yes' ? 'completed' : '';
    case 'visitor_intent':
    case 'feedback':
      return '';
  }
}

/** Whether a score is at least `part` / `whole` of the way up its scale. */
function isUp({ score, min, max }: Scored, part: number, whole: number): boolean {
  return whole * (score - min) >= part * (max - min);
}

function promotionOf(score: number): Standing {
  if (score >= 9) return 'promoter';
  return score >= 7 ? 'passive' : 'detractor';
}
