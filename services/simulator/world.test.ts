import assert from 'node:assert/strict';
import { test } from 'node:test';
import { familyOf } from '@tidemark/events/entity';
import { eventTypes } from '@tidemark/events/types';
import { acceptJson } from '@tidemark/events/validate';
import { liveHour } from './life.ts';
import type { PostedEvent } from './posted-event.ts';
import { restoreWorld, saveWorld } from './saved-world.ts';
import { createWorld, day, hour, type Delivery, type World, type WorldSettings } from './world.ts';

const end = Date.UTC(2026, 10, 22, 16);
const start = Date.UTC(2026, 10, 1);
const disorder = { late: 0.01, repeated: 0.02, outOfOrder: 0.03, voided: 0.005 };
const settings: WorldSettings = { seed: 7, customers: 200, rate: 0.03, start, end, disorder };

function liveUntil(world: World, until: number): Delivery[] {
  const deliveries: Delivery[] = [];
  while (world.hour < until) for (const delivery of liveHour(world)) deliveries.push(delivery);
  return deliveries;
}

/** The whole history, lived once for the tests that only look at it. */
const history = liveUntil(createWorld(settings), end);
const events = history.map(({ event }) => event);
/** Each event once: repeats left out. */
const distinct = [...new Map(events.map((event) => [event.event_id, event])).values()];
const proper = history.filter(({ event }) => event.occurred_at >= start);
const ofType = <T extends PostedEvent['type']>(type: T): Extract<PostedEvent, { type: T }>[] =>
  distinct.filter((event): event is Extract<PostedEvent, { type: T }> => event.type === type);

test('the same seed gives the same events, another seed others', () => {
  const few = { ...settings, start: end - 3 * day, customers: 60 };
  const lived = (seed: number): string => JSON.stringify(liveUntil(createWorld({ ...few, seed }), end));
  assert.equal(lived(1), lived(1));
  assert.notEqual(lived(1), lived(2));
});

test('a saved world goes on as an unsaved one does', () => {
  const world = createWorld(settings);
  liveUntil(world, end - 2 * day);
  const restored = restoreWorld(saveWorld(world), settings);
  assert.deepEqual(liveUntil(restored, end), liveUntil(world, end));
});

test('deliveries come in the order of their instants, in their hour, never before they happened', () => {
  const world = createWorld(settings);
  liveUntil(world, end - day);
  while (world.hour < end) {
    const now = world.hour;
    let last = now;
    for (const { at, event } of liveHour(world)) {
      assert.ok(at >= last && at < now + hour && at >= event.occurred_at);
      assert.ok(Number.isInteger(at) && Number.isInteger(event.occurred_at));
      last = at;
    }
  }
});

test('every event is accepted, strictly, when it is delivered', () => {
  for (const { at, event } of history) {
    const now = Math.max(at, event.occurred_at < start ? end : at);
    const verdict = acceptJson(JSON.parse(JSON.stringify(event)), { now, defaultSource: '', strict: true });
    assert.ok(verdict.ok, `${JSON.stringify(event)} ${JSON.stringify(verdict)}`);
  }
});

test('of every family that is simulated, every type of event happens', () => {
  const seen = new Set(events.map(({ type }) => type));
  const world = createWorld({ ...settings, disorder: { ...disorder, voided: 0.4 } });
  for (const { event } of liveUntil(world, end)) seen.add(event.type);
  // The one bill of the month and the handful of readings a day are voided too seldom to wait for.
  const rare = new Set<string>(['cost.voided']);
  const simulated = new Set([...seen].map((type) => familyOf(type)!));
  assert.ok(simulated.size >= 10, `only ${[...simulated].join(', ')}`);
  for (const family of simulated)
    for (const type of eventTypes[family]) assert.ok(seen.has(type) || rare.has(type), type);
});

test('before the history proper there are contracts and readings alone', () => {
  const before = distinct.filter(({ occurred_at }) => occurred_at < start);
  assert.ok(before.length > 1_000);
  const seen = new Set(before.map(({ type }) => familyOf(type)));
  assert.deepEqual([...seen].toSorted(), ['reading', 'subscription']);
});

test('there are as many customers and events as asked for', () => {
  const world = createWorld({ ...settings, customers: 1_000, rate: 0.1, start: Date.UTC(2026, 10, 22) });
  liveUntil(world, end);
  const present = world.subscribers.filter(({ standing }) => standing !== 'lost' && standing !== 'trial');
  assert.ok(present.length > 850 && present.length < 1_150, `${present.length} customers`);
  const week = liveUntil(world, end + 7 * day);
  const rate = week.length / (7 * 86_400);
  assert.ok(rate > 0.083 && rate < 0.12, `${rate} events/s`);
});

test('a rate beyond that of the history is reached by its end', () => {
  const world = createWorld({ ...settings, rate: 3, start: Date.UTC(2026, 10, 22) });
  const before = liveUntil(world, end);
  assert.ok(before.length < 100_000, `${before.length} events of history`);
  const rate = liveUntil(world, end + day).length / 86_400;
  // A Sunday evening and a Monday.
  assert.ok(rate > 2.2 && rate < 4.1, `${rate} events/s`);
});

test('late, repeated, overtaken and voided events have the shares asked for', () => {
  const share = (count: number): number => count / proper.length;
  const near = (actual: number, expected: number): void =>
    assert.ok(Math.abs(actual - expected) < 0.2 * expected, `${actual}, not ${expected}`);
  const ids = new Set(proper.map(({ event }) => event.event_id));
  near(share(proper.length - ids.size), disorder.repeated);
  const first = new Map(proper.toReversed().map((delivery) => [delivery.event.event_id, delivery]));
  const delays = [...first.values()].map(({ at, event }) => at - event.occurred_at);
  near(share(delays.filter((delay) => delay > hour).length), disorder.late);
  near(share(delays.filter((delay) => delay > 2_000 && delay < 100_000).length), disorder.outOfOrder);
  near(share(distinct.filter(({ type }) => type.endsWith('.voided')).length), disorder.voided);
});

test('an orderly world is orderly', () => {
  const orderly = { late: 0, repeated: 0, outOfOrder: 0, voided: 0 };
  const world = createWorld({ ...settings, disorder: orderly, start: end - 3 * day });
  const deliveries = liveUntil(world, end);
  assert.ok(deliveries.every(({ at, event }) => at - event.occurred_at < 1_000));
  assert.equal(new Set(deliveries.map(({ event }) => event.event_id)).size, deliveries.length);
});

test('evenings are busier than nights in the shop, working days than weekends at support', () => {
  const count = (type: PostedEvent['type'], at: (date: Date) => boolean): number =>
    distinct.filter((event) => event.type === type && at(new Date(event.occurred_at))).length;
  const evening = count('cart.created', (date) => date.getUTCHours() >= 18 && date.getUTCHours() < 22);
  const night = count('cart.created', (date) => date.getUTCHours() >= 1 && date.getUTCHours() < 5);
  assert.ok(evening > 5 * night);
  const isWeekend = (date: Date): boolean => date.getUTCDay() % 6 === 0;
  const signedUp = count('subscription.started', (date) => !isWeekend(date)) / 5;
  assert.ok(signedUp > 2 * (count('subscription.started', isWeekend) / 2));
});

test('the unhappy write to support and leave more often', () => {
  const world = createWorld({ ...settings, customers: 1_500 });
  const lived = liveUntil(world, end).map(({ event }) => event);
  const contracts = new Map(world.subscribers.map((one) => [one.customer, one]));
  const isUnhappy = ({ disposition }: { disposition: number }): boolean => disposition < 0.45;
  const unhappyShareOf = (type: 'contact.opened' | 'subscription.canceled'): number => {
    const theirs = lived.flatMap((event) => {
      const who = event.type === type && event.occurred_at >= start && contracts.get(event.customer_id ?? '');
      return who ? [who] : [];
    });
    return theirs.filter(isUnhappy).length / theirs.length;
  };
  const present = world.subscribers.filter(({ standing }) => standing !== 'lost');
  const share = present.filter(isUnhappy).length / present.length;
  assert.ok(unhappyShareOf('contact.opened') > 1.5 * share);
  assert.ok(unhappyShareOf('subscription.canceled') > 1.5 * share);
});

test('cancellations are scheduled ahead, some are withdrawn, some are involuntary', () => {
  const canceled = ofType('subscription.canceled');
  const ahead = canceled.filter(({ effective_at, occurred_at }) => (effective_at ?? 0) > occurred_at);
  assert.ok(ahead.length > canceled.length / 3);
  assert.ok(canceled.some(({ reason }) => reason === 'involuntary'));
  const renewed = ofType('subscription.renewed');
  const back = ahead.filter((one) =>
    renewed.some(
      (other) =>
        other.subscription_id === one.subscription_id &&
        other.occurred_at > one.occurred_at &&
        other.occurred_at < (one.effective_at ?? 0),
    ),
  );
  assert.ok(back.length > 0);
});

test('carts are bought, left and recovered; sales come with and without carts', () => {
  const purchases = ofType('purchase.completed');
  assert.ok(purchases.some((one) => one.cart_id !== undefined));
  assert.ok(purchases.some((one) => one.cart_id === undefined));
  assert.equal(new Set(purchases.map(({ kind }) => kind)).size, 6);
  const created = new Map(ofType('cart.created').map((one) => [one.cart_id, one.occurred_at]));
  const bought = new Map(purchases.map((one) => [one.cart_id ?? '', one.occurred_at]));
  for (const one of ofType('cart.checked_out')) bought.set(one.cart_id, one.occurred_at);
  const times = [...created].map(([cart, at]) => (bought.get(cart) ?? Infinity) - at);
  const within = times.filter((time) => time <= 30 * 60_000).length / created.size;
  const recovered = times.filter((time) => time > hour && time < Infinity).length / created.size;
  assert.ok(within > 0.15 && within < 0.45, `${within} bought at once`);
  assert.ok(recovered > 0.02 && recovered < 0.2, `${recovered} recovered`);
});
