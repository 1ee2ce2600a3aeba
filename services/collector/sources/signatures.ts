import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** How old or how far ahead a signature may be, in seconds: what the libraries of Stripe allow. */
const toleranceS = 300;

/** What a signature is checked with. */
export type Signing = {
  /** The bytes as they came. */
  readonly body: Buffer;
  /** Any of them may have signed. */
  readonly secrets: readonly string[];
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
};

/** What is wrong with the signature of a delivery, in a sentence; `undefined` when one of the secrets has signed. */
export type SignatureCheck = (headers: IncomingHttpHeaders, signing: Signing) => string | undefined;

/** Secrets between commas. */
export function secretsIn(setting: string): readonly string[] {
  return setting
    .split(',')
    .map((secret) => secret.trim())
    .filter((secret) => secret !== '');
}

/** Whether one of the signatures is the HMAC-SHA256 of the parts by one of the secrets. */
function isSigned(
  given: readonly string[],
  secrets: readonly string[],
  parts: readonly (string | Buffer)[],
  encoding: 'hex' | 'base64',
): boolean {
  return secrets.some((secret) => {
    const hmac = createHmac('sha256', secret);
    for (const part of parts) hmac.update(part);
    const expected = Buffer.from(hmac.digest(encoding));
    return given
      .map((signature) => Buffer.from(signature))
      .some((signature) => signature.length === expected.length && timingSafeEqual(signature, expected));
  });
}

const unknownSecret = (setting: string): string => `The signature is not of a secret in ${setting}.`;

function skewFault(atS: number, nowMs: number): string | undefined {
  return Math.abs(nowMs / 1_000 - atS) > toleranceS
    ? `The signature is more than ${toleranceS} seconds off this clock; each delivery is signed anew.`
    : undefined;
}

/**
 * Checks `Stripe-Signature`: `t=<seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>">`.
 *
 * @see https://docs.stripe.com/webhooks/signature#verify-manually
 */
export const stripeSignature: SignatureCheck = (headers, { body, secrets, nowMs }) => {
  const parts = String(headers['stripe-signature'] ?? '')
    .split(',')
    .map((part) => part.trim());
  const time = parts.find((part) => part.startsWith('t='))?.slice(2) ?? '';
  const given = parts.filter((part) => part.startsWith('v1=')).map((part) => part.slice(3));
  if (!/^\d{1,12}$/.test(time) || given.length === 0)
    return 'The header Stripe-Signature is missing or has no "t" and "v1".';
  if (!isSigned(given, secrets, [`${time}.`, body], 'hex')) return unknownSecret('COLLECTOR_STRIPE_SECRETS');
  return skewFault(Number(time), nowMs);
};

/**
 * Checks `X-Shopify-Hmac-Sha256`: base64 of the HMAC-SHA256 of the body. The scheme has no time.
 *
 * @see https://shopify.dev/docs/apps/build/webhooks/verify-deliveries
 */
export const shopifySignature: SignatureCheck = (headers, { body, secrets }) => {
  const given = headers['x-shopify-hmac-sha256'];
  if (typeof given !== 'string' || given === '') return 'The header X-Shopify-Hmac-Sha256 is missing.';
  return isSigned([given], secrets, [body], 'base64')
    ? undefined
    : unknownSecret('COLLECTOR_SHOPIFY_SECRETS');
};

/**
 * Checks `X-Zendesk-Webhook-Signature`: base64 of the HMAC-SHA256 of the text of `X-Zendesk-Webhook-Signature-Timestamp`
 * and the body, with nothing between.
 *
 * @see https://developer.zendesk.com/documentation/webhooks/verifying/
 */
export const zendeskSignature: SignatureCheck = (headers, { body, secrets, nowMs }) => {
  const given = headers['x-zendesk-webhook-signature'];
  const time = headers['x-zendesk-webhook-signature-timestamp'];
  const atMs = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  if (typeof given !== 'string' || given === '' || Number.isNaN(atMs))
    return 'The headers X-Zendesk-Webhook-Signature and -Timestamp are missing, or the second is no time.';
  if (!isSigned([given], secrets, [time as string, body], 'base64'))
    return unknownSecret('COLLECTOR_ZENDESK_SECRETS');
  return skewFault(atMs / 1_000, nowMs);
};
