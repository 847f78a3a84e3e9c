import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addDays, billingMonth, cycleEnd, daysBetween } from '../../infra/local/sample-month/billing-calendar.ts';
import { createCatalogue, resellerMpnOn } from '../../infra/local/sample-month/catalogue.ts';
import { costExportHeader, costExportLine } from '../../infra/local/sample-month/cost-export.ts';
import {
  add,
  compare,
  divideUp,
  exact,
  formatExact,
  multiply,
  negate,
  roundDown,
  roundHalfUp,
  subtract,
  sum,
} from '../../infra/local/sample-month/exact-decimal.ts';
import { openGzipPart } from '../../infra/local/sample-month/gzip-parts.ts';
import { planMeters } from '../../infra/local/sample-month/meter-plan.ts';
import { plantedDifferences } from '../../infra/local/sample-month/planted-differences.ts';
import { createRandom } from '../../infra/local/sample-month/random.ts';
import { emissionsOf } from '../../infra/local/sample-month/usage-emissions.ts';
import { billingCost, effectsOf } from '../../infra/local/sample-month/usage-row.ts';

const decimalText = fc
  .tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.integer({ min: 0, max: 28 }))
  .map(([units, scale]) => formatExact({ units, scale }));

describe('exact decimals', () => {
  test('what is written is plain: no exponent, no trailing zero, no minus zero', () => {
    const cases = [
      ['0.000', '0'],
      ['-0.0', '0'],
      ['100', '100'],
      ['-1.50', '-1.5'],
      ['0.0000000072922557592391990000', '0.000000007292255759239199'],
    ] as const;
    for (const [text, plain] of cases) {
      expect(formatExact(exact(text))).toBe(plain);
    }
    fc.assert(fc.property(decimalText, (text) => formatExact(exact(text)) === text));
  });

  test('anything but a plain decimal is refused', () => {
    for (const text of ['', '1e5', '.5', '5.', '+1', '1,5', ' 1', 'NaN']) {
      expect(() => exact(text), text).toThrow('plain decimal');
    }
  });

  test('sums and products lose no digit', () => {
    expect(formatExact(add(exact('0.1'), exact('0.2')))).toBe('0.3');
    expect(formatExact(multiply(exact('0.0000001'), exact('0.846202666')))).toBe('0.0000000846202666');
    fc.assert(
      fc.property(decimalText, decimalText, decimalText, (a, b, c) => {
        const [x, y, z] = [exact(a), exact(b), exact(c)];
        expect(compare(multiply(add(x, y), z), add(multiply(x, z), multiply(y, z)))).toBe(0);
        expect(compare(sum([x, y, negate(y)]), x)).toBe(0);
        expect(compare(x, y)).toBe(-compare(y, x) + 0);
      }),
    );
  });

  test('rounding cuts towards zero, or goes half away from it', () => {
    const cases = [
      ['112.896', '112.89', '112.9'],
      ['-112.896', '-112.89', '-112.9'],
      ['63.325', '63.32', '63.33'],
      ['-63.325', '-63.32', '-63.33'],
      ['0.004', '0', '0'],
      ['7', '7', '7'],
    ] as const;
    for (const [text, down, half] of cases) {
      expect(formatExact(roundDown(exact(text), 2))).toBe(down);
      expect(formatExact(roundHalfUp(exact(text), 2))).toBe(half);
    }
  });

  test('a quotient rounded up reaches the dividend, by less than one step', () => {
    const divisor = decimalText.filter((text) => text !== '0');
    fc.assert(
      fc.property(decimalText, divisor, (a, b) => {
        const [dividend, by] = [exact(a), exact(b)];
        const back = multiply(divideUp(dividend, by, 10), by);
        const beyond = subtract(back, dividend);
        const size = (value: { units: bigint; scale: number }) => (value.units < 0n ? negate(value) : value);
        expect(compare(size(back), size(dividend))).toBeGreaterThanOrEqual(0);
        expect(compare(size(beyond), multiply(exact('0.0000000001'), size(by)))).toBeLessThan(0);
      }),
    );
  });
});

describe('the random source', () => {
  test('the same seed and label draw the same, another label or seed draws otherwise', () => {
    const draw = (seed: number, label: string) => {
      const random = createRandom(seed, label);
      return Array.from({ length: 20 }, () => random.integer(0, 1_000_000)).join();
    };
    expect(draw(1, 'a')).toBe(draw(1, 'a'));
    expect(draw(1, 'a')).not.toBe(draw(1, 'b'));
    expect(draw(1, 'a')).not.toBe(draw(2, 'a'));
  });

  test('GUIDs are of version 4 and all different', () => {
    const random = createRandom(1, 'guids');
    const guids = Array.from({ length: 2_000 }, () => random.guid());
    expect(new Set(guids).size).toBe(2_000);
    for (const guid of guids) {
      expect(guid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
  });
});

describe('the calendar', () => {
  test('a cycle knows its days and both neighbours', () => {
    const march = billingMonth('2028-03');
    expect([march.firstDay, march.lastDay, march.nextFirstDay, march.nextCycle]).toEqual([
      '2028-03-01',
      '2028-03-31',
      '2028-04-01',
      '2028-04',
    ]);
    expect(march.previous.lastDay).toBe('2028-02-29');
    expect(billingMonth('2026-12').nextFirstDay).toBe('2027-01-01');
    expect(billingMonth('2026-01').previous.firstDay).toBe('2025-12-01');
  });

  test('a charge cycle ends the day before the same date', () => {
    expect(cycleEnd('2026-10-10', 1)).toBe('2026-11-09');
    expect(cycleEnd('2026-10-01', 12)).toBe('2027-09-30');
    expect(daysBetween('2026-10-20', '2026-11-09')).toBe(21);
    expect(addDays('2026-10-31', 1)).toBe('2026-11-01');
  });
});

describe('gzip parts', () => {
  test('a part holds its head and every row, and knows its size', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sample-month-part-'));
    try {
      const path = join(folder, 'part.gz');
      const part = openGzipPart(path, 'head\n');
      const rows = Array.from({ length: 20_000 }, (_, index) => `row ${index} ${'é'.repeat(30)}\n`);
      for (const row of rows) {
        await part.write(row);
      }
      const { byteCount, rows: count } = await part.close();
      const bytes = await readFile(path);
      expect(count).toBe(20_000);
      expect(byteCount).toBe(bytes.length);
      expect(gunzipSync(bytes).toString('utf8')).toBe(`head\n${rows.join('')}`);
      expect(bytes.readUInt32LE(4)).toBe(0);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('a disk that fails is told to the writer', async () => {
    const part = openGzipPart(join(tmpdir(), 'sample-month-no-such-folder', 'part.gz'), 'head\n');
    await expect(part.close()).rejects.toThrow('ENOENT');
  });
});

describe('cells of the cost export', () => {
  test('quotes, commas and line ends are quoted, and nothing else', () => {
    const header = costExportHeader.trimEnd().split(',');
    const cells = costExportLine({ invoiceId: 'G1', tags: '{"a": "b,\n"}', provider: 'plain text' }).trimEnd();
    expect(header).toHaveLength(70);
    expect(cells.startsWith('G1,,')).toBe(true);
    expect(cells.endsWith(',plain text')).toBe(true);
    expect(cells).toContain(',"{""a"": ""b,\n""}",');
  });
});

describe('the plan', () => {
  const catalogue = createCatalogue(5, billingMonth('2026-10'));

  test('every difference is planted as often as it says, each time in another subscription and on a meter of its own', () => {
    const plans = planMeters(catalogue, 5, 0.02);
    for (const difference of plantedDifferences) {
      const places = plans.filter((plan) => plan.difference === difference && plan.subscription.role === 'ordinary');
      expect(places.length, difference.name).toBe(difference.count);
      expect(new Set(places.map((plan) => plan.subscription.id)).size, difference.name).toBe(difference.count);
    }
    const meterOf = (plan: (typeof plans)[number]) => `${plan.subscription.id}|${plan.meter.meterId}`;
    const planted = plans.filter(
      ({ difference, subscription }) => difference.name !== 'none' && subscription.role === 'ordinary',
    );
    expect(planted.length).toBeGreaterThan(60);
    for (const plan of planted) {
      expect(plans.filter((other) => meterOf(other) === meterOf(plan))).toEqual([plan]);
    }
  });

  test('the scale multiplies resources, and below 1 takes days away', () => {
    const rowsAt = (scale: number) =>
      planMeters(catalogue, 5, scale).reduce((rows, plan) => rows + plan.resourceCount * plan.days.length, 0);
    expect(rowsAt(10) / rowsAt(1)).toBeCloseTo(10, 1);
    expect(rowsAt(0.02) / rowsAt(1)).toBeLessThan(0.05);
    expect(planMeters(catalogue, 5, 10).length).toBe(planMeters(catalogue, 5, 0.02).length);
  });

  test('the effects of every emission add up to the difference of its costs', () => {
    let withEffects = 0;
    for (const plan of planMeters(catalogue, 5, 0.02)) {
      for (const emission of emissionsOf(plan, catalogue, 5)) {
        const { invoice, other, invoiceCopies, otherCopies } = emission;
        const costs = (row: typeof invoice, copies: number) =>
          sum(row === undefined ? [] : Array.from({ length: copies }, () => billingCost(row)));
        const variance = subtract(costs(invoice, invoiceCopies), costs(other, otherCopies));
        const effects = effectsOf(emission);
        withEffects += effects.length > 0 ? 1 : 0;
        expect(compare(sum(effects.map((effect) => effect.amount)), variance)).toBe(0);
      }
    }
    expect(withEffects).toBeGreaterThan(100);
  });

  test('a customer who changes reseller in mid-month belongs to each for his part of it', () => {
    const moved = catalogue.customers.filter((customer) => customer.resellerHistory.length > 1);
    expect(
      moved.map((customer) =>
        ['2026-09-30', '2026-10-10', '2026-10-15', '2026-10-16'].map((day) => resellerMpnOn(customer, day)),
      ),
    ).toEqual([
      ['4649221', '4649221', '4649221', '6048879'],
      ['5210374', '5210374', '-1', '-1'],
    ]);
  });
});
