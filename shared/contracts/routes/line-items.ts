import { z } from 'zod';
import { roles } from '../../domain/caller.ts';
import type { AudienceColumn } from '../../domain/file-columns.ts';
import { audiences, type FileKind, isCustomerFileKind } from '../../domain/file-kinds.ts';
import { columnsFor } from '../../domain/file-lines.ts';
import { defineRoute } from '../route.ts';
import { idFilter, pageOf } from '../route-values.ts';
import { decimalText } from '../values.ts';

/** Why a line has no prices; `code` and `message` tell people of the CSP what to change. */
const unpriced = z.strictObject({ code: z.string(), message: z.string() });

const values = {
  text: z.string(),
  id: z.string(),
  decimal: decimalText,
  money: decimalText,
  rate: decimalText,
  day: z.iso.date(),
} as const satisfies Record<AudienceColumn['type'], z.ZodType>;

const seenBy = {
  csp: 'the CSP',
  reseller: 'the CSP and the reseller',
  customer: 'the customer',
} as const satisfies Record<AudienceColumn['audience'], string>;

/** A line with the columns of the files of its kind, under their names; which of them are there, the audience decides. */
function lineItemOf(kind: FileKind) {
  const partner = columnsFor(kind, 'csp');
  const customer = isCustomerFileKind(kind) ? columnsFor(kind, 'customer') : {};
  const columns = Object.entries({ ...customer, ...partner }).map(([name, { type, audience }]) => {
    const seen = name in customer && name in partner ? `${seenBy[audience]}; the customer too` : seenBy[audience];
    return [name, values[type].exactOptional().describe(`Seen by ${seen}`)] as const;
  });
  return z.strictObject({
    ...Object.fromEntries(columns),
    /** For the CSP's own eyes: the place of the line tells how many others' there are before it. */
    source: z
      .strictObject({ part: z.int().nonnegative(), line: z.int().positive() })
      .exactOptional()
      .describe('Where the line stands in the files of the invoice; for the CSP alone'),
    unpriced: unpriced.exactOptional().describe('Why the line has no prices; there only where it has none'),
  });
}

function lineItems(kind: FileKind, summary: string) {
  const path: string = `invoices/{invoiceId}/${kind}-lineitems`;
  return defineRoute({
    method: 'GET',
    path,
    tag: 'Line items',
    summary,
    description:
      'The columns and prices are those of the reconciliation file of the same audience, priced with the present ' +
      'catalogue; a column in which a line has nothing is left out. A page may have fewer lines than asked for, also ' +
      'none, while `nextLink` leads on.',
    callers: isCustomerFileKind(kind) ? roles : (['csp.operator', 'csp.reader', 'reseller'] as const),
    params: { invoiceId: idFilter.describe('The number of the invoice; letter case does not matter') },
    query: z.strictObject({
      customerId: z.guid().exactOptional().describe("The customer's tenant"),
      resellerMpnId: z
        .string()
        .regex(/^\d{1,20}$/)
        .exactOptional()
        .describe('Only lines that this reseller sold; not open to customers'),
      subscriptionId: idFilter.exactOptional().describe('As the lines name it'),
      audience: z
        .enum(audiences)
        .exactOptional()
        .describe("Whose columns and prices; the caller's own where it is not said"),
    }),
    isPaged: true,
    answers: { 200: { description: 'A page of lines', body: pageOf(lineItemOf(kind)) } },
    errors: [409],
  });
}

export const lineItemRoutes = {
  listOnetimeLineItems: lineItems('onetime', 'The new-commerce line items of an invoice'),
  listLicenseLineItems: lineItems('license', 'The licence-based line items of a legacy invoice'),
  listUsageLineItems: lineItems('usage', 'The usage line items of a legacy invoice'),
  listDailyRatedUsageLineItems: lineItems('dailyratedusage', 'The daily rated usage of an invoice'),
};
