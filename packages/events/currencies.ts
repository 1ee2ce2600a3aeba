/**
 * ISO 4217 codes by the exponent of their minor unit: list one as of 2026-01, without those whose minor unit is
 * "N.A." (XAU, XDR, XXX and the like). No package of the registry was right: the best kept one lacks XCG and XAD, and
 * gives gold and "no currency" the exponent 0.
 *
 * @see https://www.six-group.com/en/products-services/financial-information/data-standards.html
 */
const inForce: Readonly<Record<number, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  2:
    'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW ' +
    'CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF ' +
    'IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK ' +
    'MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP ' +
    'SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG ' +
    'YER ZAR ZMW ZWG',
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};

/** Withdrawn since 2010 (list three): subscriptions and purchases may be of any age. */
const withdrawn: Readonly<Record<number, string>> = {
  0: 'BYR',
  2: 'ANG BGN CUC EEK HRK LTL LVL MRO SLL STD VEF ZMK ZWL',
};

const exponents: ReadonlyMap<string, number> = new Map(
  [inForce, withdrawn].flatMap((table) =>
    Object.entries(table).flatMap(([exponent, codes]) =>
      codes.split(' ').map((code): [string, number] => [code, Number(exponent)]),
    ),
  ),
);

/**
 * Decimal places of a currency's minor unit: 2 for USD, 0 for JPY, 3 for KWD.
 *
 * @param code ISO 4217 code; case matters.
 * @returns `undefined` for an unknown code, and for one without an exponent (rule 34).
 */
export function exponentOf(code: string): number | undefined {
  return exponents.get(code);
}
