import type { MetricPage } from '../definition/page.ts';

const source = 'The metric contract, ‘Costs, lifetime value, unit economics’';

const nonRecurring: MetricPage = {
  name: 'mrr-with-non-recurring',
  title: 'MRR with non-recurring revenue',
  views: ['mrr_with_non_recurring_monthly'],
  meaning:
    'The ‘expansion MRR’ of customer-success writing: MRR at the month’s end and what was sold once in it.',
  formula: ['total = active customers * ARPA + (purchases - refunds of the month)'],
  rules: [
    [
      'Every month from the first movement or sale to the one under way has a row; a refund counts in its own month.',
      14,
      26,
    ],
  ],
  examples: [
    {
      given: '200 active customers at an ARPA of $50; $3,000 sold once and $500 refunded.',
      results: [
        ['mrr', '200 * 50', '10000'],
        ['non_recurring_revenue', '3000 - 500', '2500'],
        ['total', '10000 + 2500', '12500'],
      ],
    },
  ],
  source: 'The metric contract, ‘Recurring revenue’.',
};

const customerValue: MetricPage = {
  name: 'customer-value',
  title: 'Value of each customer to date',
  views: ['customer_value'],
  meaning: 'What each customer has brought until now: purchases and recurring revenue.',
  formula: [
    'recurring_revenue_to_date = MRR summed over time up to now, a month being 365/12 days',
    'value_to_date = revenue - refunds + recurring_revenue_to_date',
  ],
  rules: [['`revenue` is gross; `mrr` is as of now.', 17]],
  examples: [
    {
      given: 'A customer bought for $50 and $30, got $30 back, and has had an MRR of $100 for 73 days.',
      results: [
        ['revenue', '50 + 30', '80'],
        ['recurring_revenue_to_date', '100 * 73 / (365 / 12)', '240'],
        ['value_to_date', '80 - 30 + 240', '290'],
      ],
    },
  ],
  source: 'The metric contract, ‘Sales, loyalty, repeat purchase’.',
};

const clv: MetricPage = {
  name: 'lifetime-value',
  title: 'Customer lifetime value (CLV)',
  views: ['clv_monthly'],
  meaning:
    'What a customer is worth over the whole relation, in its four forms: by purchases, by contribution, discounted, and net to date. Over the 12 months that end with the row’s.',
  formula: [
    'clv_purchase = average_purchase_value * purchase_frequency * lifespan_months',
    'contribution_per_period = ARPA - crc',
    'clv_contribution = contribution_per_period * lifespan_months',
    'clv_discounted = contribution_per_period * (1 - (1 + i)^-lifespan_months) / i, i = (1 + DISCOUNT_RATE)^(1/12) - 1',
    'clv_net = (net revenue + recurring revenue - all costs, to date) / customers ever',
    'lifespan_months = customers at the starts of the months / customers lost',
  ],
  rules: [
    [
      'Purchases per buyer are divided by 12 months, or by the months since the first purchase when there are fewer.',
      41,
    ],
    [
      'Without churn the lifespan is the buyers’ mean time from first to last purchase, in months of 365/12 days.',
      41,
    ],
    [
      'Without churn in the 12 months and without a buyer of two purchases nobody has shown a lifespan yet: it is null, and so are `clv_purchase`, `clv_contribution` and `clv_discounted`.',
      51,
    ],
    ['One rounding per figure, half to even at the 6th decimal; null without what it divides by.', 10],
  ],
  examples: [
    {
      given: '$50 a purchase, 3 purchases a month; 5 customers lost of 120 at the starts of the months.',
      results: [
        ['lifespan_months', '120 / 5', '24'],
        ['clv_purchase', '50 * 3 * 24', '3600'],
      ],
    },
    {
      given: 'An ARPA of $59, $40 to serve a customer, 24 months, a discount rate of 0.10 a year.',
      results: [
        ['contribution_per_period', '59 - 40', '19'],
        ['clv_contribution', '(59 - 40) * 24', '456'],
        ['clv_discounted', '19 * (1 - 1.1 ^ -2) / (1.1 ^ (1 / 12) - 1)', '413.526786'],
      ],
    },
  ],
  source: `${source}; discounting as the present value of an annuity.`,
};

const economics: MetricPage = {
  name: 'unit-economics',
  title: 'Unit economics: CLV / CAC',
  views: ['unit_economics_monthly'],
  meaning: 'Whether a customer is worth more than winning one costs.',
  formula: [
    'clv_cac = clv / cac',
    'verdict = healthy from 3 on, thin above 1, else losing',
    'profit_per_customer = clv - cac',
  ],
  rules: [
    [
      '`clv` is `clv_contribution` where there is an ARPA, else `clv_purchase`; `cac` is over all segments.',
      41,
    ],
    ['The literature’s ‘profit per customer’ quotient is `clv_cac`.', 41],
    [
      'While nobody has shown a lifespan, `clv`, `clv_cac` and `profit_per_customer` are null and `verdict` is empty: a first month is not `losing`.',
      51,
    ],
  ],
  examples: [
    {
      given: 'A CLV of $600 at a CAC of $200.',
      results: [
        ['clv_cac', '600 / 200', '3'],
        ['verdict', '3 or more', 'healthy'],
        ['profit_per_customer', '600 - 200', '400'],
      ],
    },
    {
      given: 'The first month: 20 customers won for $100 in all, each bought once for $50, none was lost.',
      results: [
        ['clv', 'no lifespan yet', 'null'],
        ['cac', '100 / 20', '5'],
        ['clv_cac', 'no lifespan yet', 'null'],
        ['verdict', 'no lifespan yet', 'empty'],
      ],
    },
  ],
  source: `${source}; the customary 3 : 1 of lifetime value to acquisition cost.`,
};

const health: MetricPage = {
  name: 'customer-health',
  title: 'Customer health',
  views: ['customer_health'],
  meaning:
    'How each customer is doing as of now, from 0 to 100, out of what is known: usage, satisfaction, support, payment, growth. The weights are HEALTH_WEIGHTS.',
  formula: [
    'health = sum of weight * part / sum of weights, over the parts that are known',
    'usage = min(100, 100 * engagements of 30 days / (those of the 90 days before / 3))',
    'satisfaction = mean of the last nps, csat and ces answers within 180 days, each rescaled to 0-100',
    'support = max(0, 100 - 20 * open cases - 10 * reopenings in 90 days)',
    'payment = 100 in force, 50 with a cancellation pending, 0 lost',
    'growth = 50 + 50 * clamp((MRR now - MRR 90 days ago) / MRR 90 days ago, -1, 1)',
    'band = healthy from 70 on, watch from 40 on, else at_risk',
  ],
  rules: [
    ['A part without data is null and the others are reweighted; who has no part has no row.', 44],
    [
      '`support` is known when there was a case within 180 days, `growth` when there was MRR 90 days ago.',
      44,
    ],
  ],
  examples: [
    {
      given:
        '20 engagements in 30 days and 60 in the 90 before; no survey; one open case; paying; MRR from $100 to $110; the default weights.',
      results: [
        ['usage', '100 * 20 / (60 / 3)', '100'],
        ['support', '100 - 20 * 1 - 10 * 0', '80'],
        ['payment', 'in force', '100'],
        ['growth', '50 + 50 * (110 - 100) / 100', '55'],
        ['health', '(30 * 100 + 15 * 80 + 20 * 100 + 15 * 55) / (30 + 15 + 20 + 15)', '87.8125'],
        ['band', '70 or more', 'healthy'],
      ],
    },
  ],
  source: 'The metric contract, ‘The rest’; rule 44.',
};

/** Pages on what customers are worth and how they are doing: several families together. */
export const valuePages: readonly MetricPage[] = [nonRecurring, customerValue, clv, economics, health];
