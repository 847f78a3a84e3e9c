import type { DiscoveryLine } from './catalogue-discovery.ts';
import type { InvoiceLine } from './invoice-line.ts';
import type { LegacyUsageLine } from './legacy-usage-line.ts';
import type { LicenseLine } from './license-line.ts';
import type { UsageRow } from './usage-row.ts';

/* What each kind of line tells of customer, reseller and subscriptions, for discovery. */

/** A line of new commerce names one subscription: Partner Center's. */
export function fromInvoiceLine(line: InvoiceLine): DiscoveryLine {
  const { customerId, customerName, customerDomainName, customerCountry, resellerMpnId } = line;
  return {
    customerId,
    customerName,
    customerDomainName,
    customerCountry,
    resellerMpnId,
    subscriptions: [{ id: line.subscriptionId, name: line.subscriptionDescription }],
    day: line.chargeStartDate || line.orderDate,
  };
}

/** Daily rated usage names the Azure subscription and its plan. */
export function fromUsageRow(row: UsageRow): DiscoveryLine {
  const { customerId, customerName, customerDomainName, customerCountry, resellerMpnId } = row;
  return {
    customerId,
    customerName,
    customerDomainName,
    customerCountry,
    resellerMpnId,
    subscriptions: [
      { id: row.subscriptionId, name: row.subscriptionName },
      { id: row.planId, name: row.planName },
    ],
    day: row.usageDate,
  };
}

/** Legacy lines name no country. The billing platform's own subscription id is of no use elsewhere. */
export function fromLicenseLine(line: LicenseLine): DiscoveryLine {
  return {
    customerId: line.customerId,
    customerName: line.customerName,
    customerDomainName: line.domainName,
    customerCountry: '',
    resellerMpnId: line.resellerMpnId,
    subscriptions: [{ id: line.partnerCenterSubscriptionId, name: line.subscriptionName }],
    day: line.chargeStartDate || line.subscriptionStartDate,
  };
}

/** Legacy usage names no country; its daily rows have no charge period, but the day of use. */
export function fromLegacyUsageLine(line: LegacyUsageLine): DiscoveryLine {
  return {
    customerId: line.customerId,
    customerName: line.customerName,
    customerDomainName: line.domainName,
    customerCountry: '',
    resellerMpnId: line.resellerMpnId,
    subscriptions: [{ id: line.subscriptionId, name: line.subscriptionName }],
    day: line.chargeStartDate || line.usageDate,
  };
}
