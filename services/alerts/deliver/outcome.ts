/** What became of an attempt to deliver. */
export type Outcome =
  | { readonly status: 'delivered' }
  /** It may work later; `afterMs` is what the receiver asks to wait. */
  | { readonly status: 'retry'; readonly reason: string; readonly afterMs?: number }
  /** It will not work later either. */
  | { readonly status: 'refused'; readonly reason: string };
