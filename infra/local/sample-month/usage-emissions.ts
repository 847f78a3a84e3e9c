import type { Catalogue } from './catalogue.ts';
import { type Exact, exact, multiply, zero } from './exact-decimal.ts';
import type { MeterPlan } from './meter-plan.ts';
import { createRandom, type Random } from './random.ts';
import type { Emission, Meter, Resource, UsageRow } from './usage-row.ts';

const afterEarnedCredit = exact('0.85');

/** All rows of one meter, resource by resource and day by day, one at a time: memory does not grow with the scale. */
export function* emissionsOf(plan: MeterPlan, catalogue: Catalogue, seed: number): Generator<Emission> {
  const { subscription, meter } = plan;
  const label = `usage ${subscription.id}/${meter.meterId}/${meter.region?.meterRegion ?? ''}`;
  const random = createRandom(seed, label);
  for (let resourceIndex = 0; resourceIndex < plan.resourceCount; resourceIndex += 1) {
    const resource = createResource(plan, random);
    const constantQuantity = random.chance(40) ? quantityOf(meter, random) : undefined;
    for (const [dayIndex, day] of plan.days.entries()) {
      const row = {
        ...ordinaryRow(plan, catalogue, resource),
        day,
        quantity: constantQuantity ?? quantityOf(meter, random),
      };
      yield* plan.difference.emit(row, { dayIndex, dayCount: plan.days.length, resourceIndex, catalogue });
    }
  }
}

function ordinaryRow(
  { subscription, meter }: MeterPlan,
  catalogue: Catalogue,
  resource: Resource,
): Omit<UsageRow, 'day' | 'quantity'> {
  return {
    subscription,
    meter,
    resource,
    region: meter.region?.meterRegion ?? '',
    unit: meter.template.unit,
    effectivePrice: meter.earnedCreditPercent === 15 ? multiply(meter.listPrice, afterEarnedCredit) : meter.listPrice,
    rate: catalogue.exchangeRate,
    offset: zero,
    earnedCreditPercent: meter.earnedCreditPercent,
    isCredited: false,
    benefit: undefined,
  };
}

function quantityOf(meter: Meter, random: Random): Exact {
  const { low, high, decimals } = meter.template.daily;
  const digits = String(random.integer(0, 999_999)).padStart(6, '0') + String(random.integer(1, 999_999));
  const whole = random.integer(low, Math.max(low, high - 1));
  return exact(`${whole}.${digits.padEnd(decimals, '7').slice(0, decimals)}`);
}

function createResource({ subscription, meter }: MeterPlan, random: Random): Resource {
  const { consumedService, resourceType, meterName } = meter.template;
  const name = `${resourceType.slice(0, 4).toLowerCase()}-${random.code(8).toLowerCase()}`;
  const group = `rg-${random.pick(['Web', 'Data', 'Core', 'Batch'])}-${random.integer(1, 9)}`;
  const path = `resourceGroups/${group}/providers/${consumedService}/${resourceType}/${name}`;
  return {
    name,
    group,
    uri: `/subscriptions/${subscription.id}/${path}`,
    tags: createTags(random),
    additionalInfo: random.chance(60)
      ? JSON.stringify({ ServiceType: meterName, ImageType: null, VCPUs: random.integer(1, 16), Note: 'size 1,5"' })
      : '',
  };
}

/** JSON of every shape that has tripped readers: empty, quotes, commas, line ends inside. */
function createTags(random: Random): string {
  const tags = {
    env: random.pick(['prod', 'test', 'dev']),
    owner: random.pick(['O"Neil, Finance', 'Große, Müller & Co', 'team=a;b', '=SUM(A1)', 'plain']),
    'cost-center': String(random.integer(1000, 9999)),
  };
  switch (random.integer(0, 4)) {
    case 0:
      return '';
    case 1:
      return JSON.stringify(tags, undefined, 2);
    case 2:
      return '{}';
    default:
      return JSON.stringify(tags);
  }
}
