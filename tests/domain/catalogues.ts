import fc from 'fast-check';
import {
  buyers,
  type Catalogue,
  type Customer,
  type Margin,
  type MarginRule,
  marginKinds,
  marginLevels,
  origins,
  pricedProductTypes,
  type Reseller,
  type Subscription,
} from '../../shared/domain/catalogue.ts';
import { anyGuards } from './sold-lines.ts';

/* Catalogues without faults, of any text that the catalogue takes: quotes, commas, formulas, other alphabets. */

const text = fc
  .oneof(
    fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme' }),
    fc.constantFrom('=1+1', "'=x", "''+a", '-5', '@x', '007', 'a,"b"', "'", ';', 'Ω ü', '＝cmd', ' '),
  )
  .map((written) => written.replace(/\p{Cc}/gu, '').trim() || 'x');
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });

const value = fc
  .integer({ min: 0, max: 1000 })
  .map((units) =>
    units === 0 ? '0' : units === 1000 ? '1' : `0.${String(units).padStart(3, '0')}`.replace(/0+$/, ''),
  );
const margin: fc.Arbitrary<Margin> = fc.record({
  kind: fc.constantFrom(...marginKinds),
  value,
  guards: anyGuards,
});

type Parts<Whole> = { readonly [Field in keyof Whole]: Whole[Field] | undefined };

/** The fields that are there; what is undefined is left out, as records leave it. */
function held<Whole extends object>(parts: Parts<Whole>): Whole {
  return Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined)) as Whole;
}

const resellers: fc.Arbitrary<Reseller[]> = fc
  .array(fc.record({ name: optional(text), internalId: optional(text), origin: fc.constantFrom(...origins) }), {
    maxLength: 4,
  })
  .map((list) => list.map((one, index) => held<Reseller>({ id: `r${index}`, mpnId: `${index + 1}000`, ...one })));

const customers: fc.Arbitrary<Customer[]> = fc
  .array(
    fc.record({
      name: optional(text),
      domain: optional(text),
      country: optional(fc.constantFrom('IE', 'DE')),
      internalId: optional(text),
      reseller: fc.nat({ max: 9 }),
      origin: fc.constantFrom(...origins),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((list) =>
    list.map(({ reseller, ...one }, index) =>
      held<Customer>({ id: `c${index}`, resellerId: reseller < 4 ? `r${reseller}` : undefined, ...one }),
    ),
  );

const subscriptions: fc.Arbitrary<Subscription[]> = fc
  .array(
    fc.record({
      name: optional(text),
      internalId: optional(text),
      purchaseOrderNumber: optional(text),
      resellerMargin: optional(margin),
      customerMargin: optional(margin),
      origin: fc.constantFrom(...origins),
    }),
    { maxLength: 4 },
  )
  .map((list) => list.map((one, index) => held<Subscription>({ id: `s${index}`, customerId: 'c0', ...one })));

/** Rules that hold on days one after another, so that none overlaps. */
const rules: fc.Arbitrary<MarginRule[]> = fc
  .array(
    fc.record({
      buyer: fc.constantFrom(...buyers),
      level: fc.constantFrom(...marginLevels),
      productType: optional(fc.constantFrom(...pricedProductTypes)),
      margin,
      isEndless: fc.boolean(),
    }),
    { maxLength: 12 },
  )
  .map((list) =>
    list.map(({ margin: { kind, value: share, guards: held0 }, isEndless, ...one }, index) => {
      const targets = { subscription: 's0', customer: 'c0', reseller: 'r0', default: undefined };
      return held<MarginRule>({
        id: `m${index}`,
        ...one,
        targetId: targets[one.level],
        kind,
        value: share,
        guards: held0,
        from: `2026-01-${String(index + 1).padStart(2, '0')}`,
        to: isEndless && index === list.length - 1 ? undefined : `2026-01-${String(index + 2).padStart(2, '0')}`,
      });
    }),
  );

export const faultlessCatalogue: fc.Arbitrary<Catalogue> = fc
  .record({ resellers, customers, subscriptions, margins: rules })
  .map((parts) => {
    const has = (list: readonly { readonly id: string }[], id: string | undefined) => list.some((one) => one.id === id);
    const overridden = parts.subscriptions.some(
      (one) => one.resellerMargin !== undefined || one.customerMargin !== undefined,
    );
    return {
      ...parts,
      customers: parts.customers.map(({ resellerId, ...one }) =>
        has(parts.resellers, resellerId) && resellerId !== undefined ? { ...one, resellerId } : one,
      ),
      margins: parts.margins.filter(
        ({ level, targetId }) =>
          level === 'default' ||
          level === 'customer' ||
          (level === 'reseller' && has(parts.resellers, targetId)) ||
          (level === 'subscription' && has(parts.subscriptions, targetId) && !overridden),
      ),
    };
  });
