/** Through whom a line is sold. `removed`: there was a reseller, who has left the partnership; the CSP sells itself. */
export type LineReseller =
  | { readonly kind: 'none' }
  | { readonly kind: 'removed' }
  | { readonly kind: 'reseller'; readonly mpnId: string };

const none: LineReseller = { kind: 'none' };
const removed: LineReseller = { kind: 'removed' };

/**
 * What the reseller MPN id of a line says: blank or `0` no reseller, `-1` a reseller who was removed, else that
 * reseller. It is the line that says so, so a customer who changes reseller in mid-month belongs, line by line, to both.
 * Source: "Understand your bill and reconciliation data", Microsoft Partner Center, which writes the -1 with a dash.
 */
export function lineReseller(resellerMpnId: string): LineReseller {
  const text = resellerMpnId.trim();
  if (text === '' || /^0+$/.test(text)) return none;
  if (/^[-\u2010-\u2015\u2212]1$/.test(text)) return removed;
  return { kind: 'reseller', mpnId: foldMpnId(text) };
}

/** An MPN id in its one spelling: Microsoft writes it as a number in one file and as text in another. */
export function foldMpnId(text: string): string {
  return text.trim().replace(/^0+(?=\d)/, '');
}
