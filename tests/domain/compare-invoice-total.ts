import {
  compareInvoiceSums,
  type InvoiceSumsInput,
  type InvoiceTotalComparison,
  type InvoiceTotalLimits,
} from '../../shared/domain/invoice-total.ts';
import { type LineAmounts, LineTally } from '../../shared/domain/line-sums.ts';

type InvoiceLines = Pick<InvoiceSumsInput, 'invoiceId' | 'documents'> & {
  readonly lines: readonly LineAmounts[];
  readonly limits: InvoiceTotalLimits;
};

/** The line items of an invoice against its header. */
export function compareInvoiceTotal({ lines, limits, ...of }: InvoiceLines): readonly InvoiceTotalComparison[] {
  const tally = new LineTally();
  for (const line of lines) tally.add(line);
  return compareInvoiceSums({ ...of, sums: tally.sorted(), limitsOf: () => limits });
}
