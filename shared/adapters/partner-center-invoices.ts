import { z } from 'zod';
import type { InvoiceRecord } from '../contracts/invoices.ts';
import { billingCycleOf, parseMicrosoftDay } from '../domain/calendar.ts';
import { parseDecimal, toText } from '../domain/decimal.ts';
import { TerminalError } from '../domain/terminal-error.ts';
import { requestJson } from './http-json.ts';

/** Reads the list of invoices from Partner Center's REST API, version 1. */
export type PartnerCenterAccess = { readonly baseUrl: string; readonly token: (tenantId: string) => Promise<string> };

const pageSize = 200;
/** 20,000 invoices: decades of them. */
const pagesMax = 100;

/** The fields that we use of an invoice. Amounts arrive as the text they were written with. */
const invoiceFields = z.object({
  id: z.string(),
  invoiceDate: z.string(),
  billingPeriodStartDate: z.string().optional(),
  billingPeriodEndDate: z.string().optional(),
  totalCharges: z.string(),
  currencyCode: z.string(),
  documentType: z.string(),
  invoiceType: z.string(),
  amendsOf: z.string().nullish(),
});
type InvoiceFields = z.infer<typeof invoiceFields>;
const invoiceWithAmendments = invoiceFields.extend({ amendments: z.array(invoiceFields).nullish() });
const invoicePage = z.object({ items: z.array(invoiceWithAmendments) });

/** Every invoice that Partner Center lists for the tenant, with the documents that amend them. */
export async function listPartnerCenterInvoices(
  access: PartnerCenterAccess,
  tenantId: string,
): Promise<readonly InvoiceRecord[]> {
  const found = new Map<string, InvoiceFields>();
  for (let page = 0; page < pagesMax; page += 1) {
    const items = await readPage(access, tenantId, page * pageSize);
    const before = found.size;
    for (const { amendments, ...invoice } of items) {
      for (const document of [invoice, ...(amendments ?? [])]) found.set(document.id, document);
    }
    // Size and offset hold for legacy invoices only: the others come again on every page, so a page without news is the last.
    if (items.length < pageSize || found.size === before) break;
  }
  const records: InvoiceRecord[] = [];
  for (const invoice of found.values()) records.push(toRecord(tenantId, await withPeriod(access, tenantId, invoice)));
  return records;
}

async function readPage(access: PartnerCenterAccess, tenantId: string, offset: number) {
  const url = `${access.baseUrl}/v1/invoices?size=${pageSize}&offset=${offset}`;
  const { body } = await requestJson({ method: 'GET', url, headers: await headersOf(access, tenantId) }, [200]);
  return invoicePage.parse(body).items;
}

/** The list may leave the billing period out; the invoice itself has it. */
async function withPeriod(
  access: PartnerCenterAccess,
  tenantId: string,
  invoice: InvoiceFields,
): Promise<InvoiceFields> {
  if (invoice.billingPeriodStartDate !== undefined && invoice.billingPeriodEndDate !== undefined) return invoice;
  const url = `${access.baseUrl}/v1/invoices/${encodeURIComponent(invoice.id)}`;
  const { body } = await requestJson({ method: 'GET', url, headers: await headersOf(access, tenantId) }, [200]);
  return invoiceFields.parse(body);
}

async function headersOf(access: PartnerCenterAccess, tenantId: string): Promise<Record<string, string>> {
  return { authorization: `Bearer ${await access.token(tenantId)}` };
}

function toRecord(tenantId: string, invoice: InvoiceFields): InvoiceRecord {
  const periodStart = dayOf(invoice, 'billingPeriodStartDate');
  const total = parseDecimal(invoice.totalCharges);
  if (total === undefined)
    throw new TerminalError(`Invoice ${invoice.id}, totalCharges: '${invoice.totalCharges}' is not a decimal`);
  return {
    version: 1,
    tenantId,
    invoiceId: invoice.id,
    type: invoice.invoiceType.toLowerCase().replace('_', '') === 'onetime' ? 'newCommerce' : 'legacy',
    documentType: documentTypeOf(invoice),
    billingCycle: billingCycleOf(periodStart),
    periodStart,
    periodEnd: dayOf(invoice, 'billingPeriodEndDate'),
    invoiceDate: dayOf(invoice, 'invoiceDate'),
    currency: invoice.currencyCode,
    total: toText(total),
    ...(invoice.amendsOf == null || invoice.amendsOf === '' ? {} : { amendsInvoiceId: invoice.amendsOf }),
  };
}

function dayOf(
  invoice: InvoiceFields,
  field: 'billingPeriodStartDate' | 'billingPeriodEndDate' | 'invoiceDate',
): string {
  const text = invoice[field] ?? '';
  const day = parseMicrosoftDay(text);
  if (day === undefined) throw new TerminalError(`Invoice ${invoice.id}, ${field}: '${text}' is not a day`);
  return day;
}

/** Microsoft's documents and its examples spell these differently. */
function documentTypeOf(invoice: InvoiceFields): InvoiceRecord['documentType'] {
  switch (invoice.documentType.toLowerCase().replaceAll(/[_ ]/g, '')) {
    case 'invoice':
      return 'invoice';
    case 'voidnote':
      return 'voidNote';
    case 'adjustmentnote':
    case 'creditnote':
      return 'creditNote';
    default:
      return 'other';
  }
}
