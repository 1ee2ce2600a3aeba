import { bucketOf, factTable, rollup, type Table } from '../sql/table.ts';
import { surveyFacts } from './surveys.ts';

/** Facts of answers and what adds up of them. */
export const surveyTables: readonly Table[] = [
  factTable('survey_answer', surveyFacts.survey_answer, {
    partitionBy: 'toYear(at)',
    orderBy: '(instrument, at)',
  }),
  factTable('feedback_theme', surveyFacts.feedback_theme, {
    partitionBy: 'toYear(at)',
    orderBy: 'at',
  }),
  factTable('survey_invitation', surveyFacts.survey_invitation, {
    partitionBy: 'toYear(at)',
    orderBy: 'at',
  }),
  rollup('survey_15m', {
    why: `Answers are counted per score, not their scores added up: what is retracted then leaves nothing behind, which sums
of fractions would. There are few scores on a scale.`,
    columns: `bucket DateTime('UTC'), instrument String, touchpoint String, standing String, scaled_score Float64, answers Int64`,
    engine: 'SummingMergeTree(answers)',
    orderBy: '(instrument, bucket, touchpoint, standing, scaled_score)',
    from: {
      survey_answer: `SELECT ${bucketOf('at')} AS bucket, instrument, touchpoint, standing,
  ifNull(a.scaled_score, 0) AS scaled_score, sum(toInt64(sign)) AS answers
FROM tidemark_store.survey_answer AS a
WHERE instrument NOT IN ('visitor_intent', 'feedback')
GROUP BY bucket, instrument, touchpoint, standing, scaled_score`,
    },
  }),
  rollup('invitation_15m', {
    why: 'By the time the invitation was sent.',
    columns: `bucket DateTime('UTC'), instrument String, touchpoint String, sent Int64, answered Int64, dismissed Int64`,
    orderBy: '(bucket, instrument, touchpoint)',
    from: {
      survey_invitation: `SELECT ${bucketOf('sent_at')} AS bucket, instrument, touchpoint,
  sumIf(toInt64(sign), activity = 'sent') AS sent, sumIf(toInt64(sign), activity = 'answered') AS answered,
  sumIf(toInt64(sign), activity = 'dismissed') AS dismissed
FROM tidemark_store.survey_invitation
GROUP BY bucket, instrument, touchpoint`,
    },
  }),
  rollup('feedback_15m', {
    columns: `bucket DateTime('UTC'), theme String, sentiment String, comments Int64`,
    orderBy: '(bucket, theme, sentiment)',
    from: {
      feedback_theme: `SELECT ${bucketOf('at')} AS bucket, theme, sentiment, sum(toInt64(sign)) AS comments
FROM tidemark_store.feedback_theme
GROUP BY bucket, theme, sentiment`,
    },
  }),
];
