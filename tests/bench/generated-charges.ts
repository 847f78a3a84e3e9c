import { createRandom, type Random } from '../../infra/local/sample-month/random.ts';

/* The charges of a made-up month, the same for both sides of a comparison, quickly and with a fixed seed. */

/** What one meter of one subscription costs: everything of a row that repeats from day to day. */
export type MeterOfSubscription = {
  readonly subscriptionId: string;
  readonly subscriptionName: string;
  readonly customerId: string;
  readonly customerName: string;
  readonly planId: string;
  readonly meterId: string;
  readonly meterName: string;
  readonly meterCategory: string;
  readonly meterSubCategory: string;
  readonly region: string;
  readonly location: string;
  readonly unit: string;
  /** In 10⁻⁶ of pricing currency; the second is a price after a tier, which one row in twenty has where it differs. */
  readonly prices: readonly [number, number];
  readonly resourceGroup: string;
  readonly resource: string;
  readonly tags: string;
};

export type GeneratedCharge = {
  readonly meter: MeterOfSubscription;
  /** 1 to 31. */
  readonly day: number;
  readonly quantity: string;
  readonly unitPrice: string;
  readonly cost: string;
};

export const generatedMonth = {
  partnerId: '2b1f7a50-9c0e-4f0e-8a43-5c7d1f6e9a01',
  invoiceId: 'G104276513',
  subscriptions: 2000,
  metersMax: 300,
} as const;

const categories = ['Virtual Machines', 'Storage', 'Bandwidth', 'SQL Database', 'Azure Monitor', 'Key Vault'] as const;
const regions = ['EU West', 'EU North', 'US East', 'DE West Central', 'CH North', ''] as const;
const units = ['1 Hour', '1 GB', '1 GB/Month', '10K', '1/Month'] as const;

/** Sizes of subscriptions follow Zipf's law: subscription n has 1/n of the first one's rows and meters. */
export function* generateCharges(rows: number, seed: number): Generator<GeneratedCharge> {
  const random = createRandom(seed, 'charges');
  const subscriptions = Array.from({ length: generatedMonth.subscriptions }, (_, rank) => metersOf(rank, seed));
  const cumulative: number[] = [];
  for (const rank of subscriptions.keys()) cumulative.push((cumulative.at(-1) ?? 0) + 1 / (rank + 1));
  const total = cumulative.at(-1) ?? 1;
  for (let row = 0; row < rows; row += 1) {
    const meters = subscriptions[indexIn(cumulative, (random.integer(0, 1e9) / 1e9) * total)] ?? [];
    yield chargeFor(random.pick(meters), random);
  }
}

/** The subscriptions, from the one with most rows on. */
export function generatedSubscriptionIds(seed: number): readonly string[] {
  return Array.from({ length: generatedMonth.subscriptions }, (_, rank) => ownerOf(rank, seed).subscriptionId);
}

function indexIn(cumulative: readonly number[], at: number): number {
  let low = 0;
  let high = cumulative.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cumulative[middle] ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

function metersOf(rank: number, seed: number): readonly MeterOfSubscription[] {
  const random = createRandom(seed, `subscription ${rank}`);
  const owner = ownerOf(rank, seed, random);
  const count = Math.max(
    3,
    Math.min(generatedMonth.metersMax, Math.round((8 * generatedMonth.metersMax) / (rank + 1))),
  );
  return Array.from({ length: count }, (_, index) => ({ ...owner, ...meterFrom(random, index) }));
}

function ownerOf(rank: number, seed: number, random = createRandom(seed, `subscription ${rank}`)) {
  const customer = createRandom(seed, `customer ${rank % 400}`);
  return {
    subscriptionId: random.guid(),
    subscriptionName: `Subscription ${rank} – Production`,
    customerId: customer.guid(),
    customerName: `Customer ${rank % 400} GmbH`,
    planId: customer.guid(),
  };
}

function meterFrom(random: Random, index: number) {
  const meterCategory = random.pick(categories);
  const region = random.pick(regions);
  const price = random.integer(1, 999_999);
  const group = `rg-${random.code(8).toLowerCase()}`;
  return {
    meterId: random.guid(),
    meterName: `D${index} v3/D${index}s v3`,
    meterCategory,
    meterSubCategory: `${meterCategory}, Dv3 Series`,
    region,
    location: region === '' ? 'global' : region.toLowerCase().replaceAll(' ', ''),
    unit: random.pick(units),
    prices: [price, random.chance(10) ? Math.max(1, Math.floor(price / 2)) : price] as const,
    resourceGroup: group,
    resource: `providers/Microsoft.Compute/virtualMachines/vm-${random.code(6).toLowerCase()}`,
    tags: random.chance(40) ? `"env": "prod","costcenter": "${random.integer(1000, 9999)}"` : '',
  };
}

function chargeFor(meter: MeterOfSubscription, random: Random): GeneratedCharge {
  const price = meter.prices[random.chance(5) ? 1 : 0];
  const quantity = random.chance(30) ? 24_000_000 : random.integer(1, 2_000_000_000);
  return {
    meter,
    day: random.integer(1, 31),
    quantity: scaled(quantity, 6),
    unitPrice: scaled(price, 6),
    // Below 2^53, so exact; four more digits stand for an exchange rate.
    cost: `${scaled(quantity * price, 12)}0417`,
  };
}

function scaled(units: number, places: number): string {
  const digits = String(units).padStart(places + 1, '0');
  return `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}
