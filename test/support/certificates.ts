/** Certificates of a server on loopback, for tests of TLS. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A key with its certificate, which is its own authority. */
export type Certificate = {
  /** PKCS #12 file with the key. */
  readonly keyStore: string;
  readonly password: string;
  /** PEM file of the certificate: what a client has to trust. */
  readonly authority: string;
};

const run = promisify(execFile);

/**
 * Makes a certificate for 127.0.0.1 with the `keytool` of Java.
 *
 * @param name Of its files.
 * @param days For how many days it is valid, the first of them being the one `startsDaysAgo`.
 */
export async function makeCertificate(
  folder: string,
  name: string,
  { startsDaysAgo = 0, days = 2 } = {},
): Promise<Certificate> {
  const keyStore = join(folder, `${name}.p12`);
  const authority = join(folder, `${name}.pem`);
  const password = 'not-a-secret';
  const store = ['-alias', 'server', '-keystore', keyStore, '-storepass', password];
  const kind = ['-keyalg', 'EC', '-groupname', 'secp256r1', '-storetype', 'PKCS12'];
  const names = ['-dname', 'CN=127.0.0.1', '-ext', 'san=ip:127.0.0.1,dns:localhost'];
  const time = ['-startdate', `-${startsDaysAgo}d`, '-validity', String(days)];
  await run('keytool', ['-genkeypair', ...store, ...kind, ...names, ...time]);
  await run('keytool', ['-exportcert', '-rfc', ...store, '-file', authority]);
  return { keyStore, password, authority };
}
