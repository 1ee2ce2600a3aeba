import type { DefaultedField, Event, InternalField } from '@tidemark/events/types';

/** Fields that may be left out: those that may be null, and those with a default. */
type Optional<E, F extends keyof E> = null extends E[F] ? F : F extends DefaultedField ? F : never;

/** An event as one posts it: what is absent is left out, not null. */
type Posted<E> = E extends Event
  ? {
      readonly [F in keyof E as F extends InternalField | Optional<E, F> ? never : F]: E[F];
    } & {
      readonly [F in keyof E as F extends InternalField ? never : Optional<E, F>]?: NonNullable<E[F]>;
    }
  : never;

/** Any event in the JSON form of the collector; times are milliseconds. */
export type PostedEvent = Posted<Event>;

type WithoutId<E> = E extends PostedEvent ? Omit<E, 'event_id'> : never;

/** An event before it is given its id. */
export type Draft = WithoutId<PostedEvent>;

/** Drafts of one type of event. */
export type DraftOf<Type extends Draft['type']> = Extract<Draft, { readonly type: Type }>;
