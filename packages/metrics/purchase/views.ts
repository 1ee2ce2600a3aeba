import type { View } from '../sql/view.ts';
import { loyaltyViews } from './loyalty-views.ts';
import { salesViews } from './sales-views.ts';

/** Views of purchases. */
export const purchaseViews: readonly View[] = [...salesViews, ...loyaltyViews];
