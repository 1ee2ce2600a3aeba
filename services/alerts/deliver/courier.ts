import type { Episode } from '../life/episode.ts';
import type { Receiver, Rule } from '../rules/rule.ts';
import { postOf } from './formats.ts';
import { poster } from './http.ts';
import { sendMail } from './mail.ts';
import { type Links, messageOf } from './message.ts';
import type { Delivery } from './outbox.ts';
import type { Outcome } from './outcome.ts';

/** How messages are made and carried. */
export type CourierOptions = {
  readonly rules: readonly Rule[];
  readonly pageUrl: URL;
  readonly runbookUrl: URL;
  readonly allowPrivate: boolean;
  readonly now: () => number;
  /** For connecting and for an answer. */
  readonly timeoutMs?: number;
};

/** Carries deliveries to their receivers. */
export type Courier = {
  /** Tries once. Never throws. */
  readonly deliver: (receiver: Receiver, delivery: Delivery) => Promise<Outcome>;
  readonly close: () => Promise<void>;
};

/** A courier for all kinds of receivers. */
export function courier(options: CourierOptions): Courier {
  const { rules, allowPrivate, timeoutMs = 10_000, now } = options;
  const byName = new Map(rules.map((rule) => [rule.name, rule]));
  const links = linksOf(options, byName);
  const { post, close } = poster({ allowPrivate, timeoutMs });
  return {
    async deliver(receiver, { id, notice }) {
      const message = messageOf(notice, (rule) => byName.get(rule)?.title ?? rule, links);
      const parcel = { id, notice, message, now: now() };
      if (receiver.kind === 'email') return sendMail(receiver, parcel, { allowPrivate, timeoutMs });
      return post(postOf(receiver, parcel));
    },
    close,
  };
}

function linksOf({ pageUrl, runbookUrl }: CourierOptions, byName: ReadonlyMap<string, Rule>): Links {
  return {
    page({ id, worst }: Episode) {
      const url = new URL(pageUrl);
      url.searchParams.set('from', new Date(worst.from).toISOString());
      url.searchParams.set('to', new Date(worst.to).toISOString());
      url.hash = `alert=${encodeURIComponent(id)}`;
      return url.href;
    },
    runbook({ rule }: Episode) {
      const folder = runbookUrl.href.endsWith('/') ? runbookUrl : `${runbookUrl.href}/`;
      return new URL(`${byName.get(rule)?.runbook ?? rule}.md`, folder).href;
    },
  };
}
