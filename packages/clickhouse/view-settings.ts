import { must, type SettingsOf, text } from '@tidemark/service/settings';

/** Settings that views are written with: text, validated since it gets into SQL. Spread it into a service's table. */
export const viewSettings = {
  REPORTING_TIMEZONE: must(
    text('Whose days, weeks and months the reports have.', 'UTC'),
    'an IANA time zone that ClickHouse knows, such as Europe/Berlin',
    (zone) => /^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(zone),
  ),
  REPORTING_CURRENCY: must(
    text('The currency of reports over several currencies.', 'USD'),
    'an ISO 4217 code such as EUR',
    (currency) => /^[A-Z]{3}$/.test(currency),
  ),
  DISCOUNT_RATE: must(
    text('What money loses of its worth in a year, for discounted lifetime values.', '0.10'),
    'a decimal fraction from 0 to 1, such as 0.10',
    (rate) => /^(0(\.\d{1,6})?|1(\.0{1,6})?)$/.test(rate),
  ),
  HEALTH_WEIGHTS: must(
    text(
      'How much usage, satisfaction, support, payment and growth weigh in a customer’s health, in this order.',
      '30,20,15,20,15',
    ),
    'five numbers separated by commas, not all 0, such as 30,20,15,20,15',
    (weights) => /^\d{1,6}(\.\d{1,6})?(,\d{1,6}(\.\d{1,6})?){4}$/.test(weights) && /[1-9]/.test(weights),
  ),
};

/** The values of `viewSettings`. */
export type ViewSettings = SettingsOf<typeof viewSettings>;

const placeholder = /\{\{\s*(\w+)\s*\}\}/g;

/** Puts settings in place of `{{NAME}}`. Throws a SyntaxError on a name that is no setting. */
export function fillIn(text: string, settings: ViewSettings): string {
  return text.replace(placeholder, (given, name: string) => {
    if (Object.hasOwn(settings, name)) return settings[name as keyof ViewSettings];
    throw new SyntaxError(`${given} is no setting; there are ${Object.keys(viewSettings).join(', ')}`);
  });
}
