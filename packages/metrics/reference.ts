import { cartSection } from './cart/reference.ts';
import { contactSection } from './contact/reference.ts';
import { engagementPage } from './engagement/reference.ts';
import type { MetricSection } from './definition/reference.ts';
import { mentionSection } from './mention/reference.ts';
import { purchaseSection } from './purchase/reference.ts';
import { readingPages } from './reading/reference.ts';
import { referralPage } from './referral/reference.ts';
import { subscriptionSection } from './subscription/reference.ts';
import { surveySection } from './survey/reference.ts';
import { trustSection } from './trust/reference.ts';
import { valueSection } from './value/reference.ts';

/** The metric reference: every page, in the order of the index. `npm run docs` writes it to docs/metrics. */
export const metricReference: readonly MetricSection[] = [
  subscriptionSection,
  purchaseSection,
  cartSection,
  contactSection,
  mentionSection,
  surveySection,
  valueSection,
  { title: 'The rest', pages: [referralPage, engagementPage, ...readingPages] },
  trustSection,
];
