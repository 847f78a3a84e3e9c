import { gzipSync } from 'node:zlib';
import type { InvoiceRecord } from '../../shared/contracts/invoices.ts';

/* A month small enough to check by hand: one invoice, two Azure subscriptions, five meters, two files a side. */

export const tenantId = '11111111-1111-4111-8111-111111111111';
export const invoiceId = 'G000000001';
export const customerId = '22222222-2222-4222-8222-222222222222';
const subscriptionA = 'aaaaaaaa-0000-4000-8000-00000000000a';
const subscriptionB = 'bbbbbbbb-0000-4000-8000-00000000000b';
/** Partner Center's own subscription: the Azure plan that both Azure subscriptions are used under. */
export const planId = '44444444-4444-4444-8444-444444444444';
const meter = (digit: number) => `00000000-0000-4000-8000-00000000000${digit}`;

export const tinyInvoices: readonly InvoiceRecord[] = [
  {
    version: 1,
    tenantId,
    invoiceId,
    type: 'newCommerce',
    documentType: 'invoice',
    billingCycle: '2026-10',
    periodStart: '2026-10-01',
    periodEnd: '2026-10-31',
    invoiceDate: '2026-11-08',
    currency: 'EUR',
    total: '119',
  },
  {
    version: 1,
    tenantId,
    invoiceId: 'D000000001',
    type: 'legacy',
    documentType: 'invoice',
    billingCycle: '2026-10',
    periodStart: '2026-10-12',
    periodEnd: '2026-11-11',
    invoiceDate: '2026-11-12',
    currency: 'EUR',
    total: '20.00',
  },
];

type Usage = {
  readonly subscription: string;
  readonly meter: string;
  readonly day: string;
  readonly quantity: string;
  readonly price: string;
  readonly cost: string;
  readonly unit?: string;
};

const matchedUsage: readonly Usage[] = [
  {
    subscription: subscriptionA,
    meter: meter(1),
    day: '2026-10-01',
    quantity: '24',
    price: '0.1',
    cost: '2.0308863984',
  },
  {
    subscription: subscriptionA,
    meter: meter(1),
    day: '2026-10-02',
    quantity: '12.5',
    price: '0.1',
    cost: '1.0577533325',
  },
  {
    subscription: subscriptionA,
    meter: meter(3),
    day: '2026-10-02',
    quantity: '1',
    price: '4',
    cost: '3.384810664',
    unit: '1 Hour',
  },
];
const invoiceUsage: readonly Usage[] = [
  ...matchedUsage,
  {
    subscription: subscriptionA.toUpperCase(),
    meter: meter(2),
    day: '2026-10-03',
    quantity: '10',
    price: '2',
    cost: '16.92405332',
  },
  { subscription: subscriptionB, meter: meter(4), day: '2026-10-03', quantity: '1', price: '5', cost: '4.23101333' },
];
const exportUsage: readonly Usage[] = [
  ...matchedUsage.map((usage) => (usage.meter === meter(3) ? { ...usage, unit: '1 Hours' } : usage)),
  { subscription: subscriptionA, meter: meter(2), day: '2026-10-03', quantity: '9', price: '2', cost: '15.231647988' },
  { subscription: subscriptionB, meter: meter(5), day: '2026-10-04', quantity: '2', price: '1', cost: '1.692405332' },
];

export type TinyFile = { readonly name: string; readonly bytes: Buffer };

/** Line items of the legacy invoice, one set per file, as version 1 of Partner Center's API has them. */
export function tinyLegacyFiles(kind: 'license' | 'usage'): readonly TinyFile[] {
  const common = `"partnerId":"${tenantId}","customerId":"${customerId}"`;
  const plan = '33333333-3333-4333-8333-333333333333';
  const license =
    `{${common},"orderId":"566890604832738111","subscriptionId":"usCBMgAAAAAAAAIA","syndicationPartnerSubscriptionNumber":"${plan}",` +
    `"durableOfferId":"${plan}","chargeType":"Cycle fee","unitPrice":10.00,"quantity":2,"amount":20.00,"totalOtherDiscount":0,` +
    `"subtotal":20.00,"tax":0,"totalForCustomer":20.00,"currency":"EUR"}\n`;
  const usage = `{${common},"subscriptionId":"${plan}","resourceGuid":"${plan}","consumedQuantity":1.5`;
  const contents =
    kind === 'license'
      ? [['office-billinglineitems', license]]
      : [
          [
            'azure-billinglineitems',
            `${usage},"pretaxCharges":0.13,"taxAmount":0,"postTaxTotal":0.13,"currency":"EUR"}\n`,
          ],
          [
            'azure-usagelineitems',
            `${usage},"usageDate":"2026-10-12T00:00:00","meteredRegion":"EMEA","meteredService":"Storage","unit":"GB","chargeType":"usage"}\n`,
          ],
        ];
  return contents.map(([name, text]) => ({ name: `${name}.json`, bytes: Buffer.from(text ?? '') }));
}

/** Daily rated usage as Graph delivers it, in two files. */
export function tinyUsageFiles(): readonly TinyFile[] {
  return [invoiceUsage.slice(0, 3), invoiceUsage.slice(3)].map((rows, index) => ({
    name: `part-0000${index}-0a0a0a0a.c000.json.gz`,
    bytes: gzipSync(rows.map((row) => `${usageLine(row)}\n`).join('')),
  }));
}

/** Amounts are written as JSON numbers, with all their digits. */
function usageLine(row: Usage): string {
  return (
    `{"PartnerId":"${tenantId}","CustomerId":"${customerId}","InvoiceNumber":"${invoiceId}","UsageDate":"${row.day}T00:00:00Z",` +
    `"MeterId":"${row.meter}","MeterName":"Meter","MeterCategory":"Compute","MeterSubCategory":"","MeterRegion":"EU West","Unit":"${row.unit ?? '1 Hour'}",` +
    `"Quantity":${row.quantity},"EffectiveUnitPrice":${row.price},"BillingPreTaxTotal":${row.cost},"BillingCurrency":"EUR",` +
    `"SubscriptionId":"${planId}","ProductId":"DZH318Z0BNZ5","SkuId":"0001","EntitlementId":"${row.subscription}","EntitlementDescription":"Subscription ${row.subscription.slice(0, 1).toLowerCase()}"}`
  );
}

export function tinyLineFiles(): readonly TinyFile[] {
  const line = (subtotal: string, sku: string) =>
    `{"PartnerId":"${tenantId}","CustomerId":"${customerId}","CustomerName":"=Contoso","InvoiceNumber":"${invoiceId}","ResellerMpnId":"0","SubscriptionId":"${planId}","ProductId":"DZH318Z0BNZ5",` +
    `"SkuId":"${sku}","ChargeType":"new","UnitPrice":"0.1","Quantity":1,"Subtotal":${subtotal},"TaxTotal":0,"Total":${subtotal},"Currency":"EUR",` +
    `"EffectiveUnitPrice":0.1,"BillableQuantity":36.5,"PricingCurrency":"USD","SubscriptionDescription":"Azure plan"}\n`;
  return [{ name: 'part-00000-0b0b0b0b.c000.json.gz', bytes: gzipSync(line('3.08', '0001') + line('-1.5', '0002')) }];
}

const exportHeader =
  'invoiceId,partnerTenantId,customerTenantId,date,meterId,meterName,meterCategory,meterSubCategory,meterRegion,SubscriptionId,subscriptionName,publisherType,effectivePrice,quantity,unitOfMeasure,chargeType,billingCurrency,costInBillingCurrency,reservationId,PricingModel,provider';

export type TinyExportOptions = {
  /** Tells runs of one export apart. */
  readonly run?: number;
  readonly submittedTime?: string;
  readonly type?: string;
  /** Changes the text of the file `part`. */
  readonly edit?: (text: string, part: number) => string;
  /** Changes the bytes of the file `part` after its promises were made. */
  readonly damage?: (bytes: Buffer, part: number) => Buffer | undefined;
  /** The one file of the run, under this name and with these bytes, in place of the two of the tiny month. */
  readonly only?: { readonly name: string; readonly bytes: Buffer; readonly rows: number };
  /** Changes the manifest. */
  readonly promise?: (manifest: TinyExportManifest) => unknown;
};

type TinyExportManifest = ReturnType<typeof exportManifest>;

/** A cost export run: two CSV files and their manifest, under the names they have in the container. */
export function tinyCostExport(options: TinyExportOptions = {}): {
  readonly manifestName: string;
  readonly files: readonly TinyFile[];
} {
  const runId = `0c0c0c0c-0000-4000-8000-${String(options.run ?? 1).padStart(12, '0')}`;
  const folder = `exports/${options.type ?? 'actual'}/20261001-20261031/${runId}`;
  const rounding = `${invoiceId},${tenantId},,10/31/2026,,,RoundingAdjustment,RoundingAdjustment,,,,Microsoft,,0,,RoundingAdjustment,EUR,-0.0012,,,`;
  const lines = [exportUsage.slice(0, 2).map(exportLine), [...exportUsage.slice(2).map(exportLine), rounding]];
  const edit = options.edit ?? ((text) => text);
  const only = options.only;
  const files =
    only === undefined
      ? lines.map((part, index) => ({
          name: `${folder}/part_${index}_0001.csv.gz`,
          bytes: gzipSync(edit(`${[exportHeader, ...part].join('\r\n')}\r\n`, index)),
        }))
      : [{ name: `${folder}/${only.name}`, bytes: only.bytes }];
  const rows = only === undefined ? lines.map((part) => part.length) : [only.rows];
  const manifest = exportManifest(runId, options, files, rows);
  const damage = options.damage ?? ((bytes) => bytes);
  const damaged = files.flatMap((file, part) => {
    const bytes = damage(file.bytes, part);
    return bytes === undefined ? [] : [{ ...file, bytes }];
  });
  const manifestName = `${folder}/manifest.json`;
  const promised = options.promise?.(manifest) ?? manifest;
  const text = typeof promised === 'string' ? promised : JSON.stringify(promised);
  return { manifestName, files: [...damaged, { name: manifestName, bytes: Buffer.from(text) }] };
}

function exportManifest(
  runId: string,
  options: TinyExportOptions,
  files: readonly TinyFile[],
  rows: readonly number[],
) {
  return {
    manifestVersion: '2024-04-01',
    byteCount: files.reduce((sum, file) => sum + file.bytes.length, 0),
    blobCount: files.length,
    dataRowCount: rows.reduce((sum, count) => sum + count, 0),
    exportConfig: {
      exportName: 'actual',
      resourceId:
        '/providers/Microsoft.Billing/billingAccounts/1234567/providers/Microsoft.CostManagement/exports/actual',
      type: options.type ?? 'ActualCost',
      dataVersion: '2023-12-01-preview',
    },
    runInfo: {
      runId,
      submittedTime: options.submittedTime ?? '2026-11-08T04:00:00.1234567Z',
      startDate: '2026-10-01T00:00:00',
    },
    blobs: files.map((file, index) => ({
      blobName: file.name,
      byteCount: file.bytes.length,
      dataRowCount: rows[index] ?? 0,
    })),
  };
}

function exportLine(row: Usage): string {
  const [year, month, day] = row.day.split('-');
  return `${invoiceId},${tenantId},${customerId},${month}/${day}/${year},${row.meter.toUpperCase()},Meter,Compute,,eu WEST,${row.subscription},Subscription ${row.subscription.slice(0, 1)},Microsoft,${row.price},${row.quantity},${row.unit ?? '1 Hour'},Usage,EUR,${row.cost},,OnDemand,Azure`;
}

/** The usage of the invoice as Partner Center's page offers it for download; `change` edits the text. */
export function tinyPortalUsage(change: (text: string) => string = (text) => text): Buffer {
  const header =
    'PartnerId,CustomerId,InvoiceNumber,ProductId,SkuId,SubscriptionId,UsageDate,MeterCategory,MeterId,MeterSubCategory,MeterName,MeterRegion,Unit,ChargeType,UnitPrice,Quantity,BillingPreTaxTotal,BillingCurrency,EffectiveUnitPrice,EntitlementId,EntitlementDescription,PartnerEarnedCreditPercentage,CreditType,ResourceURI';
  const rows = invoiceUsage.map((row) => {
    const [year, month, day] = row.day.split('-').map(Number);
    return `${tenantId},${customerId},${invoiceId},DZH318Z0BNZ5,0001,,${month}/${day}/${year},Compute,${row.meter},,Meter,EU West,${row.unit ?? '1 Hour'},new,${row.price},${row.quantity},${row.cost},EUR,${row.price},${row.subscription},Subscription ${row.subscription.slice(0, 1).toLowerCase()},0,Credit Not Applied,/x`;
  });
  return Buffer.from(change(`\uFEFF${[header, ...rows].join('\r\n')}\r\n`), 'utf8');
}

/** The rows of the cost export, to be laid out in another way. */
export const tinyExportRows: readonly Readonly<Record<string, string>>[] = exportUsage.map((row) => ({
  subscription: row.subscription,
  meter: row.meter,
  day: row.day,
  quantity: row.quantity,
  price: row.price,
  cost: row.cost,
  unit: row.unit ?? '1 Hour',
}));

/** The cost export as FOCUS 1.0 has it: prices in billing currency, regions as their ids. */
export function tinyFocus(): string {
  const header =
    'BilledCost,BillingAccountId,BillingAccountName,BillingCurrency,ChargeCategory,ChargeClass,ChargeDescription,ChargePeriodStart,ChargePeriodEnd,EffectiveCost,ConsumedQuantity,PricingQuantity,ProviderName,RegionId,ResourceId,SubAccountId,SubAccountName,x_BilledUnitPrice,x_BillingProfileId,x_CustomerId,x_InvoiceId,x_InvoiceIssuerId,x_PricingBlockSize,x_PricingUnitDescription,x_SkuMeterCategory,x_SkuMeterId,x_SkuMeterName,x_SkuRegion';
  const lines = tinyExportRows.map(({ subscription, meter: meterId, day, quantity, cost, unit }) => {
    const of = `${cost},/providers/microsoft.billing/billingaccounts/1234567,Partner,EUR,Usage,,Compute,${day}T00:00Z,,${cost},${quantity},${quantity}`;
    const whose = `Microsoft,westeurope,/x,/subscriptions/${subscription},Subscription ${subscription?.slice(0, 1)}`;
    return `${of},${whose},,profile,${customerId},${invoiceId},${tenantId},1,${unit},Compute,${meterId},Meter,EU West`;
  });
  return `${[header, ...lines].join('\n')}\n`;
}

/** An export of a customer's own subscription: retail prices, and neither invoice nor partner tenant. */
export function tinyRetailExport(): string {
  const header =
    'billingAccountName,partnerName,customerTenantId,customerName,date,meterId,meterName,meterCategory,meterRegion,SubscriptionId,subscriptionName,publisherType,effectivePrice,quantity,unitOfMeasure,chargeType,billingCurrency,pricingCurrency,costInBillingCurrency,costInUsd,PayGPrice,PricingModel,provider';
  const lines = tinyExportRows.map(
    ({ subscription, meter: meterId, day, quantity, price, cost, unit }) =>
      `P,Fabrikam,${customerId},Contoso,${day},${meterId},Meter,Compute,EU West,${subscription},S,Azure,${price},${quantity},${unit},Usage,EUR,USD,${cost},1,${price},OnDemand,Microsoft.Azure`,
  );
  return `${[header, ...lines].join('\n')}\n`;
}
