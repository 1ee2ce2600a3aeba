import { createWorld, type Delivery, type World, type WorldSettings } from './world.ts';

/** A world in a form that JSON can express. */
type SavedWorld = Omit<World, 'timetable' | 'settings' | 'mark'> & {
  readonly timetable: readonly (readonly [number, Delivery[]])[];
};

/** The world as a text from which `restoreWorld` makes one that goes on in the same way. */
export function saveWorld(world: World): string {
  const { settings: _settings, mark: _mark, timetable, ...rest } = world;
  const saved: SavedWorld = { ...rest, timetable: [...timetable] };
  return JSON.stringify(saved);
}

/**
 * The world that was saved.
 *
 * @param settings Those of the saved world; its seed and its times are not in the text.
 * @throws SyntaxError when the text is cut short or no JSON.
 */
export function restoreWorld(text: string, settings: WorldSettings): World {
  const { timetable, ...rest } = JSON.parse(text) as SavedWorld;
  return { ...createWorld(settings), ...rest, timetable: new Map(timetable) };
}
