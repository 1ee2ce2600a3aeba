import { createHmac, timingSafeEqual } from 'node:crypto';

/** How old or how far ahead a signature may be, in seconds: what the libraries of Stripe allow. */
const toleranceS = 300;

/** Secrets between commas. */
export function stripeSecretsIn(setting: string): readonly string[] {
  return setting
    .split(',')
    .map((secret) => secret.trim())
    .filter((secret) => secret !== '');
}

/**
 * Checks the header `Stripe-Signature`: `t=<seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>">`.
 *
 * @param body The bytes as they came.
 * @param nowMs Milliseconds since the epoch.
 * @returns What is wrong with it, in a sentence; `undefined` when one of the secrets has signed.
 * @see https://docs.stripe.com/webhooks/signature#verify-manually
 */
export function stripeSignatureFault(
  header: string | undefined,
  body: Buffer,
  secrets: readonly string[],
  nowMs: number,
): string | undefined {
  const parts = (header ?? '').split(',').map((part) => part.trim());
  const time = parts.find((part) => part.startsWith('t='))?.slice(2) ?? '';
  const given = parts.filter((part) => part.startsWith('v1=')).map((part) => Buffer.from(part.slice(3)));
  if (!/^\d{1,12}$/.test(time) || given.length === 0)
    return 'The header Stripe-Signature is missing or has no "t" and "v1".';
  const expected = secrets.map((secret) =>
    Buffer.from(createHmac('sha256', secret).update(`${time}.`).update(body).digest('hex')),
  );
  const isSigned = expected.some((one) =>
    given.some((signature) => signature.length === one.length && timingSafeEqual(signature, one)),
  );
  if (!isSigned) return 'The signature is not of a secret in COLLECTOR_STRIPE_SECRETS.';
  return Math.abs(nowMs / 1_000 - Number(time)) > toleranceS
    ? `The signature is more than ${toleranceS} seconds off this clock; Stripe signs each delivery anew.`
    : undefined;
}
