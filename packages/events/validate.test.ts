import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeEvent, encodeEvent } from './codec.ts';
import { familyOf } from './entity.ts';
import { retentionMs } from './families.ts';
import { anyEvent, sampleNow as now } from './sample-events.fixtures.ts';
import { acceptJson, checkEvent, type Verdict } from './validate.ts';

type Json = Record<string, unknown>;

const accept = (value: unknown, strict = false): Verdict =>
  acceptJson(value, { now, defaultSource: 'key', strict });
const time = new Date(now - 1000).toISOString();
const started = { event_id: 'e1', type: 'subscription.started', occurred_at: time, customer_id: 'c', subscription_id: 's', plan_id: 'p', interval: 'month', unit_amount: 5900, currency: 'USD' }; // prettier-ignore
const cart = {
  event_id: 'e1',
  type: 'cart.created',
  occurred_at: time,
  cart_id: 'c',
  value: 1,
  currency: 'USD',
};
const survey = { event_id: 'e1', type: 'survey.answered', occurred_at: time, response_id: 'r', instrument: 'nps', score: 9 }; // prettier-ignore
const cost = { event_id: 'e1', type: 'cost.incurred', occurred_at: time, cost_id: 'k', category: 'sales', amount: 1, currency: 'JPY', period_start: '2026-05-01', period_end: '2026-05-31' }; // prettier-ignore

function paths(verdict: Verdict): string[] {
  return verdict.ok ? [] : verdict.errors.map((error) => error.path);
}

test('what is valid is accepted, with its defaults', () => {
  const verdict = accept({ ...started, quantity: null, unknown: 1 });
  assert.deepEqual(verdict, {
    ok: true,
    event: {
      ...started,
      occurred_at: now - 1000,
      source: 'key',
      sequence: 0,
      voids: null,
      interval_count: 1,
      quantity: 1,
      discount_amount: 0,
      trial_ends_at: null,
      effective_at: null,
      reason: null,
      owner: null,
      segment: null,
      country: null,
    },
  });
});

test('every rule of a field names its path (rule 33, rule 34, rule 35)', () => {
  const wrong: [Json, string, unknown[]][] = [
    [started, 'event_id', [undefined, null, '', 'x'.repeat(129), 5, 'a\0b', '\ud800', {}]],
    [started, 'customer_id', [undefined, null, '', 'x'.repeat(257), '😀'.repeat(257), ['a']]],
    [started, 'type', [undefined, null, 'subscription', 'subscription.Started', 'nothing.x', 5, '__proto__', 'constructor', {}]],
    [started, 'occurred_at', [undefined, null, '2026-05-31', '2026-05-31T12:00:00', '2026-05-31T12:00:60Z', 1.5, true, now + 300_001]],
    [started, 'trial_ends_at', ['2027-01-01', 1.5, {}]],
    [started, 'unit_amount', [undefined, null, -1, 1.5, '5900', 1e15 + 1, Infinity, Number.NaN]],
    [started, 'quantity', [-1, 1e9 + 1, '3', 0.5]],
    [started, 'interval_count', [0, 1001]],
    [started, 'sequence', [-1, 2 ** 53, '0']],
    [started, 'interval', [undefined, 'Month', 'months', 5]],
    [started, 'currency', [undefined, null, 'usd', 'XAU', 'XXX', 'EURO', '', 840]],
    [started, 'reason', ['bored']],
    [started, 'owner', [5, 'a\0', 'x'.repeat(257)]],
    [started, 'source', ['', 5, 'x'.repeat(257)]],
    [cart, 'value', [undefined, null, -1]],
    [{ ...survey, instrument: 'feedback' }, 'comment', [5, 'x'.repeat(8_193)]],
    [survey, 'themes', ['a', Array.from({ length: 51 }, () => 'a')]],
    [survey, 'score', [undefined, null, 11, -1, 9.5, '9']],
    [{ ...survey, instrument: 'csat' }, 'score', [0, 11]],
    [{ ...survey, instrument: 'ces', score: 3 }, 'score', [0, 6]],
    [survey, 'scale_max', [5]],
    [{ ...survey, type: 'survey.sent' }, 'instrument', [undefined, 'x']],
    [{ ...survey, instrument: 'csat', scale_min: 3 }, 'scale_max', [3, 2]],
    [{ ...survey, instrument: 'task_completion' }, 'answer', [undefined, null, 'maybe', true]],
    [{ ...survey, instrument: 'visitor_intent' }, 'answer', [undefined]],
    [cost, 'period_end', [undefined, '2026-04-30', '2026-02-30', '2026-5-31', '2126-01-01']],
    [{ ...cart, type: 'cart.voided' }, 'voids', [undefined, null, '', 'x'.repeat(129)]],
    [{ ...cart, type: 'contact.message', case_id: 'k', channel: 'email' }, 'direction', [undefined, 'in']],
    [{ ...cart, type: 'contact.opened', case_id: 'k' }, 'channel', [undefined, 'pigeon']],
    [{ ...cart, type: 'purchase.completed', customer_id: 'c', purchase_id: 'p', amount: 1 }, 'kind', [undefined, 'gift']],
    [{ ...cart, type: 'reading.observed', name: 'n', reading_id: 'i' }, 'value', [Infinity, '5', null]],
  ]; // prettier-ignore
  for (const [base, field, values] of wrong)
    for (const value of values) {
      const verdict = accept({ ...base, [field]: value });
      const what = `${String(base['type'])} ${field} ${String(JSON.stringify(value))}`;
      assert.ok(!verdict.ok, what);
      assert.deepEqual(paths(verdict), [`$.${field}`], what);
      assert.ok(verdict.errors[0]!.message.length > 20, what);
    }
});

test('an effective_at that does not count is no fault and gives a warning (rule 66)', () => {
  const warned = (json: Json): boolean => {
    const verdict = accept(json);
    assert.ok(verdict.ok);
    return verdict.warnings?.some(({ path }) => path === '$.effective_at') ?? false;
  };
  const [before, after] = [Date.parse(time) - 1, Date.parse(time) + 1];
  const changed = { ...started, type: 'subscription.changed' };
  assert.deepEqual([before, Date.parse(time), after, null].map((effective_at) => warned({ ...changed, effective_at })), [true, false, false, false]); // prettier-ignore
  assert.deepEqual([before, Date.parse(time), after, null].map((effective_at) => warned({ ...started, effective_at })), [true, false, true, false]); // prettier-ignore
  assert.equal(warned(cart), false);
});

test('what is at the limit is right (rule 34)', () => {
  const right: [Json, Json][] = [
    [
      started,
      { event_id: '😀'.repeat(128), customer_id: '😀'.repeat(256), quantity: 1e9, unit_amount: 1e15 },
    ],
    [
      started,
      { occurred_at: now + 300_000, sequence: 2 ** 53 - 1, interval_count: 1000, discount_amount: 0 },
    ],
    [started, { owner: '', country: ' x ', segment: '😀'.repeat(256) }],
    [
      started,
      JSON.parse('{"unit_amount": 5900.0, "effective_at": 4102444800000, "trial_ends_at": null}') as Json,
    ],
    [cart, { occurred_at: now - 400 * 86_400_000 }],
    [
      survey,
      {
        score: 0,
        scale_min: 0,
        scale_max: 10,
        themes: ['', ...Array.from({ length: 49 }, () => 'x'.repeat(256))],
      },
    ],
    [survey, { instrument: 'csat', score: 100, scale_min: 0, scale_max: 100 }],
    [survey, { instrument: 'feedback', score: null, comment: '😀'.repeat(8_192) }],
    [cost, { period_end: '2026-05-01' }],
    [
      { event_id: 'v', type: 'purchase.voided', occurred_at: '1970-01-01T00:00:00Z' },
      { customer_id: 'c', voids: 'e1' },
    ],
  ];
  for (const [base, more] of right) assert.deepEqual(paths(accept({ ...base, ...more })), []);
});

test('an instant before 1970, and an integer that looks like seconds, are refused at their path (rule 49)', () => {
  for (const field of ['occurred_at', 'effective_at', 'trial_ends_at']) {
    const verdictOf = (value: unknown): string => {
      const verdict = accept({ ...started, [field]: value });
      if (verdict.ok) return 'accepted';
      assert.deepEqual(paths(verdict), [`$.${field}`]);
      return verdict.errors[0]!.message;
    };
    for (const early of ['1969-12-31T23:59:59.999Z', '1900-01-01T00:00:00Z', -1, -3e12])
      assert.match(verdictOf(early), /before 1970-01-01T00:00:00Z/, String(early));
    for (const seconds of [0, 1_735_689_600, 1e11 - 1])
      assert.match(verdictOf(seconds), /looks like seconds: multiply it by 1000/, String(seconds));
    for (const right of ['1970-01-01T00:00:00Z', '1973-03-03T09:46:39.999Z', 1e11])
      assert.equal(verdictOf(right), 'accepted', String(right));
  }
});

test('a cost lies between 1970 and ten years from now, and lasts at most 3,660 days (rule 49)', () => {
  const verdictOf = (period_start: string, period_end: string): string => {
    const verdict = accept({ ...cost, period_start, period_end });
    return verdict.ok ? 'accepted' : `${verdict.errors[0]!.path}: ${verdict.errors[0]!.message}`;
  };
  assert.equal(verdictOf('1970-01-01', '1970-01-31'), 'accepted');
  assert.match(verdictOf('1969-12-31', '1970-01-06'), /^\$\.period_start: .*before 1970-01-01/);
  assert.equal(verdictOf('2036-05-01', '2036-06-01'), 'accepted');
  assert.match(verdictOf('2036-06-01', '2036-06-02'), /^\$\.period_end: .*within ten years/);
  assert.match(verdictOf('2190-01-01', '2190-01-10'), /^\$\.period_start: .*within ten years/);
  assert.equal(verdictOf('2020-01-01', '2030-01-07'), 'accepted');
  assert.match(verdictOf('2020-01-01', '2030-01-08'), /^\$\.period_end: /);
});

test('a text or a list that is too long is refused with its limit (rule 50)', () => {
  const message = (fields: Json): string => {
    const verdict = accept({ ...survey, ...fields });
    assert.ok(!verdict.ok);
    return `${verdict.errors[0]!.path}: ${verdict.errors[0]!.message}`;
  };
  assert.match(message({ touchpoint: 'x'.repeat(257) }), /^\$\.touchpoint: .*at most 256 characters/);
  assert.match(message({ comment: 'x'.repeat(8_193) }), /^\$\.comment: .*at most 8192 characters/);
  assert.match(
    message({ themes: Array.from({ length: 51 }, () => '') }),
    /^\$\.themes: .*at most 50 strings/,
  );
  assert.match(message({ themes: ['a', 'x'.repeat(257)] }), /^\$\.themes\[1\]: .*at most 256 characters/);
});

test('the advice for a score of nps does not ask for a scale that nps cannot have (rule 35)', () => {
  const verdict = accept({ ...survey, score: 11 });
  assert.ok(!verdict.ok);
  assert.equal(verdict.errors[0]!.message, 'score must be a whole number from 0 to 10 for nps, not 11.');
});

test('all faults of an event are reported at once', () => {
  const verdict = accept({ ...started, currency: 'usd', quantity: -1, plan_id: undefined });
  assert.deepEqual(paths(verdict).sort(), ['$.currency', '$.plan_id', '$.quantity']);
});

test('an event past its retention is too late, and kept; subscription and purchase never are (rule 30)', () => {
  const verdict = accept({ ...cart, occurred_at: now - 400 * 86_400_000 - 1 });
  assert.ok(!verdict.ok);
  assert.deepEqual(paths(verdict), ['$.occurred_at']);
  assert.equal(verdict.tooLate?.event_id, 'e1');
  assert.ok(accept({ ...started, occurred_at: '1970-01-01T00:00:00Z' }).ok);
});

test('another retention judges by itself, in JSON and as decoded (rule 30)', () => {
  const retention = { ...retentionMs, cart: 500 * 86_400_000, contact: undefined };
  const old = { ...cart, occurred_at: now - 450 * 86_400_000 };
  const verdict = acceptJson(old, { now, defaultSource: 'test', retention });
  assert.ok(verdict.ok);
  assert.equal(checkEvent(verdict.event, { now, retention }), undefined);
  assert.equal(checkEvent(verdict.event, { now })?.tooLate, true);
});

test('unknown fields are ignored, and are errors when strict', () => {
  const poisoned = JSON.parse('{"__proto__": {"currency": "EUR"}, "constructor": 1, "a b": 2}') as Json;
  const value = Object.defineProperty(
    { ...cart, ...poisoned, derived_from: 'purchase', voids: 'x' },
    '__proto__',
    {
      value: { polluted: true },
      enumerable: true,
    },
  );
  const verdict = accept(value);
  assert.ok(verdict.ok && verdict.event.type === 'cart.created');
  assert.equal(verdict.event.derived_from, null);
  assert.equal(verdict.event.voids, null);
  assert.equal(Object.getPrototypeOf(verdict.event), Object.prototype);
  assert.ok(!('polluted' in verdict.event));
  const strict = paths(accept(value, true)).sort();
  assert.deepEqual(strict, ['$.__proto__', '$.constructor', '$.derived_from', '$.voids', '$["a b"]']);
});

test('a field that only a prototype has is missing', () => {
  assert.deepEqual(paths(accept({ ...cart, currency: undefined })), ['$.currency']);
});

test('any JSON gets a verdict that names a path, and never an exception', () => {
  const fields = [
    'event_id',
    'type',
    'occurred_at',
    'cart_id',
    'value',
    'currency',
    'themes',
    'sequence',
    'score',
  ];
  const types = ['cart.created', 'survey.answered', 'cost.incurred', 'cart.voided'];
  const likely = fc
    .tuple(
      fc.dictionary(fc.constantFrom(...fields), fc.jsonValue()),
      fc.constantFrom(...types),
      fc.jsonValue(),
    )
    .map(([given, type, other]) => ({ ...cart, ...survey, ...cost, ...given, type, voids: other }));
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), likely), fc.boolean(), (value, strict) => {
      const verdict = accept(value, strict);
      if (verdict.ok) return;
      assert.ok(verdict.errors.length > 0);
      for (const { path, message } of verdict.errors) assert.ok(path.startsWith('$') && message.length > 10);
    }),
    { numRuns: 2000 },
  );
});

test('a valid event is accepted as JSON, and again after its way through Avro', () => {
  fc.assert(
    fc.property(anyEvent, (event) => {
      const verdict = accept(JSON.parse(JSON.stringify(event)));
      assert.ok(verdict.ok);
      assert.deepEqual(verdict.event, event);
      const decoded = decodeEvent(familyOf(event.type), encodeEvent(event));
      assert.ok(decoded.ok);
      assert.equal(checkEvent(decoded.event, { now }), undefined);
    }),
  );
});

test('events in Avro are judged by the same rules, but its unit is milliseconds (rule 49, rule 50)', () => {
  const verdict = accept(cart);
  assert.ok(verdict.ok);
  const wrong: [Json, string, boolean][] = [
    [{ value: -1 }, '$.value', false],
    [{ value: null }, '$.value', false],
    [{ currency: 'usd' }, '$.currency', false],
    [{ cart_id: '' }, '$.cart_id', false],
    [{ channel: 'a\0' }, '$.channel', false],
    [{ channel: 'x'.repeat(257) }, '$.channel', false],
    [{ occurred_at: -1 }, '$.occurred_at', false],
    [{ derived_from: 'cart' }, '$.derived_from', false],
    [{ occurred_at: now + 300_001 }, '$.occurred_at', false],
    [{ occurred_at: now - 400 * 86_400_000 - 1 }, '$.occurred_at', true],
  ];
  for (const [more, path, tooLate] of wrong) {
    const fault = checkEvent({ ...verdict.event, ...more } as typeof verdict.event, { now });
    assert.equal(fault?.path, path);
    assert.equal(fault.tooLate, tooLate);
  }
  const early = accept({ ...started, occurred_at: '1970-01-21T00:00:00Z' });
  assert.ok(early.ok && checkEvent(early.event, { now }) === undefined);
});
