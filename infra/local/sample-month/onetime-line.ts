import type { Catalogue, Customer } from './catalogue.ts';
import { add, type Exact, formatExact, multiply, roundDown, zero } from './exact-decimal.ts';
import { amountToken, dateToken, jsonLine, mixedCase, textToken } from './json-line.ts';
import type { Random } from './random.ts';

/** One line item of the new-commerce invoice. Days are `YYYY-MM-DD`, blank where Microsoft leaves them blank. */
export type OnetimeLine = {
  readonly customer: Customer;
  readonly mpnId: string;
  readonly orderId: string;
  readonly orderDate: string;
  readonly productId: string;
  readonly skuId: string;
  readonly availabilityId: string;
  readonly skuName: string;
  readonly productName: string;
  readonly chargeType: string;
  readonly unitPrice: Exact;
  readonly quantity: Exact;
  readonly subtotal: Exact;
  readonly priceAdjustment: string;
  readonly publisherName: string;
  readonly publisherId: string;
  readonly subscriptionDescription: string;
  readonly subscriptionId: string;
  readonly chargeStart: string;
  readonly chargeEnd: string;
  readonly termAndBillingCycle: string;
  readonly effectiveUnitPrice: Exact;
  readonly unitType: string;
  readonly billableQuantity: Exact;
  readonly billingFrequency: string;
  readonly pricingCurrency: string;
  readonly rate: Exact;
  readonly meterDescription: string;
  readonly reservationOrderId: string;
  readonly creditReasonCode: string;
  readonly subscriptionStart: string;
  readonly subscriptionEnd: string;
  readonly referenceId: string;
  readonly productQualifiers: readonly string[];
  readonly promotionId: string;
};

/** Tax of one line: cut off at the cent, as Microsoft does it line by line. */
function taxOf(line: OnetimeLine): Exact {
  return roundDown(multiply(line.subtotal, line.customer.taxRate), 2);
}

export function totalOf(line: OnetimeLine): Exact {
  return add(line.subtotal, taxOf(line));
}

/** `ROUNDDOWN(ROUNDDOWN(EffectiveUnitPrice*BillableQuantity,2)*PCToBCExchangeRate,2)` */
export function usageSubtotal(effectiveUnitPrice: Exact, billableQuantity: Exact, rate: Exact): Exact {
  return roundDown(multiply(roundDown(multiply(effectiveUnitPrice, billableQuantity), 2), rate), 2);
}

/** The 47 columns of the reconciliation file in their order. */
export function onetimeJson(line: OnetimeLine, catalogue: Catalogue, random: Random): string {
  const amount = random.chance(11) ? (value: Exact) => textToken(formatExact(value)) : amountToken;
  const date = (day: string) => dateToken(day, !random.chance(12));
  const { partner, invoiceId, month } = catalogue;
  return jsonLine([
    ['PartnerId', textToken(partner.tenantId)],
    ['CustomerId', textToken(mixedCase(line.customer.id, random))],
    ['CustomerName', textToken(line.customer.name)],
    ['CustomerDomainName', textToken(line.customer.domain)],
    ['CustomerCountry', textToken(line.customer.country)],
    ['InvoiceNumber', textToken(invoiceId)],
    ['MpnId', textToken(partner.mpnId)],
    ['Tier2MpnId', line.mpnId !== '' && random.chance(20) ? line.mpnId : textToken(line.mpnId)],
    ['OrderId', textToken(line.orderId)],
    ['OrderDate', date(line.orderDate)],
    ['ProductId', textToken(line.productId)],
    ['SkuId', textToken(line.skuId)],
    ['AvailabilityId', textToken(line.availabilityId)],
    ['SkuName', textToken(line.skuName)],
    ['ProductName', textToken(line.productName)],
    ['ChargeType', textToken(line.chargeType)],
    ['UnitPrice', amount(line.unitPrice)],
    ['Quantity', amount(line.quantity)],
    ['Subtotal', amount(line.subtotal)],
    ['TaxTotal', amount(taxOf(line))],
    ['Total', amount(totalOf(line))],
    ['Currency', textToken(catalogue.billingCurrency)],
    ['PriceAdjustmentDescription', textToken(line.priceAdjustment)],
    ['PublisherName', textToken(line.publisherName)],
    ['PublisherId', textToken(line.publisherId)],
    ['SubscriptionDescription', textToken(line.subscriptionDescription)],
    ['SubscriptionId', textToken(mixedCase(line.subscriptionId, random))],
    ['ChargeStartDate', date(line.chargeStart)],
    ['ChargeEndDate', date(line.chargeEnd)],
    ['TermAndBillingCycle', textToken(line.termAndBillingCycle)],
    ['EffectiveUnitPrice', amount(line.effectiveUnitPrice)],
    ['UnitType', textToken(line.unitType)],
    ['AlternateId', textToken(line.orderId.slice(-12))],
    ['BillableQuantity', amount(line.billableQuantity)],
    ['BillingFrequency', textToken(line.billingFrequency)],
    ['PricingCurrency', textToken(line.pricingCurrency)],
    ['PCToBCExchangeRate', amount(line.rate)],
    ['PCToBCExchangeRateDate', date(month.firstDay)],
    ['MeterDescription', textToken(line.meterDescription)],
    ['ReservationOrderId', textToken(line.reservationOrderId)],
    ['CreditReasonCode', textToken(line.creditReasonCode)],
    ['SubscriptionStartDate', date(line.subscriptionStart)],
    ['SubscriptionEndDate', date(line.subscriptionEnd)],
    ['ReferenceId', textToken(line.referenceId)],
    ['ProductQualifiers', JSON.stringify(line.productQualifiers)],
    ['PromotionId', textToken(line.promotionId)],
    ['ProductCategory', textToken('')],
  ]);
}

/** What was invoiced to one group (customer, reseller), added up line by line. */
export type OnetimeSum = {
  readonly rows: number;
  readonly subtotal: Exact;
  readonly tax: Exact;
  readonly total: Exact;
};

export function sumLines(lines: readonly OnetimeLine[]): OnetimeSum {
  return lines.reduce<OnetimeSum>(
    (sum, line) => ({
      rows: sum.rows + 1,
      subtotal: add(sum.subtotal, line.subtotal),
      tax: add(sum.tax, taxOf(line)),
      total: add(sum.total, totalOf(line)),
    }),
    { rows: 0, subtotal: zero, tax: zero, total: zero },
  );
}
