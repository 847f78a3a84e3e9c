import type { Buyer, Catalogue, CatalogueKind, Margin, MarginRule } from './catalogue.ts';
import { type MarginFault, marginFaultOf } from './catalogue-fields.ts';
import { effectiveRules } from './margin-rules.ts';

/** What is wrong with a record, alone or beside the others. `message` is a sentence. */
export type CatalogueFault = {
  readonly code:
    | 'doubleId'
    | 'doubleMpnId'
    | 'unknownReseller'
    | 'unknownCustomer'
    | 'unknownTarget'
    | 'badTarget'
    | 'badMargin'
    | 'emptyPeriod'
    | 'overlap';
  readonly kind: CatalogueKind;
  readonly id: string;
  readonly column: string;
  readonly value: string;
  readonly message: string;
};

/**
 * Everything that is wrong with a catalogue as a whole: two records of one id, two resellers of one MPN id, references to
 * records that are not there, margins out of range, rules for nobody, and rules that hold on the same day for the same
 * buyer, level, target and type of product, each of which would win. A catalogue without faults prices every line by one
 * rule. Nothing is assumed of the order of records.
 */
export function checkCatalogue(catalogue: Catalogue): readonly CatalogueFault[] {
  return [
    ...doubles('resellers', 'id', 'doubleId', catalogue.resellers),
    ...doubles('customers', 'id', 'doubleId', catalogue.customers),
    ...doubles('subscriptions', 'id', 'doubleId', catalogue.subscriptions),
    ...doubles('margins', 'id', 'doubleId', catalogue.margins),
    ...doubles(
      'resellers',
      'mpnId',
      'doubleMpnId',
      catalogue.resellers.map(({ id, mpnId }) => ({ id, mpnId })),
    ),
    ...referenceFaults(catalogue),
    ...catalogue.subscriptions.flatMap(overrideFaults),
    ...catalogue.margins.flatMap(ruleFaults),
    ...overlaps(catalogue),
  ];
}

function doubles<Column extends string>(
  kind: CatalogueKind,
  column: Column,
  code: 'doubleId' | 'doubleMpnId',
  records: readonly ({ readonly id: string } & { readonly [Name in Column]: string })[],
): readonly CatalogueFault[] {
  const seen = new Map<string, string>();
  return records.flatMap((record) => {
    const value = record[column];
    const other = seen.get(value);
    seen.set(value, record.id);
    if (other === undefined) return [];
    const message =
      code === 'doubleId'
        ? `There are two ${kind} of id '${value}'; expected one`
        : `Resellers '${other}' and '${record.id}' have the same MPN id '${value}'; expected one reseller for it`;
    return [{ code, kind, id: record.id, column, value, message }];
  });
}

function referenceFaults(catalogue: Catalogue): readonly CatalogueFault[] {
  const ids = {
    reseller: new Set(catalogue.resellers.map(({ id }) => id)),
    customer: new Set(catalogue.customers.map(({ id }) => id)),
    subscription: new Set(catalogue.subscriptions.map(({ id }) => id)),
  };
  return [
    ...catalogue.customers.flatMap(({ id, resellerId }) => {
      if (resellerId === undefined || ids.reseller.has(resellerId)) return [];
      const message = `Customer '${id}' has reseller '${resellerId}', who is not in the catalogue`;
      const place = { kind: 'customers', id, column: 'resellerId', value: resellerId } as const;
      return [{ code: 'unknownReseller' as const, ...place, message }];
    }),
    ...catalogue.subscriptions.flatMap(({ id, customerId }) => {
      if (ids.customer.has(customerId)) return [];
      const message = `Subscription '${id}' belongs to customer '${customerId}', who is not in the catalogue`;
      const place = { kind: 'subscriptions', id, column: 'customerId', value: customerId } as const;
      return [{ code: 'unknownCustomer' as const, ...place, message }];
    }),
    ...catalogue.margins.flatMap(({ id, level, targetId }) => {
      if (level === 'default' || targetId === undefined || ids[level].has(targetId)) return [];
      const message = `Margin '${id}' is for ${level} '${targetId}', which is not in the catalogue`;
      return [
        { code: 'unknownTarget' as const, kind: 'margins' as const, id, column: 'targetId', value: targetId, message },
      ];
    }),
  ];
}

function overrideFaults({ id, resellerMargin, customerMargin }: Catalogue['subscriptions'][number]) {
  const faultOf = (margin: Margin | undefined, field: string) =>
    margin === undefined
      ? []
      : marginFaults(margin, {
          kind: 'subscriptions',
          id,
          columns: { value: `${field}Value`, guards: `${field}Guards` },
        });
  return [...faultOf(resellerMargin, 'resellerMargin'), ...faultOf(customerMargin, 'customerMargin')];
}

type MarginColumns = Readonly<Record<MarginFault['field'], string>>;

function marginFaults(
  margin: Margin,
  { kind, id, columns }: { readonly kind: CatalogueKind; readonly id: string; readonly columns: MarginColumns },
): readonly CatalogueFault[] {
  const fault = marginFaultOf(margin);
  if (fault === undefined) return [];
  const value = fault.field === 'value' ? margin.value : margin.guards.join(' ');
  const held = margin.guards.length === 0 ? 'no guards' : `guards ${margin.guards.join(' ')}`;
  const found = fault.field === 'value' ? margin.value : `${margin.value} with ${held}`;
  const message = `The ${margin.kind} of '${id}' is ${found}; expected ${fault.expected}`;
  return [{ code: 'badMargin', kind, id, column: columns[fault.field], value, message }];
}

function ruleFaults(rule: MarginRule): readonly CatalogueFault[] {
  const { id, level, targetId = '', from, to } = rule;
  const faults = [...marginFaults(rule, { kind: 'margins', id, columns: { value: 'value', guards: 'guards' } })];
  if ((level === 'default') !== (targetId === '')) {
    const expected = level === 'default' ? 'no target at level default' : `the id of a ${level}`;
    const message = `Margin '${id}' has target '${targetId}' at level ${level}; expected ${expected}`;
    faults.push({ code: 'badTarget', kind: 'margins', id, column: 'targetId', value: targetId, message });
  }
  if (to !== undefined && to <= from) {
    const message = `Margin '${id}' holds from ${from} and before ${to}: on no day; expected a later end`;
    faults.push({ code: 'emptyPeriod', kind: 'margins', id, column: 'to', value: to, message });
  }
  return faults;
}

/** Both rules of every overlap, each naming the other. Within a group, sorted by first day, a rule is held against the one that ends last. */
function overlaps(catalogue: Catalogue): readonly CatalogueFault[] {
  const groups = Map.groupBy(effectiveRules(catalogue), ({ buyer, level, targetId, productType }) =>
    JSON.stringify([buyer, level, targetId, productType]),
  );
  const overrides = new Set(effectiveRules({ ...catalogue, margins: [] }).map(({ id }) => id));
  const placeOf = (rule: MarginRule) =>
    overrides.has(rule.id) && rule.targetId !== undefined
      ? { kind: 'subscriptions' as const, id: rule.targetId, column: overrideColumn(rule.buyer), value: rule.kind }
      : { kind: 'margins' as const, id: rule.id, column: 'from', value: rule.from };
  return [...groups.values()].flatMap((rules) => {
    const faults: CatalogueFault[] = [];
    let longest: MarginRule | undefined;
    for (const rule of rules.toSorted((left, right) => (left.from < right.from ? -1 : 1))) {
      if (longest !== undefined && (longest.to === undefined || rule.from < longest.to)) {
        const message = `Margins '${longest.id}' and '${rule.id}' both hold on ${rule.from} for the same ${rule.level} and type of product; expected one to end before the other begins`;
        faults.push({ code: 'overlap', ...placeOf(longest), message }, { code: 'overlap', ...placeOf(rule), message });
      }
      if (longest === undefined || (longest.to !== undefined && (rule.to === undefined || rule.to > longest.to))) {
        longest = rule;
      }
    }
    return faults;
  });
}

function overrideColumn(buyer: Buyer): string {
  return `${buyer}MarginKind`;
}
