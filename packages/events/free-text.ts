/**
 * An event without what somebody wrote in their own words: the comment of a survey. No number needs it. The same object when there
 * is none.
 */
export function withoutFreeText<E extends object>(event: E): E {
  return 'comment' in event && event.comment !== null ? { ...event, comment: null } : event;
}
