import { CannotAnswer } from './cannot.ts';
import { aboutCells, type CellsAsked, type Figures, readCells } from './figures.ts';
import { periodOf } from './periods.ts';

/** Which movements of `mrr_movements` a metric is made of; `all` for every one. */
const movementsOf: { readonly [metric: string]: readonly string[] | 'all' } = {
  'mrr.new': ['new'],
  'mrr.expansion': ['expansion'],
  'mrr.reactivation': ['reactivation'],
  'mrr.contraction': ['contraction'],
  'mrr.churn': ['churn'],
  'mrr.net': 'all',
  'churn.customers_new': ['new'],
  'churn.customers_lost': ['churn'],
  'churn.customers_reactivated': ['reactivation'],
};

const customersMax = 500;

type Behind = { readonly customer_id: string; readonly amount: string };

/**
 * The customers behind one cell with the events that moved them; what they sum up to is compared with the cell.
 *
 * @throws CannotAnswer, Failure.
 */
export async function customersBehind(
  figures: Figures,
  asked: Omit<CellsAsked, 'known_at'> & { readonly period: string },
) {
  const period = periodOf(asked.grain, asked.period, figures.zone);
  const about = await aboutCells(figures, asked, [period]);
  const movements = movementsOf[about.metric];
  if (movements === undefined)
    throw new CannotAnswer(
      `Nobody is listed behind ${about.metric}.`,
      `Customers are known behind ${Object.keys(movementsOf).join(', ')}.`,
    );
  const { rows } = await readCells(figures, { ...asked, from: asked.period, to: asked.period });
  const column = {
    hour: 'toStartOfHour(m.occurred_at, {zone:String})',
    day: 'toDate(m.occurred_at, {zone:String})',
    week: 'toStartOfWeek(m.occurred_at, 1, {zone:String})',
    month: 'toStartOfMonth(m.occurred_at, {zone:String})',
  }[asked.grain];
  const { currency } = asked.where ?? {};
  const customers = await figures.reader.rows<Behind>({
    query: `SELECT m.customer_id, m.currency, m.movement, m.amount, m.occurred_at, m.reason, m.event_id
FROM tidemark.mrr_movements AS m
WHERE ${column} = {period:Date} ${movements === 'all' ? '' : 'AND has({movements:Array(String)}, m.movement)'}
  ${currency === undefined ? '' : 'AND m.currency = {currency:String}'}
ORDER BY abs(m.amount) DESC, m.customer_id, m.occurred_at LIMIT ${customersMax + 1}`,
    query_params: {
      zone: figures.zone,
      period: period.key,
      ...(movements === 'all' ? {} : { movements }),
      ...(currency === undefined ? {} : { currency }),
    },
  });
  if (customers.length > customersMax)
    throw new CannotAnswer(`Those are more than ${customersMax} movements.`, 'Ask for a shorter period.');
  const { value } = rows[0]!;
  const found = about.metric.startsWith('mrr.') ? sumOf(customers) : BigInt(customers.length) * 1_000_000n;
  if (found !== microsOf(String(value)))
    throw new CannotAnswer(
      `The list does not add up to the figure ${value}, so it is not shown.`,
      'A movement may have come meanwhile: ask again. audit_imbalances shows lasting contradictions.',
    );
  return { ...about, period: asked.period, value, customers };
}

const sumOf = (customers: readonly Behind[]): bigint =>
  customers.reduce((sum, { amount }) => sum + microsOf(amount), 0n);

/** Decimal text as micros. */
function microsOf(text: string): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  const micros = BigInt(whole.replace('-', '')) * 1_000_000n + BigInt(fraction.padEnd(6, '0'));
  return whole.startsWith('-') ? -micros : micros;
}
