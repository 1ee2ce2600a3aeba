import type { ContractEvent, Json, Row } from '@tidemark/metrics/oracle/base.oracle';
import { eventAt } from '@tidemark/metrics/oracle/events.fixtures';
import { type Example, type Read, many } from './example.ts';

/** Carts of a day, and what becomes of them. */
export function carts(day: string): Example {
  const cart = (n: number, type: string, time: string): ContractEvent =>
    eventAt(`cart.${type}`, `${day}T${time}`, {
      cart_id: `worked ${n}`,
      value: 1000,
      currency: 'USD',
      customer_id: `worked ${n % 4}`,
    });
  return {
    says: '10 carts filled by 4 customers (rule 59), 3 checked out within the window (one exactly after 30 minutes), 1 two hours later, 6 left',
    events: [
      ...many(10, (n) => cart(n, 'created', '10:00')),
      cart(0, 'checked_out', '10:05'),
      cart(1, 'checked_out', '10:29:59.999'),
      cart(2, 'checked_out', '10:30'),
      cart(3, 'checked_out', '12:00'),
    ],
    reads: [
      {
        view: 'cart_abandonment_daily',
        where: { date: day },
        row: { carts: 10, converted: 4, recovered: 1, abandoned: 6, open: 0, abandonment_rate: 0.6 },
      },
      {
        view: 'cart_abandonment_by_customer_daily',
        where: { date: day },
        row: { shoppers: 4, converted: 4, abandoned: 0, abandonment_rate: 0 },
      },
    ],
  };
}

/** Answers of a day. */
export function answers(day: string): Example {
  const nps = (n: number, touchpoint: string, score: number): ContractEvent =>
    eventAt('survey.answered', day, {
      response_id: `${touchpoint} ${n}`,
      instrument: 'nps',
      touchpoint,
      score,
    });
  const read = (touchpoint: string, row: Row): Read => ({
    view: 'nps_daily',
    where: { date: day, touchpoint },
    row,
  });
  return {
    says: '60 % promoters, 10 % detractors → NPS 50; only detractors → −100; touchpoints are never mixed; 5 of 8 asked answer (rule 58)',
    events: [
      ...many(8, (n) =>
        eventAt('survey.sent', day, { response_id: `shop ${n + 5}`, instrument: 'nps', touchpoint: 'asked' }),
      ),
      eventAt('survey.dismissed', day, { response_id: 'shop 12' }),
      ...many(6, (n) => nps(n, 'shop', 9 + (n % 2))),
      ...many(3, (n) => nps(6 + n, 'shop', 7)),
      nps(9, 'shop', 6),
      ...many(3, (n) => nps(n, 'phone', n)),
    ],
    reads: [
      read('shop', { responses: 10, promoters: 6, passives: 3, detractors: 1, nps: 50 }),
      {
        view: 'survey_response_daily',
        where: { date: day, instrument: 'nps', touchpoint: 'asked' },
        row: { sent: 8, answered: 5, dismissed: 1, response_rate: 0.625 },
      },
      read('phone', { responses: 3, promoters: 0, detractors: 3, nps: -100 }),
    ],
  };
}

/** Cases of a day. */
export function cases(day: string): Example {
  const contact = (
    id: string,
    type: string,
    time: string,
    fields: Record<string, Json> = {},
  ): ContractEvent =>
    eventAt(`contact.${type}`, `${day}T${time}`, { case_id: id, channel: 'in_person', ...fields });
  return {
    says: 'a first "resolved" opens and resolves in 0 s; an answer in between is no first contact; the first reply is the response; a merged case is in no rate (rule 20, rule 21, rule 55, rule 61)',
    events: [
      contact('at once', 'resolved', '10:00'),
      contact('twice', 'opened', '10:00'),
      contact('twice', 'merged', '10:05', { into_case_id: 'quick' }),
      contact('quick', 'opened', '10:00'),
      contact('quick', 'resolved', '10:10'),
      contact('asks again', 'opened', '10:00'),
      contact('asks again', 'message', '10:05', { direction: 'inbound' }),
      contact('asks again', 'message', '10:10', { direction: 'outbound' }),
      contact('asks again', 'resolved', '10:20'),
    ],
    reads: [
      {
        view: 'contact_resolution_daily',
        where: { date: day, channel: 'in_person' },
        row: { resolved: 3, average_resolution_seconds: 600, median_resolution_seconds: 600 },
      },
      {
        view: 'first_contact_resolution_daily',
        where: { date: day, channel: 'in_person' },
        row: { cases: 3, resolved_on_first_contact: 2, fcr_rate: 2 / 3 },
      },
      {
        view: 'contact_response_daily',
        where: { date: day, channel: 'in_person' },
        row: { cases: 4, responded: 1, average_first_response_seconds: 600, unanswered: 0 },
      },
      {
        view: 'contact_volume_daily',
        where: { date: day, channel: 'in_person' },
        row: { opened: 4, resolved: 3, merged: 1, backlog: 0 },
      },
    ],
  };
}

/** Answers of other kinds than whether one would recommend, of a day. */
export function opinions(day: string): Example {
  const answer = (id: string, instrument: string, fields: Record<string, Json>): ContractEvent =>
    eventAt('survey.answered', day, { response_id: id, instrument, touchpoint: 'desk', ...fields });
  const read = (view: string, row: Row, where: Row = { date: day, touchpoint: 'desk' }): Read => ({
    view,
    where,
    row,
  });
  return {
    says: 'CSAT: 6 on 1–10 is positive, and so is 4 on 1–5; CES on 1–5; tasks, intents and themes',
    events: [
      answer('c1', 'csat', { score: 6 }),
      answer('c2', 'csat', { score: 5 }),
      answer('c3', 'csat', { score: 4, scale_min: 1, scale_max: 5 }),
      answer('c4', 'csat', { score: 1 }),
      answer('e1', 'ces', { score: 5 }),
      answer('e2', 'ces', { score: 2 }),
      answer('s1', 'employee_satisfaction', { score: 8 }),
      answer('t1', 'task_completion', { answer: 'yes', visitor_id: 'v1' }),
      answer('t2', 'task_completion', { answer: 'no', visitor_id: 'v2' }),
      answer('i1', 'visitor_intent', { answer: 'buy', visitor_id: 'v1' }),
      answer('i2', 'visitor_intent', { answer: 'buy', visitor_id: 'v2' }),
      answer('i3', 'visitor_intent', { answer: 'help', visitor_id: 'v3' }),
      answer('f1', 'feedback', { themes: ['price', 'speed'], sentiment: 'negative' }),
      answer('n1', 'nps', { score: 8, customer_id: 'subscriber 5' }),
    ],
    reads: [
      // (6 + 5 + 7.75 + 1) ÷ 4.
      read('csat_daily', { responses: 4, positive: 2, csat: 50, average_score: 4.9375 }),
      read('ces_daily', { responses: 2, average_score: 3.5, easy_share: 0.5 }),
      read(
        'employee_satisfaction_monthly',
        { responses: 1, positive: 1, csat: 100, average_score: 8 },
        { month: `${day.slice(0, 7)}-01`, touchpoint: 'desk' },
      ),
      read('task_completion_daily', { responses: 2, completed: 1, completion_rate: 0.5 }),
      read(
        'visitor_intent_daily',
        { responses: 2, share: 2 / 3, completion_rate: 0.5 },
        { date: day, touchpoint: 'desk', answer: 'buy' },
      ),
      read('feedback_daily', { comments: 1 }, { date: day, theme: 'speed', sentiment: 'negative' }),
      // Payment 100 and satisfaction 80, each of 20 %: nothing else is known of this one.
      read(
        'customer_health',
        { health: 90, satisfaction: 80, payment: 100, usage: null, support: null, band: 'healthy' },
        { customer_id: 'subscriber 5' },
      ),
    ],
  };
}

/** What people do on a day. */
export function engaged(day: string): Example {
  const engagement = (id: string, fields: Record<string, Json>): ContractEvent =>
    eventAt('engagement.recorded', day, { engagement_id: id, channel: 'worked', ...fields });
  return {
    says: 'two visits of one visitor, 1.5 s each that say so: 2 visits, 1 visitor, 1.5 s on average',
    events: [
      engagement('1', { kind: 'visit', visitor_id: 'v', duration_ms: 1500, clicks: 2 }),
      engagement('2', { kind: 'visit', visitor_id: 'v', page_views: 3 }),
      engagement('3', { kind: 'login', customer_id: 'someone' }),
    ],
    reads: [
      {
        view: 'engagement_daily',
        where: { date: day, channel: 'worked' },
        row: {
          visits: 2,
          visitors: 1,
          total_duration_seconds: 1.5,
          average_duration_seconds: 1.5,
          clicks: 2,
          page_views: 3,
          logins: 1,
        },
      },
    ],
  };
}
