import { createHash } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { createTransport } from 'nodemailer';
import type { Receiver } from '../rules/rule.ts';
import { isPublic, PrivateAddress } from './addresses.ts';
import type { Parcel } from './formats.ts';
import { textOf } from './message.ts';
import type { Outcome } from './outcome.ts';

type MailReceiver = Extract<Receiver, { readonly kind: 'email' }>;

/** Sends a message by SMTP, once. Never throws. Its Message-ID is the delivery's: mail programs show a repeat once. */
export async function sendMail(
  { smtp, from, to }: MailReceiver,
  { id, message, notice }: Parcel,
  { allowPrivate, timeoutMs }: { allowPrivate: boolean; timeoutMs: number },
): Promise<Outcome> {
  try {
    const url = new URL(smtp);
    const name = url.hostname.replace(/^\[|\]$/g, '');
    const address = isIP(name) === 0 ? (await lookup(name)).address : name;
    if (!allowPrivate && !isPublic(address)) throw new PrivateAddress(name, address);
    const isSecure = url.protocol === 'smtps:';
    const transport = createTransport({
      // The address that was checked, not whatever the name resolves to next.
      host: address,
      port: Number(url.port || (isSecure ? 465 : 587)),
      secure: isSecure,
      tls: isIP(name) === 0 ? { servername: name } : {},
      ...(url.username === ''
        ? {}
        : { auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } }),
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
    });
    const thread = (what: string): string =>
      `<${createHash('sha256').update(what).digest('hex').slice(0, 32)}@tidemark>`;
    try {
      await transport.sendMail({
        from,
        to: [...to],
        subject: message.subject,
        text: textOf(message),
        messageId: thread(id),
        references: [thread(notice.incident.id)],
      });
    } finally {
      transport.close();
    }
    return { status: 'delivered' };
  } catch (error) {
    if (error instanceof PrivateAddress) return { status: 'refused', reason: error.message };
    const { responseCode, message: reason } = error as { responseCode?: number; message: string };
    // 5xx is the server's final word; anything else may pass.
    if (responseCode !== undefined && responseCode >= 500) return { status: 'refused', reason };
    return { status: 'retry', reason };
  }
}
