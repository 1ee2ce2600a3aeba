/**
 * Preloaded into a service (`node --import`): its clock is `CLOCK_SHIFT_MS` milliseconds ahead, or behind when that is below 0. Timers
 * run as ever.
 */
const shiftMs = Number(process.env['CLOCK_SHIFT_MS']);
const right = Date;
const now = (): number => right.now() + shiftMs;

globalThis.Date = new Proxy(right, {
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
  apply: () => new right(now()).toString(),
  construct: (target, given, made) => Reflect.construct(target, given.length === 0 ? [now()] : given, made),
});
