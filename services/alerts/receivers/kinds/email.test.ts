import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { test } from 'node:test';
import { SMTPServer } from 'smtp-server';
import { atEnd, receiverWith, send } from '../../deliver/delivery.fixtures.ts';
import type { Receiver } from '../receiver.ts';

test('mail has one Message-ID for all attempts; a refusal is final, an error or no answer is retried', async () => {
  const mails: string[] = [];
  const start = async (refusal?: { code: number }): Promise<number> => {
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onRcptTo: (_address, _session, done) =>
        done(refusal === undefined ? null : Object.assign(new Error('no'), { responseCode: refusal.code })),
      onData: (stream, _session, done) => {
        let mail = '';
        stream.on('data', (part) => (mail += String(part)));
        stream.on('end', () => {
          mails.push(mail);
          done();
        });
      },
    });
    server.listen(0, '127.0.0.1');
    await once(server.server, 'listening');
    atEnd(() => server.close(() => undefined));
    return (server.server.address() as AddressInfo).port;
  };
  const mailbox = (port: number): Receiver =>
    receiverWith({
      kind: 'email',
      smtp: `smtp://127.0.0.1:${port}`,
      from: 'tidemark <alerts@example.com>',
      to: ['ada@example.com'],
    });
  const port = await start();
  assert.deepEqual(await send(mailbox(port)), { status: 'delivered' });
  assert.deepEqual(await send(mailbox(port)), { status: 'delivered' });
  const idOf = (mail: string): string | undefined => /^Message-ID: (.*)$/im.exec(mail)?.[1];
  assert.match(mails[0]!, /^Subject: \[FIRING\] More customers lost/m);
  assert.match(mails[0]!, /runbook: https:\/\/runbooks\.example/);
  assert.equal(idOf(mails[0]!), idOf(mails[1]!));
  assert.equal((await send(mailbox(await start({ code: 550 })))).status, 'refused');
  assert.equal((await send(mailbox(await start({ code: 451 })))).status, 'retry');
  const silent = createTcpServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  atEnd(() => silent.close());
  assert.equal((await send(mailbox((silent.address() as AddressInfo).port))).status, 'retry');
});

test('a password for mail is sent over TLS alone', async () => {
  const logins: unknown[] = [];
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _session, done) => {
      logins.push([username, password]);
      done(null, { user: username });
    },
  });
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  atEnd(() => server.close(() => undefined));
  const { port } = server.server.address() as AddressInfo;
  const smtp = `smtp://mailer:S3cretPw@127.0.0.1:${port}`;
  const mailbox = receiverWith({ kind: 'email', smtp, from: 'a@example.com', to: ['b@example.com'] });
  const outcome = await send(mailbox);
  assert.equal(outcome.status, 'refused');
  assert.match('reason' in outcome ? outcome.reason : '', /STARTTLS/);
  assert.deepEqual(logins, []);
});
