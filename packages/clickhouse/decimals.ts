/** Exact sums of numbers as ClickHouse writes them: decimals, whole numbers of any size, and floats with an exponent. */

type Scaled = { readonly digits: bigint; readonly places: number };

const form = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/;

function scaled(text: string): Scaled | undefined {
  const match = form.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const places = fraction.length - Number(exponent);
  const digits = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n);
  return places >= 0 ? { digits, places } : { digits: digits * 10n ** BigInt(-places), places: 0 };
}

/** The sum of two numbers; `null` where one is no number. */
export function plus(a: string, b: string): string | null {
  const [one, other] = [scaled(a), scaled(b)];
  if (one === undefined || other === undefined) return null;
  const places = Math.max(one.places, other.places);
  const at = ({ digits, places: own }: Scaled): bigint => digits * 10n ** BigInt(places - own);
  return textOf({ digits: at(one) + at(other), places });
}

/** A number less another; `null` where one is no number. */
export function minus(a: string, b: string): string | null {
  return plus(a, b.startsWith('-') ? b.slice(1) : `-${b}`);
}

function textOf({ digits, places }: Scaled): string {
  const text = (digits < 0n ? -digits : digits).toString().padStart(places + 1, '0');
  const whole = text.slice(0, text.length - places);
  const fraction = text.slice(text.length - places).replace(/0+$/, '');
  return `${digits < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}
