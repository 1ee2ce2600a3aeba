/** The result of one attempt to deliver. */
export type Outcome =
  | { readonly status: 'delivered' }
  /** A later attempt may work; `afterMs` is how long the receiver asks to wait. */
  | { readonly status: 'retry'; readonly reason: string; readonly afterMs?: number }
  /** A later attempt would not work either. */
  | { readonly status: 'refused'; readonly reason: string };
