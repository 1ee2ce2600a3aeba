import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../detect/finding.ts';
import { AlertStore, type Change, type LifecycleRule } from './alert-store.ts';
import type { Notification } from './alert.ts';

const minute = 60_000;
const hour = 60 * minute;
const rule: LifecycleRule = {
  name: 'churn',
  title: 'Churn',
  severity: 'page',
  group: 'g',
  forMs: minute,
  keepFiringForMs: 10 * minute,
  repeatIntervalMs: 4 * hour,
};
const sibling: LifecycleRule = { ...rule, name: 'churn-by-segment', severity: 'ticket' };

const found = (value: number, labels = {}): Finding => ({
  labels,
  from: 0,
  to: 0,
  unit: 'count',
  value,
  expected: 2,
  limit: 10,
  below: false,
  chance: 0,
});

/** A store driven by a clock in minutes. */
class Scenario {
  store: AlertStore;
  now = 1_000 * hour;
  /** What a recount returns; the value of the finding when undefined. */
  recounted: number | undefined;
  readonly notifications: Notification[] = [];
  readonly #stored = new Map<string, Change>();

  constructor() {
    this.store = new AlertStore([rule, sibling]);
  }

  evaluate(minutes: number, findings: readonly Finding[] | 'suppressed', of = rule): this {
    this.now += minutes * minute;
    const verdict =
      findings === 'suppressed'
        ? ({ status: 'suppressed', reason: 'behind' } as const)
        : ({ status: 'evaluated', findings } as const);
    const explain = () => ({ contributors: [], customers: [] });
    this.store.observe({
      rule: of,
      verdict,
      now: this.now,
      recount: ({ value }) => this.recounted ?? value,
      explain,
    });
    return this;
  }

  notify(minutes = 0.5): string[] {
    this.now += minutes * minute;
    const notifications = this.store.notifications(this.now);
    this.notifications.push(...notifications);
    return notifications.map(({ kind }) => kind);
  }

  /** Restores the store from the changes so far, as after a restart. */
  restart(): this {
    for (const change of this.store.take())
      this.#stored.set(`${change.type}|${change.id}`, structuredClone(change));
    this.store = new AlertStore([rule, sibling]);
    for (const change of this.#stored.values()) this.store.restore(change);
    return this;
  }

  get only() {
    const [alert, ...others] = [...this.store.alerts];
    assert.equal(others.length, 0);
    return alert!;
  }
}

test('an alert is pending, fires after `for`, and is resolved after `keep_firing_for`, with one notification for each', () => {
  const scenario = new Scenario().evaluate(0, [found(20)]);
  assert.equal(scenario.only.status, 'pending');
  scenario.evaluate(0.5, [found(21)]);
  assert.deepEqual(scenario.notify(0), []);
  scenario.evaluate(0.5, [found(22)]);
  assert.equal(scenario.only.status, 'firing');
  assert.deepEqual(scenario.notify(), ['firing']);
  for (let n = 0; n < 5; n++) assert.deepEqual(scenario.evaluate(1, [found(23)]).notify(), []);
  scenario.evaluate(1, []).evaluate(9, []);
  assert.equal(scenario.only.status, 'firing');
  scenario.evaluate(1, []);
  assert.deepEqual([scenario.only.status, scenario.only.outcome], ['resolved', 'ended']);
  assert.deepEqual(scenario.notify(), ['resolved']);
  assert.deepEqual(scenario.notify(500), []);
  assert.deepEqual(
    scenario.only.timeline.map(({ type }) => type),
    ['pending', 'firing', 'notified', 'resolved', 'notified'],
  );
});

test('a finding that is gone within the minute leaves no alert (rule 47)', () => {
  const scenario = new Scenario()
    .evaluate(0, [found(20)])
    .evaluate(0.5, [])
    .evaluate(0.4, [found(20)])
    .evaluate(0.5, []);
  assert.deepEqual([...scenario.store.alerts], []);
  assert.deepEqual(scenario.notify(), []);
});

test('a suppressed rule starts and resolves nothing', () => {
  const scenario = new Scenario()
    .evaluate(0, [found(20)])
    .evaluate(1, [found(20)])
    .evaluate(60, 'suppressed');
  assert.equal(scenario.only.status, 'firing');
  assert.equal(scenario.only.keepFiringSince, null);
});

test('a restart at any moment sends no notification twice', () => {
  const scenario = new Scenario().evaluate(0, [found(20)]);
  for (let n = 0; n < 4; n++) {
    scenario
      .restart()
      .evaluate(1, [found(20)])
      .restart()
      .notify();
  }
  assert.deepEqual(
    scenario.notifications.map(({ kind }) => kind),
    ['firing'],
  );
});

test('an alert whose cause is retracted is resolved after `for`, and says so', () => {
  const scenario = new Scenario().evaluate(0, [found(20)]).evaluate(1, [found(20)]);
  scenario.notify();
  scenario.recounted = 3;
  scenario.evaluate(1, []).evaluate(1, []);
  assert.deepEqual([scenario.only.status, scenario.only.outcome], ['resolved', 'retracted']);
  assert.match(scenario.only.timeline.at(-1)!.text, /later events leave 3 of the 20/);
  assert.deepEqual(scenario.notify(), ['resolved']);
});

test('alerts of one group share an incident: a higher severity notifies at once, the same severity does not', () => {
  const scenario = new Scenario();
  const both = [found(20, { segment: 'a' }), found(30, { segment: 'b' })];
  scenario.evaluate(0, both, sibling).evaluate(1, both, sibling);
  assert.deepEqual(scenario.notify(), ['firing']);
  assert.equal(scenario.notifications[0]!.alerts.length, 2);
  scenario.evaluate(0, [found(50)]).evaluate(1, [found(50)]);
  assert.deepEqual(scenario.notify(), ['escalated']);
  assert.equal(scenario.notifications[1]!.alerts.length, 3);
  const three = [...both, found(40, { segment: 'c' })];
  scenario.evaluate(1, three, sibling).evaluate(1, three, sibling);
  assert.deepEqual(scenario.notify(), []);
  assert.equal([...scenario.store.incidents].length, 1);
});

test('an alert that joins an acknowledged incident is notified once `repeat_interval` is over, not at once', () => {
  const first = [found(30, { segment: 'a' })];
  const scenario = new Scenario().evaluate(0, first, sibling).evaluate(1, first, sibling);
  scenario.notify();
  const [alert] = scenario.store.alerts;
  scenario.store.acknowledge(alert!.id, 'ada', '', scenario.now);
  scenario.evaluate(0, [found(50, { segment: 'a' })], sibling);
  const more = [...first, found(40, { segment: 'b' })];
  scenario.evaluate(1, more, sibling).evaluate(1, more, sibling);
  assert.deepEqual(scenario.notify(), []);
  assert.deepEqual(scenario.notify(240), ['repeated']);
  assert.equal(scenario.notifications.at(-1)!.alerts.length, 2);
});

test('a notification is repeated at `repeat_interval` until somebody acknowledges the alert', () => {
  const scenario = new Scenario().evaluate(0, [found(20)]).evaluate(1, [found(20)]);
  scenario.notify();
  assert.deepEqual(scenario.notify(239), []);
  assert.deepEqual(scenario.notify(2), ['repeated']);
  assert.equal(scenario.store.acknowledge(scenario.only.id, 'ada', '', scenario.now), true);
  assert.deepEqual(scenario.notify(1_000), []);
  assert.equal(scenario.store.acknowledge('none', 'ada', '', scenario.now), false);
});

test('a silence mutes its labels for its time; an alert that still fires afterwards is notified', () => {
  const scenario = new Scenario();
  const silence = {
    id: 's',
    rule: 'churn',
    labels: { segment: 'a' },
    from: scenario.now,
    until: scenario.now + hour,
    by: 'ada',
    reason: 'test',
  };
  scenario.store.silence(silence);
  scenario.evaluate(0, [found(20, { segment: 'a' })]).evaluate(1, [found(20, { segment: 'a' })]);
  assert.deepEqual(scenario.notify(), []);
  assert.deepEqual(scenario.notify(60), ['firing']);
  assert.equal(scenario.store.unsilence('s', scenario.now), false, 'it has expired already');
  const other = new Scenario();
  other.store.silence({ ...silence, from: other.now, until: other.now + hour });
  other.evaluate(0, [found(20, { segment: 'b' })]).evaluate(1, [found(20, { segment: 'b' })]);
  assert.deepEqual(other.notify(), ['firing']);
  assert.equal(other.store.unsilence('s', other.now), true);
});

test('resolved alerts are deleted after their retention, and an alert whose rule was removed is resolved', () => {
  const scenario = new Scenario().evaluate(0, [found(20)]).evaluate(1, [found(20)]);
  scenario.store.tidy(scenario.now);
  assert.equal(scenario.only.status, 'firing');
  const without = new AlertStore([sibling]);
  for (const change of scenario.store.take()) without.restore(change);
  without.tidy(scenario.now);
  assert.equal([...without.alerts][0]!.status, 'resolved');
  without.notifications(scenario.now);
  without.tidy(scenario.now + 91 * 24 * hour);
  assert.deepEqual([[...without.alerts], [...without.incidents]], [[], []]);
});
