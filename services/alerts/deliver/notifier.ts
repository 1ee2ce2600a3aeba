import type { Alert } from '../lifecycle/alert.ts';
import type { Receiver, Transport } from '../receivers/receiver.ts';
import type { Rule } from '../rules/rule.ts';
import { poster } from './http.ts';
import { type Links, messageOf } from './message.ts';
import type { Delivery } from './outbox.ts';
import type { Outcome } from './outcome.ts';

/** What notifications link to and how receivers may be reached. */
export type NotifierOptions = {
  readonly rules: readonly Rule[];
  readonly dashboardUrl: URL;
  readonly runbookUrl: URL;
  readonly allowPrivate: boolean;
  readonly now: () => number;
  /** For connecting, and for an answer; ten seconds when left out. */
  readonly timeoutMs?: number;
};

/** Sends deliveries to their receivers. */
export type Notifier = {
  /** Makes one attempt. Never throws. */
  readonly deliver: (receiver: Pick<Receiver, 'send'>, delivery: Delivery) => Promise<Outcome>;
  readonly close: () => Promise<void>;
};

/** A notifier for all kinds of receivers. */
export function notifier(options: NotifierOptions): Notifier {
  const { rules, allowPrivate, timeoutMs = 10_000, now } = options;
  const byName = new Map(rules.map((rule) => [rule.name, rule]));
  const links = linksOf(options, byName);
  const { post, close } = poster({ allowPrivate, timeoutMs });
  const transport: Transport = { post, allowPrivate, timeoutMs };
  return {
    deliver({ send }, { id, notification }) {
      const message = messageOf(notification, (rule) => byName.get(rule)?.title ?? rule, links);
      return send({ id, notification, message, now: now() }, transport);
    },
    close,
  };
}

function linksOf({ dashboardUrl, runbookUrl }: NotifierOptions, byName: ReadonlyMap<string, Rule>): Links {
  return {
    dashboard({ id, worst }: Alert) {
      const url = new URL(dashboardUrl);
      url.searchParams.set('from', new Date(worst.from).toISOString());
      url.searchParams.set('to', new Date(worst.to).toISOString());
      url.hash = `alert=${encodeURIComponent(id)}`;
      return url.href;
    },
    runbook({ rule }: Alert) {
      const folder = runbookUrl.href.endsWith('/') ? runbookUrl : `${runbookUrl.href}/`;
      return new URL(`${byName.get(rule)?.runbook ?? rule}.md`, folder).href;
    },
  };
}
