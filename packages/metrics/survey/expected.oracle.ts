/** Answers to surveys, each instrument for itself, touchpoints never mixed. Rule 24, rule 37, rule 38, rule 58, rule 64. */
import {
  type ContractEvent,
  type Row,
  type Settings,
  count,
  grouped,
  mean,
  number,
  ratio,
  text,
  counted,
  word,
} from '../oracle/base.oracle.ts';
import type { ExpectedViews, Given } from '../oracle/expected.oracle.ts';
import { type Unit, dateOf, periodOf, periods } from '../oracle/calendar.oracle.ts';

/** An answer to a survey; `at` is in milliseconds since the epoch, `score` from `min` to `max`. */
export type Answer = {
  readonly at: number;
  readonly instrument: string;
  readonly touchpoint: string;
  readonly customer: string | null;
  /** The person who answered, to find two answers of one person: the visitor, else the customer. */
  readonly who: string | null;
  /** The person for a score of persons: the customer, else the visitor. */
  readonly person: string | null;
  readonly score: number;
  readonly min: number;
  readonly max: number;
  readonly answer: string;
  readonly sentiment: string;
  readonly themes: readonly string[];
};

const scales: Readonly<Record<string, readonly [number, number]>> = {
  nps: [0, 10],
  csat: [1, 10],
  employee_satisfaction: [1, 10],
  ces: [1, 5],
};

function answerOf(at: number, raw: ContractEvent): Answer {
  const instrument = word(raw, 'instrument');
  const [min, max] = scales[instrument] ?? [0, 0];
  const visitor = text(raw, 'visitor_id');
  const customer = text(raw, 'customer_id');
  const themes = raw['themes'];
  return {
    at,
    instrument,
    touchpoint: text(raw, 'touchpoint') ?? '',
    customer,
    who: visitor === null ? customer && `customer ${customer}` : `visitor ${visitor}`,
    person: customer === null ? visitor && `visitor ${visitor}` : `customer ${customer}`,
    score: number(raw, 'score') ?? 0,
    min: number(raw, 'scale_min') ?? min,
    max: number(raw, 'scale_max') ?? max,
    answer: text(raw, 'answer') ?? '',
    sentiment: text(raw, 'sentiment') ?? '',
    themes: Array.isArray(themes) ? themes.map(String) : [],
  };
}

/** The answers that count, in order: the first under each response id. */
export function answers({ events, settings: { now } }: Given): Answer[] {
  const seen = new Set<string>();
  return counted(events, 'survey', 'response_id', now).flatMap((event) => {
    if (event.verb !== 'answered' || seen.has(event.key)) return [];
    seen.add(event.key);
    return [answerOf(event.at, event.raw)];
  });
}

/** How far up its scale a score is, 0 to 1. */
export const fraction = ({ score, min, max }: Answer): number => (score - min) / (max - min);

function perTouchpoint(
  all: readonly Answer[],
  instrument: string,
  unit: Unit,
  zone: string,
  row: (some: readonly Answer[]) => Row,
): Row[] {
  const mine = all.filter((one) => one.instrument === instrument);
  const groups = grouped(mine, ({ at, touchpoint }) =>
    JSON.stringify([periodOf(at, unit, zone), touchpoint]),
  );
  return [...groups].map(([group, some]) => {
    const [key, touchpoint] = JSON.parse(group) as [string, string];
    return { [unit === 'day' ? 'date' : 'month']: key, touchpoint, responses: some.length, ...row(some) };
  });
}

/** Net promoter score: per cent that promote less per cent that detract. */
export const npsView = (all: readonly Answer[], unit: Unit, { zone }: Settings): Row[] =>
  perTouchpoint(all, 'nps', unit, zone, (some) => {
    const promoters = count(some, ({ score }) => score >= 9);
    const passives = count(some, ({ score }) => score === 7 || score === 8);
    const detractors = count(some, ({ score }) => score <= 6);
    return { promoters, passives, detractors, nps: (100 * (promoters - detractors)) / some.length };
  });

const personDays = 90;

/** The score of persons: the last answer of each customer, else visitor, in the 90 days up to the end of each month, or now. */
export function npsByPersonView(all: readonly Answer[], { now, zone }: Settings): Row[] {
  const asked = all.filter(({ instrument, person }) => instrument === 'nps' && person !== null);
  const [first] = asked;
  if (first === undefined) return [];
  return periods(first.at, now, 'month', zone).flatMap(({ key: month, end }) => {
    const until = Math.min(end, now);
    const recent = asked.filter(({ at }) => at < until && at >= until - personDays * 86_400_000);
    return [...grouped(recent, ({ touchpoint }) => touchpoint)].map(([touchpoint, here]) => {
      const last = [...grouped(here, ({ person }) => person ?? '').values()].flatMap(
        (mine) => mine.at(-1) ?? [],
      );
      const promoters = count(last, ({ score }) => score >= 9);
      const detractors = count(last, ({ score }) => score <= 6);
      const passives = last.length - promoters - detractors;
      const nps = (100 * (promoters - detractors)) / last.length;
      return { month, touchpoint, respondents: last.length, promoters, passives, detractors, nps };
    });
  });
}

/** Per cent satisfied, and the mean score on 1–10; of customers or of employees. */
export const satisfactionView = (
  all: readonly Answer[],
  instrument: 'csat' | 'employee_satisfaction',
  unit: Unit,
  { zone }: Settings,
): Row[] =>
  perTouchpoint(all, instrument, unit, zone, (some) => {
    const positive = count(some, ({ score, min, max }) => 9 * (score - min) >= 5 * (max - min));
    return {
      positive,
      csat: (100 * positive) / some.length,
      average_score: mean(some, (one) => 1 + 9 * fraction(one)),
    };
  });

/** Effort: the mean score on 1–5, lower being harder, and the share that found it easy. */
export const effortView = (all: readonly Answer[], unit: Unit, { zone }: Settings): Row[] =>
  perTouchpoint(all, 'ces', unit, zone, (some) => ({
    average_score: mean(some, (one) => 1 + 4 * fraction(one)),
    easy_share: ratio(
      count(some, ({ score, min, max }) => 4 * (score - min) >= 3 * (max - min)),
      some.length,
    ),
  }));

/** Whether people did what they came for. */
export const taskView = (all: readonly Answer[], { zone }: Settings): Row[] =>
  perTouchpoint(all, 'task_completion', 'day', zone, (some) => {
    const completed = count(some, ({ answer }) => answer === 'yes');
    return { completed, completion_rate: ratio(completed, some.length) };
  });

/** What people came for, and of those who also answered that: whether they got it done. */
export function intentView(all: readonly Answer[], { zone }: Settings): Row[] {
  const place = ({ at, touchpoint }: Answer): string => JSON.stringify([dateOf(at, zone), touchpoint]);
  const tasks = all.filter(({ instrument }) => instrument === 'task_completion');
  const intents = all.filter(({ instrument }) => instrument === 'visitor_intent');
  const firstTask = (intent: Answer): Answer | undefined =>
    intent.who === null
      ? undefined
      : tasks.find((task) => task.who === intent.who && place(task) === place(intent));
  return [...grouped(intents, place)].flatMap(([where, here]) => {
    const [date, touchpoint] = JSON.parse(where) as [string, string];
    return [...grouped(here, ({ answer }) => answer)].map(([answer, some]) => {
      const done = some.flatMap((intent) => firstTask(intent) ?? []);
      return {
        date,
        touchpoint,
        answer,
        responses: some.length,
        share: ratio(some.length, here.length),
        completion_rate: ratio(
          count(done, (task) => task.answer === 'yes'),
          done.length,
        ),
      };
    });
  });
}

/** What feedback speaks of; a response counts once under each of its themes. */
export function feedbackView(all: readonly Answer[], { zone }: Settings): Row[] {
  const spoken = all
    .filter(({ instrument }) => instrument === 'feedback')
    .flatMap(({ at, themes, sentiment }) =>
      [...new Set(themes.length === 0 ? [''] : themes)].map((theme) => [dateOf(at, zone), theme, sentiment]),
    );
  return [...grouped(spoken, (one) => JSON.stringify(one)).values()].flatMap((some) => {
    const [date = '', theme = '', sentiment = ''] = some[0] ?? [];
    return { date, theme, sentiment, comments: some.length };
  });
}

/** What became of the invitations of each day: under each response id the first of a kind counts. */
export function responseView({ events, settings: { now, zone } }: Given): Row[] {
  const histories = grouped(counted(events, 'survey', 'response_id', now), (event) => event.key);
  const asked = [...histories.values()].flatMap((history) => {
    const sent = history.find(({ verb }) => verb === 'sent');
    if (sent === undefined) return [];
    return {
      group: [dateOf(sent.at, zone), word(sent.raw, 'instrument'), text(sent.raw, 'touchpoint') ?? ''],
      answered: history.some(({ verb }) => verb === 'answered'),
      dismissed: history.some(({ verb }) => verb === 'dismissed'),
    };
  });
  return [...grouped(asked, ({ group }) => JSON.stringify(group)).values()].flatMap((some) => {
    const [date = '', instrument = '', touchpoint = ''] = some[0]?.group ?? [];
    const answered = count(some, (one) => one.answered);
    const dismissed = count(some, (one) => one.dismissed);
    const response_rate = ratio(answered, some.length);
    return { date, instrument, touchpoint, sent: some.length, answered, dismissed, response_rate };
  });
}

const byTouchpoint = (period: 'date' | 'month'): string[] => [period, 'touchpoint'];

/** What the views of surveys should show. */
export const expected: ExpectedViews = {
  nps_daily: {
    key: byTouchpoint('date'),
    rows: (given) => npsView(given.once(answers), 'day', given.settings),
  },
  nps_monthly: {
    key: byTouchpoint('month'),
    rows: (given) => npsView(given.once(answers), 'month', given.settings),
  },
  nps_by_person_monthly: {
    key: byTouchpoint('month'),
    rows: (given) => npsByPersonView(given.once(answers), given.settings),
  },
  csat_daily: {
    key: byTouchpoint('date'),
    rows: (given) => satisfactionView(given.once(answers), 'csat', 'day', given.settings),
  },
  csat_monthly: {
    key: byTouchpoint('month'),
    rows: (given) => satisfactionView(given.once(answers), 'csat', 'month', given.settings),
  },
  ces_daily: {
    key: byTouchpoint('date'),
    rows: (given) => effortView(given.once(answers), 'day', given.settings),
  },
  ces_monthly: {
    key: byTouchpoint('month'),
    rows: (given) => effortView(given.once(answers), 'month', given.settings),
  },
  employee_satisfaction_monthly: {
    key: byTouchpoint('month'),
    rows: (given) => satisfactionView(given.once(answers), 'employee_satisfaction', 'month', given.settings),
  },
  task_completion_daily: {
    key: byTouchpoint('date'),
    rows: (given) => taskView(given.once(answers), given.settings),
  },
  visitor_intent_daily: {
    key: [...byTouchpoint('date'), 'answer'],
    rows: (given) => intentView(given.once(answers), given.settings),
  },
  survey_response_daily: { key: [...byTouchpoint('date'), 'instrument'], rows: responseView },
  feedback_daily: {
    key: ['date', 'theme', 'sentiment'],
    rows: (given) => feedbackView(given.once(answers), given.settings),
  },
};
