import type { Post } from '../deliver/http.ts';
import type { Message } from '../deliver/message.ts';
import type { Outcome } from '../deliver/outcome.ts';
import type { Notification, Severity } from '../lifecycle/alert.ts';

/** What is sent to a receiver. */
export type Outgoing = {
  /** Id of the delivery: the same at every attempt, so that a receiver can drop a repetition. */
  readonly id: string;
  readonly notification: Notification;
  /** The notification as text. */
  readonly message: Message;
  /** Wall clock of the attempt, milliseconds. */
  readonly now: number;
};

/** How receivers are reached. */
export type Transport = {
  /** Posts by HTTP. Never throws. */
  readonly post: (post: Post) => Promise<Outcome>;
  /** Whether private addresses are allowed. */
  readonly allowPrivate: boolean;
  /** For connecting, and for an answer, milliseconds. */
  readonly timeoutMs: number;
};

/** Sends once. Never throws. */
export type Send = (outgoing: Outgoing, transport: Transport) => Promise<Outcome>;

/** A receiver of the rules file: who it is, which severities it gets, and how to send to it. */
export type Receiver = {
  readonly name: string;
  readonly kind: string;
  readonly severities: readonly Severity[];
  readonly send: Send;
};

/** Reads the fields of a receiver; `${NAME}` is replaced from the environment. Mistakes are reported, not thrown. */
export type Fields = {
  readonly has: (field: string) => boolean;
  /** @returns `''` after a mistake. */
  readonly text: (field: string) => string;
  /** @returns `''` after a mistake. */
  readonly url: (field: string) => string;
  readonly texts: (field: string) => readonly string[];
};

/** A field as JSON Schema has it. `description` says what it is for, in the schema and in docs/alert-receivers.md. */
export type FieldSchema = { readonly type: 'string' | 'array'; readonly description: string } & {
  readonly [keyword: string]: unknown;
};

/** The fields of a kind beside `name`, `kind` and `severities`, which every receiver has. */
export type FieldSchemas = { readonly [field: string]: FieldSchema };

/** A kind of receiver: everything the service and the docs know about it. */
export type ReceiverKind = {
  /** What the rules file calls it. */
  readonly kind: string;
  /** One sentence for the docs. */
  readonly summary: string;
  readonly required: readonly string[];
  readonly fields: FieldSchemas;
  readonly read: (fields: Fields) => Send;
};

/**
 * Defines a kind of receiver.
 *
 * @param kind `parse` reads the fields of the rules file, `send` sends with what they say.
 */
export function receiverKind<Config>(
  kind: Omit<ReceiverKind, 'read'> & {
    readonly parse: (fields: Fields) => Config;
    readonly send: (config: Config, outgoing: Outgoing, transport: Transport) => Promise<Outcome>;
  },
): ReceiverKind {
  const { parse, send, ...described } = kind;
  return {
    ...described,
    read(fields) {
      const config = parse(fields);
      return (outgoing, transport) => send(config, outgoing, transport);
    },
  };
}

/** Defines a kind of receiver that takes one HTTP request: `format` makes it. */
export function httpReceiverKind<Config>(
  kind: Omit<ReceiverKind, 'read'> & {
    readonly parse: (fields: Fields) => Config;
    readonly format: (config: Config, outgoing: Outgoing) => Post;
  },
): ReceiverKind {
  const { format, ...rest } = kind;
  return receiverKind<Config>({
    ...rest,
    send: (config, outgoing, { post }) => post(format(config, outgoing)),
  });
}
