import type { Comparison } from './reconcile.ts';

/** The other side of a comparison, as people call it. */
export const comparedNames = {
  costexport: 'cost export',
  invoicelines: 'line items',
} as const satisfies Record<Comparison['comparedWith'], string>;
