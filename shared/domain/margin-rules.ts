import type {
  Buyer,
  Catalogue,
  Margin,
  MarginLevel,
  MarginRule,
  PricedProductType,
  Reseller,
  Subscription,
} from './catalogue.ts';

/** What a line is sold as: what decides which rules hold for it. */
export type Sale = {
  /** From the narrowest to the widest: the Azure subscription where there is one, then the plan. Folded ids. */
  readonly subscriptionIds: readonly string[];
  readonly customerId: string;
  /** Undefined where the CSP sells to the customer itself. */
  readonly resellerMpnId: string | undefined;
  readonly productType: PricedProductType;
  /** The day that the charge is for, `YYYY-MM-DD`. */
  readonly day: string;
};

/** A rule as a price explains itself by it. */
export type AppliedRule = Margin & { readonly id: string; readonly level: MarginLevel };

/** Where no rule holds, prices are passed on as they are; a price says so by this id. */
export const passedOn: AppliedRule = { id: 'passed-on', level: 'default', kind: 'markup', value: '0', guards: [] };

/** Days before and after every day that a rule can name. */
const firstDay = '0000-01-01';

/** The margin rules of a catalogue, made ready for looking up. */
export class RuleBook {
  readonly #rules = new Map<string, MarginRule[]>();
  readonly #resellerIds: ReadonlyMap<string, string>;
  /** Of the override of a subscription whose customer has a reseller: which. */
  readonly #sellers = new Map<MarginRule, string>();

  constructor(catalogue: Catalogue) {
    this.#resellerIds = new Map(catalogue.resellers.map((reseller: Reseller) => [reseller.mpnId, reseller.id]));
    const sellers = new Map(catalogue.customers.map(({ id, resellerId }) => [id, resellerId]));
    const overrides = catalogue.subscriptions.flatMap((subscription) => {
      const seller = sellers.get(subscription.customerId);
      const rules = overridesOf(subscription);
      if (seller !== undefined) for (const rule of rules) this.#sellers.set(rule, seller);
      return rules;
    });
    for (const rule of [...catalogue.margins, ...overrides]) {
      const key = keyOf(rule.buyer, rule.level, rule.targetId, rule.productType);
      const others = this.#rules.get(key);
      if (others === undefined) this.#rules.set(key, [rule]);
      else others.push(rule);
    }
  }

  /**
   * The rule by which `sale` is priced for `buyer`: the most specific one that holds on its day. Level comes before type
   * of product: a subscription's rule for every product wins over its customer's rule for just this one, because who
   * set a price for this subscription meant this subscription. Within a level a rule for the type of product wins over
   * one for all, and the rule of an Azure subscription over its plan's. An override has no days and belongs to whoever
   * sells to the customer now: what another sold before is not priced by it, nor shown its margin.
   */
  ruleFor(buyer: Buyer, { subscriptionIds, customerId, resellerMpnId, productType, day }: Sale): AppliedRule {
    const resellerId = resellerMpnId === undefined ? undefined : this.#resellerIds.get(resellerMpnId);
    const targets: readonly (readonly [MarginLevel, string | undefined])[] = [
      ...subscriptionIds.filter((id) => id !== '').map((id) => ['subscription', id] as const),
      ['customer', customerId],
      ...(resellerId === undefined ? [] : [['reseller', resellerId] as const]),
      ['default', undefined],
    ];
    for (const [level, targetId] of targets) {
      for (const type of [productType, undefined]) {
        const rule = this.#rules
          .get(keyOf(buyer, level, targetId, type))
          ?.find(
            (known) => known.from <= day && (known.to === undefined || day < known.to) && this.#isOf(known, resellerId),
          );
        if (rule !== undefined) return rule;
      }
    }
    return passedOn;
  }

  #isOf(rule: MarginRule, resellerId: string | undefined): boolean {
    const seller = this.#sellers.get(rule);
    return seller === undefined || seller === resellerId;
  }
}

/** Every rule of a catalogue, the overrides of its subscriptions among them: rules for every product, without end. */
export function effectiveRules(catalogue: Catalogue): readonly MarginRule[] {
  return [...catalogue.margins, ...catalogue.subscriptions.flatMap(overridesOf)];
}

function overridesOf(subscription: Subscription): readonly MarginRule[] {
  const { id, resellerMargin, customerMargin } = subscription;
  return [
    ...(resellerMargin === undefined ? [] : [override(id, 'reseller', resellerMargin)]),
    ...(customerMargin === undefined ? [] : [override(id, 'customer', customerMargin)]),
  ];
}

function override(targetId: string, buyer: Buyer, margin: Margin): MarginRule {
  const id = `${buyer}Margin of subscription ${targetId}`;
  return { ...margin, id, buyer, level: 'subscription', targetId, from: firstDay };
}

function keyOf(
  buyer: Buyer,
  level: MarginLevel,
  targetId: string | undefined,
  productType: PricedProductType | undefined,
): string {
  return [buyer, level, targetId ?? '', productType ?? ''].join('\n');
}
