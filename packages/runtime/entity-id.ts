import type { Family } from '@tidemark/events/families';

/** The family of an entity, from its id or that of one of its records: `<family>\0<entity key>…`. */
export function familyOfId(id: string): Family {
  return id.slice(0, id.indexOf('\u0000')) as Family;
}
