import { liveOffice } from './back-office.ts';
import { exponential, fraction, poisson } from './chance.ts';
import { liveContracts } from './contracts.ts';
import { liveCustomers } from './customer-life.ts';
import { speak } from './mentions.ts';
import { busyness } from './rhythm.ts';
import { visit } from './shop.ts';
import { day, growth, hour, type Delivery, type World, type WorldSettings } from './world.ts';

/** How many events a subscriber causes a day, and how many a visit to the shop; measured, and checked by the tests. */
const eventsPerCustomerDay = 1.3;
const eventsPerVisit = 4.2;

/** The history is no denser than this many events a second, so that it can be loaded; then visits rise to the rate. */
const historyRateMax = 1;
const riseMs = 3 * hour;

/**
 * Lives through the next hour of the world.
 *
 * @returns What is delivered to the collector within it, in the order of delivery.
 */
export function liveHour(world: World): readonly Delivery[] {
  const now = world.hour;
  if (now % day === 0) {
    liveContracts(world, now);
    liveOffice(world, now);
    if (now >= world.settings.start) liveCustomers(world, now);
  }
  if (now >= world.settings.start) {
    const visits = poisson(world.chance, visitsAnHour(world.settings, now) * busyness('leisure', now));
    for (let count = visits; count > 0; count--)
      visit(world, now + Math.floor(fraction(world.chance) * hour));
    talk(world, now);
  }
  const deliveries = world.timetable.get(now) ?? [];
  world.timetable.delete(now);
  world.hour = now + hour;
  return deliveries.sort((one, other) => one.at - other.at);
}

/** Visits to the shop in an hour of average business. */
function visitsAnHour(settings: WorldSettings, at: number): number {
  const steady = Math.min(settings.rate, historyRateMax);
  const factor = settings.rate / steady;
  const rising = Math.min(1, Math.max(0, (at + hour - (settings.end - riseMs)) / riseMs));
  const eventsADay = steady * 86_400 * factor ** rising;
  const others = Math.min(settings.customers * eventsPerCustomerDay, 0.5 * eventsADay);
  return ((eventsADay - others) / eventsPerVisit / 24) * growth(settings, at);
}

/** People who are no customers speak of the brand as well. */
function talk(world: World, now: number): void {
  const mentions = world.settings.customers * growth(world.settings, now) * 0.0008;
  for (let count = poisson(world.chance, mentions * busyness('leisure', now)); count > 0; count--) {
    const mood = 0.58 + 0.25 * (fraction(world.chance) - 0.5);
    speak(world, now + Math.floor(exponential(world.chance, hour / 3)), mood, null);
  }
}
