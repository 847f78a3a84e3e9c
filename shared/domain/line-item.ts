import type { InvoiceLine } from './invoice-line.ts';
import type { LegacyUsageLine } from './legacy-usage-line.ts';
import type { LicenseLine } from './license-line.ts';

/* Line items as a dataset keeps them: with the part of the download that they stand in. */

export type LicenseItem = LicenseLine & { readonly part: number };
export type LegacyUsageItem = LegacyUsageLine & { readonly part: number };
export type LineItem = InvoiceLine | LicenseItem | LegacyUsageItem;
