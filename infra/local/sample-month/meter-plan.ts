import type { BillingMonth } from './billing-calendar.ts';
import type { Catalogue, Subscription } from './catalogue.ts';
import { exact, multiply } from './exact-decimal.ts';
import {
  freeMeters,
  globalMeters,
  type MeterTemplate,
  type Region,
  regions,
  sizeableMeters,
  smallMeters,
} from './meter-catalogue.ts';
import {
  invoiceOnly,
  noDifference,
  otherOnly,
  type PlantedDifference,
  plantedDifferences,
  retailScope,
} from './planted-differences.ts';
import { createRandom, type Random } from './random.ts';
import type { Meter } from './usage-row.ts';

/** One meter of one subscription for the month: exactly one meter line of the answer key. */
export type MeterPlan = {
  readonly subscription: Subscription;
  readonly meter: Meter;
  readonly difference: PlantedDifference;
  readonly resourceCount: number;
  /** The days on which every resource of the meter is used, in order. */
  readonly days: readonly string[];
};

/** Enough for each planted difference to have a day with it and a day without. */
const fewestPlantedDays = 4;
const fewestOrdinaryDays = 2;
const ordinaryMeters = [
  { templates: sizeableMeters, count: 3 },
  { templates: smallMeters, count: 4 },
  { templates: globalMeters, count: 1 },
] as const;

/** All meters of the month, by subscription. The scale multiplies resources, below 1 it takes away days. */
export function planMeters(catalogue: Catalogue, seed: number, scale: number): readonly MeterPlan[] {
  const random = createRandom(seed, 'meter plan');
  const planted = assignDifferences(catalogue, random);
  return catalogue.subscriptions.flatMap((subscription, index) => {
    const planner = { subscription, catalogue, seed, scale, random, usedMeterIds: new Set<string>() };
    const differences = planted.get(subscription.id) ?? [];
    return [
      ...differences.map((difference) => planPlanted(planner, difference)),
      ...planOrdinary(planner),
      ...(index % 10 === 3 ? planSecondRegion(planner) : []),
    ];
  });
}

type Planner = {
  readonly subscription: Subscription;
  readonly catalogue: Catalogue;
  readonly seed: number;
  readonly scale: number;
  readonly random: Random;
  readonly usedMeterIds: Set<string>;
};

/** Deals the differences round the ordinary subscriptions, so that copies of one fall in different ones. */
function assignDifferences(catalogue: Catalogue, random: Random): ReadonlyMap<string, readonly PlantedDifference[]> {
  const takers = catalogue.subscriptions.filter((subscription) => subscription.role === 'ordinary');
  const start = random.integer(0, takers.length - 1);
  const assigned = new Map<string, PlantedDifference[]>();
  const all = plantedDifferences.flatMap((difference) => Array.from({ length: difference.count }, () => difference));
  for (const [index, difference] of all.entries()) {
    const taker = takers[(start + index * 7) % takers.length];
    if (taker !== undefined) {
      assigned.set(taker.id, [...(assigned.get(taker.id) ?? []), difference]);
    }
  }
  return assigned;
}

function planPlanted(planner: Planner, difference: PlantedDifference): MeterPlan {
  const meter = unusedMeter(planner, difference.templates, difference.earnedCreditPercent);
  const { resourceCount, days } = shapeOf(planner, {
    baseResources: planner.random.integer(1, 2),
    days: planner.catalogue.month.days,
    fewestDays: fewestPlantedDays,
  });
  return { subscription: planner.subscription, meter, difference, resourceCount, days };
}

function planOrdinary(planner: Planner): readonly MeterPlan[] {
  const isOrdinary = planner.subscription.role === 'ordinary';
  return ordinaryMeters.flatMap(({ templates, count }) =>
    Array.from({ length: count }, () => {
      // A retail row can be told from an invoiced one only where there is a price.
      const isFree = isOrdinary && planner.random.chance(4);
      const meter = unusedMeter(planner, isFree ? freeMeters : templates, undefined);
      return planOrdinaryMeter(planner, meter);
    }),
  );
}

/** One meter id sold in two regions: two meter lines that only the region keeps apart. */
function planSecondRegion(planner: Planner): readonly MeterPlan[] {
  const meter = unusedMeter(planner, sizeableMeters, undefined);
  const secondRegion = regions.find((region) => region.meterRegion !== meter.region?.meterRegion);
  return [meter, { ...meter, region: secondRegion }].map((each) => planOrdinaryMeter(planner, each));
}

function planOrdinaryMeter(planner: Planner, meter: Meter): MeterPlan {
  const shape = shapeOf(planner, {
    baseResources: planner.random.integer(1, 5),
    days: daysInUse(planner.catalogue.month, planner.random),
    fewestDays: fewestOrdinaryDays,
  });
  return { subscription: planner.subscription, meter, difference: differenceOfRole(planner.subscription), ...shape };
}

function differenceOfRole(subscription: Subscription): PlantedDifference {
  switch (subscription.role) {
    case 'ordinary':
      return noDifference;
    case 'retailScope':
      return retailScope;
    case 'invoiceOnly':
      return invoiceOnly;
    case 'otherOnly':
      return otherOnly;
  }
}

type Wanted = { readonly baseResources: number; readonly days: readonly string[]; readonly fewestDays: number };

function shapeOf(planner: Planner, wanted: Wanted): Pick<MeterPlan, 'resourceCount' | 'days'> {
  const resources = wanted.baseResources * planner.scale;
  if (resources >= 1) {
    return { resourceCount: Math.round(resources), days: wanted.days };
  }
  const dayCount = Math.max(wanted.fewestDays, Math.round(wanted.days.length * resources));
  const first = planner.random.integer(0, Math.max(0, wanted.days.length - dayCount));
  return { resourceCount: 1, days: wanted.days.slice(first, first + dayCount) };
}

function daysInUse(month: BillingMonth, random: Random): readonly string[] {
  if (random.chance(15)) {
    return month.days.filter((day) => new Date(`${day}T00:00:00Z`).getUTCDay() % 6 !== 0);
  }
  return random.chance(12) ? month.days.slice(random.integer(5, 20)) : month.days;
}

/** A meter that this subscription does not have yet: a planted meter must not be swept together with another. */
function unusedMeter(planner: Planner, templates: readonly MeterTemplate[], earnedCredit: 0 | 15 | undefined): Meter {
  const unused = templates
    .flatMap((template) => {
      const places = template.isGlobal ? [undefined] : regions;
      return places.map((region) => createMeter(planner.seed, template, region));
    })
    .filter((meter) => !planner.usedMeterIds.has(meter.meterId.toLowerCase()));
  const meter = planner.random.pick(unused);
  planner.usedMeterIds.add(meter.meterId.toLowerCase());
  const isEligible = meter.template.publisher === undefined && meter.template.listPrice !== '0';
  const asItComes = isEligible && planner.random.chance(70) ? 15 : 0;
  return { ...meter, earnedCreditPercent: earnedCredit ?? asItComes };
}

/** The ids belong to template and region: every subscription that uses the meter names it alike. */
function createMeter(seed: number, template: MeterTemplate, region: Region | undefined): Meter {
  const product = `${template.category}/${template.subCategory}`;
  const productRandom = createRandom(seed, `product ${product}`);
  const random = createRandom(seed, `meter ${product}/${template.meterName}/${region?.meterRegion ?? ''}`);
  const listPrice = exact(template.listPrice);
  return {
    template,
    meterId: template.publisher === undefined ? random.guid() : template.meterName,
    productId: `DZH318Z0${productRandom.code(4)}`,
    skuId: `0${random.code(3)}`,
    availabilityId: `DZH318Z0${random.code(4)}`,
    region,
    listPrice,
    retailPrice: multiply(listPrice, exact(random.pick(['1.08', '1.12', '1.2']))),
    earnedCreditPercent: 0,
  };
}
