import { Temporal } from 'temporal-polyfill';

/** @returns the day that `text` writes as `YYYY-MM-DD`; undefined for any other form and for impossible days */
export function parseDay(text: string): string | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  try {
    return Temporal.PlainDate.from(text, { overflow: 'reject' }).toString();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
