import type { Catalogue } from './catalogue.ts';
import type { Audience, LineRecords } from './file-columns.ts';
import { foldId } from './ids.ts';
import { lineReseller } from './line-reseller.ts';

/** What a line says of whose it is. `subscriptionIds`: the Azure subscription where it has one, then the plan. */
export type OwnedLine = {
  readonly resellerMpnId: string;
  readonly customerId: string;
  readonly subscriptionIds: readonly string[];
};

/** Finds the records of a catalogue that a line belongs to. */
export type CatalogueDirectory = (line: OwnedLine) => LineRecords;

/**
 * A directory of `catalogue`. Where an Azure subscription and its plan both have records, each field is the narrowest
 * one's that has it: a purchase order may be written on the plan alone.
 */
export function directoryOf(catalogue: Catalogue): CatalogueDirectory {
  const resellers = new Map(catalogue.resellers.map((reseller) => [reseller.mpnId, reseller]));
  const customers = new Map(catalogue.customers.map((customer) => [customer.id, customer]));
  const subscriptions = new Map(catalogue.subscriptions.map((subscription) => [subscription.id, subscription]));
  return ({ resellerMpnId, customerId, subscriptionIds }) => {
    const reseller = lineReseller(resellerMpnId);
    const found = subscriptionIds.flatMap((id) => subscriptions.get(foldId(id)) ?? []);
    const [narrow, wide] = found;
    return {
      reseller: reseller.kind === 'reseller' ? resellers.get(reseller.mpnId) : undefined,
      customer: customers.get(foldId(customerId)),
      subscription: narrow === undefined || wide === undefined ? narrow : { ...wide, ...narrow },
    };
  };
}

/**
 * Whose file: the CSP's has every line, a reseller's its own, a customer's its own whoever sold them; with `mpnId` those
 * alone that this reseller sold, of a customer who changed reseller in mid-month.
 */
export type FileScope =
  | { readonly audience: Extract<Audience, 'csp'> }
  | { readonly audience: Extract<Audience, 'reseller'>; readonly mpnId: string }
  | { readonly audience: Extract<Audience, 'customer'>; readonly customerId: string; readonly mpnId?: string };

/** Whether a line belongs into the file of `scope`. The line itself says whose it is, not the catalogue of today. */
export function isLineOf(scope: FileScope, line: Pick<OwnedLine, 'resellerMpnId' | 'customerId'>): boolean {
  switch (scope.audience) {
    case 'csp':
      return true;
    case 'reseller':
      return isSoldBy(scope.mpnId, line);
    case 'customer':
      if (foldId(line.customerId) !== foldId(scope.customerId)) return false;
      return scope.mpnId === undefined || isSoldBy(scope.mpnId, line);
  }
}

function isSoldBy(mpnId: string, line: Pick<OwnedLine, 'resellerMpnId'>): boolean {
  const reseller = lineReseller(line.resellerMpnId);
  return reseller.kind === 'reseller' && reseller.mpnId === mpnId;
}
