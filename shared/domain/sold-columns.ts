/* The columns that the files of every kind have behind Microsoft's own, for CSP and reseller; each table checks them. */

/** What partner and reseller call the parties and the order themselves. */
export const recordColumns = {
  ResellerInternalId: { audience: 'reseller', type: 'id', from: { record: 'reseller', value: 'internalId' } },
  CustomerInternalId: { audience: 'reseller', type: 'id', from: { record: 'customer', value: 'internalId' } },
  SubscriptionInternalId: { audience: 'reseller', type: 'id', from: { record: 'subscription', value: 'internalId' } },
  SubscriptionPONumber: {
    audience: 'reseller',
    type: 'id',
    from: { record: 'subscription', value: 'purchaseOrderNumber' },
  },
} as const;

/** The CSP's margin on the reseller: the CSP's alone. */
export const resellerMarginColumns = {
  MarginRuleForReseller: { audience: 'csp', type: 'text', from: { margin: 'reseller', value: 'ruleId' } },
  MarginKindForReseller: { audience: 'csp', type: 'text', from: { margin: 'reseller', value: 'kind' } },
  MarginForReseller: { audience: 'csp', type: 'rate', from: { margin: 'reseller', value: 'value' } },
  MarginGuardForReseller: { audience: 'csp', type: 'text', from: { margin: 'reseller', value: 'guards' } },
} as const;

export const customerMarginColumns = {
  MarginRuleForCustomer: { audience: 'reseller', type: 'text', from: { margin: 'customer', value: 'ruleId' } },
  MarginKindForCustomer: { audience: 'reseller', type: 'text', from: { margin: 'customer', value: 'kind' } },
  MarginForCustomer: { audience: 'reseller', type: 'rate', from: { margin: 'customer', value: 'value' } },
  MarginGuardForCustomer: { audience: 'reseller', type: 'text', from: { margin: 'customer', value: 'guards' } },
} as const;
