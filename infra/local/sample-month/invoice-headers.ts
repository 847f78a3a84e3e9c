import { addDays } from './billing-calendar.ts';
import type { Catalogue } from './catalogue.ts';
import { type Exact, formatExact } from './exact-decimal.ts';
import { jsonLine, textToken } from './json-line.ts';

/** Partner tenants that a stand-in of Partner Center serves. The secret is invented. */
export function tenantsJson({ partner }: Catalogue): string {
  const { tenantId, clientId, clientSecret, name } = partner;
  return `${JSON.stringify([{ tenantId, clientId, clientSecret, name }], undefined, 2)}\n`;
}

export type InvoiceTotals = {
  readonly onetimeTotal: Exact;
  readonly legacyTotal: Exact;
  readonly legacyPeriodStart: string;
  readonly legacyPeriodEnd: string;
};

/** The v1 invoice resources by tenant: the G invoice and the D invoice of the month. */
export function invoicesJson(catalogue: Catalogue, totals: InvoiceTotals): string {
  const { month, partner } = catalogue;
  const invoices = [
    invoiceJson(catalogue, {
      id: catalogue.invoiceId,
      invoiceType: 'OneTime',
      invoiceDate: addDays(month.nextFirstDay, 6),
      periodStart: month.firstDay,
      periodEnd: month.lastDay,
      total: totals.onetimeTotal,
      details: [
        { invoiceLineItemType: 'billing_line_items', billingProvider: 'one_time', request: 'onetime/billinglineitems' },
        { invoiceLineItemType: 'usage_line_items', billingProvider: 'one_time', request: 'onetime/usagelineitems' },
      ],
    }),
    invoiceJson(catalogue, {
      id: catalogue.legacyInvoiceId,
      invoiceType: 'Recurring',
      invoiceDate: addDays(totals.legacyPeriodEnd, 2),
      periodStart: totals.legacyPeriodStart,
      periodEnd: totals.legacyPeriodEnd,
      total: totals.legacyTotal,
      details: [
        { invoiceLineItemType: 'billing_line_items', billingProvider: 'office', request: 'office/billinglineitems' },
        { invoiceLineItemType: 'billing_line_items', billingProvider: 'azure', request: 'azure/billinglineitems' },
        { invoiceLineItemType: 'usage_line_items', billingProvider: 'azure', request: 'azure/usagelineitems' },
      ],
    }),
  ];
  return `{${textToken(partner.tenantId)}:[\n${invoices.join(',\n')}\n]}\n`;
}

type InvoiceDetail = {
  readonly invoiceLineItemType: string;
  readonly billingProvider: string;
  readonly request: string;
};

type InvoiceHeader = {
  readonly id: string;
  readonly invoiceType: 'OneTime' | 'Recurring';
  readonly invoiceDate: string;
  readonly periodStart: string;
  readonly periodEnd: string;
  readonly total: Exact;
  readonly details: readonly InvoiceDetail[];
};

function invoiceJson(catalogue: Catalogue, header: InvoiceHeader): string {
  const details = header.details.map(({ invoiceLineItemType, billingProvider, request }) => ({
    invoiceLineItemType,
    billingProvider,
    links: { self: link(`/invoices/${header.id}/lineitems/${request}`) },
    attributes: { objectType: 'InvoiceDetail' },
  }));
  return jsonLine([
    ['id', textToken(header.id)],
    ['invoiceDate', textToken(`${header.invoiceDate}T00:00:00Z`)],
    ['billingPeriodStartDate', textToken(`${header.periodStart}T00:00:00Z`)],
    ['billingPeriodEndDate', textToken(`${header.periodEnd}T00:00:00Z`)],
    ['totalCharges', formatExact(header.total)],
    ['paidAmount', '0'],
    ['currencyCode', textToken(catalogue.billingCurrency)],
    ['currencySymbol', textToken('€')],
    ['pdfDownloadLink', textToken(`/invoices/${header.id}/documents/statement`)],
    ['taxReceipts', '[]'],
    ['invoiceDetails', JSON.stringify(details)],
    ['amendments', '[]'],
    ['documentType', textToken('invoice')],
    ['amendsOf', 'null'],
    ['invoiceType', textToken(header.invoiceType)],
    ['status', textToken('Unpaid')],
    ['links', JSON.stringify({ self: link(`/invoices/${header.id}`) })],
    ['attributes', '{"objectType":"Invoice"}'],
  ]).trimEnd();
}

function link(uri: string): { readonly uri: string; readonly method: string; readonly headers: readonly string[] } {
  return { uri, method: 'GET', headers: [] };
}
