import { createHash } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { createTransport } from 'nodemailer';
import { isPublic, PrivateAddress } from '../../deliver/addresses.ts';
import { plainTextOf } from '../../deliver/message.ts';
import type { Outcome } from '../../deliver/outcome.ts';
import { receiverKind, type Outgoing, type Transport } from '../receiver.ts';

type Email = { readonly smtp: string; readonly from: string; readonly to: readonly string[] };

/** Mail by SMTP. The Message-ID is the delivery's id, so that a mail program shows a repetition once. */
export const receiver = receiverKind<Email>({
  kind: 'email',
  summary: 'Mail by SMTP; the mails of one incident are one thread.',
  required: ['smtp', 'from', 'to'],
  fields: {
    smtp: {
      type: 'string',
      description:
        'The mail server: `smtps://user:password@mail.example.com` or `smtp://…`. A password is sent over TLS alone.',
    },
    from: { type: 'string', description: 'Sender, e.g. `tidemark <alerts@example.com>`.' },
    to: { type: 'array', minItems: 1, items: { type: 'string' }, description: 'Recipients.' },
  },
  parse: (fields) => ({ smtp: fields.url('smtp'), from: fields.text('from'), to: fields.texts('to') }),
  send: sendMail,
});

async function sendMail(
  { smtp, from, to }: Email,
  { id, message, notification }: Outgoing,
  { allowPrivate, timeoutMs }: Transport,
): Promise<Outcome> {
  try {
    const url = new URL(smtp);
    const name = url.hostname.replace(/^\[|\]$/g, '');
    const address = isIP(name) === 0 ? (await lookup(name)).address : name;
    if (!allowPrivate && !isPublic(address)) throw new PrivateAddress(name, address);
    const isSecure = url.protocol === 'smtps:';
    const transport = createTransport({
      // The checked address: the name may resolve to another one the next time.
      host: address,
      port: Number(url.port || (isSecure ? 465 : 587)),
      secure: isSecure,
      // Who sits between could take STARTTLS out of the server's answer, and read the password.
      requireTLS: url.username !== '',
      tls: isIP(name) === 0 ? { servername: name } : {},
      ...(url.username === ''
        ? {}
        : { auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } }),
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
    });
    try {
      await transport.sendMail({
        from,
        to: [...to],
        subject: message.subject,
        text: plainTextOf(message),
        messageId: messageIdOf(id),
        references: [messageIdOf(notification.incident.id)],
      });
    } finally {
      transport.close();
    }
    return { status: 'delivered' };
  } catch (error) {
    if (error instanceof PrivateAddress) return { status: 'refused', reason: error.message };
    const { responseCode, message: reason } = error as { responseCode?: number; message: string };
    // 5xx is final by SMTP's definition; anything else may be temporary.
    if (responseCode !== undefined && responseCode >= 500) return { status: 'refused', reason };
    return { status: 'retry', reason };
  }
}

function messageIdOf(id: string): string {
  return `<${createHash('sha256').update(id).digest('hex').slice(0, 32)}@tidemark>`;
}
