import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ComparedWith } from '../../shared/domain/tolerance.ts';
import { invoiceId, planId, tinyInvoices } from '../support/tiny-month.ts';
import { listMeters, listReconciliations } from '../support/whole-lists.ts';
import { createWorld, tinySource, type World } from '../support/world.ts';

async function published(options: Parameters<typeof createWorld>[0] = {}): Promise<World> {
  const world = createWorld(options);
  await world.startTimer();
  await world.untilQuiet();
  return world;
}

async function linesOf(world: World, comparedWith: ComparedWith, ofInvoice = invoiceId) {
  const items = await listReconciliations(world.ports.runs, { comparedWith, invoiceId: ofInvoice });
  const lists = await Promise.all(items.map((item) => listMeters(world.ports, item.runId, item.subscriptionId)));
  return lists.flatMap((list) => list ?? []);
}

describe('the comparison of daily rated usage with the line items of the invoice', () => {
  it('is made plan by plan: one line for each product and SKU', async () => {
    const lines = await linesOf(await published(), 'invoicelines');
    expect(lines).toMatchObject([
      {
        subscriptionId: planId,
        meterId: 'dzh318z0bnz5/0001',
        status: 'mismatched',
        invoice: { cost: '27.6285170449', rows: 5 },
        other: { cost: '3.08', rows: 1 },
      },
      { meterId: 'dzh318z0bnz5/0002', status: 'excluded', other: { cost: '-1.5', rows: 1 } },
    ]);
  });

  it('is made without any cost export', async () => {
    const world = await published({ costExportFiles: [] });
    expect(await linesOf(world, 'costexport')).toEqual([]);
    expect(await linesOf(world, 'invoicelines')).toHaveLength(2);
  });

  it('is not comparable, with the reason, where no row of the usage names a plan', async () => {
    const source = tinySource();
    const world = await published({ source: { openPart: (request) => withoutPlans(source.openPart(request)) } });
    const lines = await linesOf(world, 'invoicelines');
    expect(lines.map(({ status, invoice }) => [status, invoice?.rows])).toEqual([
      ['notComparable', 5],
      ['excluded', undefined],
      ['excluded', undefined],
    ]);
    const run = (await world.ports.runs.list()).find(({ comparedWith }) => comparedWith === 'invoicelines');
    expect(run).toMatchObject({ state: 'published', gate: { kind: 'closed', reason: 'noPlans' }, invoiceRows: 5 });
  });
});

/** Usage of which no row says what was ordered, as unbilled usage may be. */
async function withoutPlans(opened: ReturnType<ReturnType<typeof tinySource>['openPart']>) {
  const part = await opened;
  if (part.kind === 'changed') return part;

  const bytes = Buffer.concat(await Array.fromAsync(part.bytes));
  const isGzip = bytes[0] === 0x1f;
  const text = (isGzip ? gunzipSync(bytes) : bytes).toString();
  const changed = text.includes('MeterId') ? text.replaceAll(`"SubscriptionId":"${planId}",`, '') : text;
  async function* stream() {
    yield isGzip ? gzipSync(changed) : Buffer.from(changed);
  }
  return { kind: 'open' as const, bytes: stream() };
}

describe('the comparison of an invoice with its header', () => {
  it('is made of all its lines, and of licences and usage where it is a legacy one', async () => {
    const world = await published();
    expect(await linesOf(world, 'invoicetotal')).toMatchObject([
      { meterId: 'total', status: 'mismatched', invoice: { cost: '1.58', rows: 2 }, other: { cost: '119', rows: 1 } },
    ]);
    expect(await linesOf(world, 'invoicetotal', 'D000000001')).toMatchObject([
      {
        meterId: 'total',
        status: 'mismatched',
        invoice: { cost: '20.13', rows: 2 },
        variance: { cost: '0.13' },
      },
    ]);
  });

  it('is made anew when a credit note appears, by the sweep, and readers see the later run', async () => {
    const [invoice] = tinyInvoices;
    if (invoice === undefined) throw new Error('the tiny month has an invoice');
    const world = await published();
    await world.ports.invoices.put({
      ...invoice,
      invoiceId: 'G000000009',
      documentType: 'creditNote',
      total: '-117.42',
      amendsInvoiceId: invoiceId,
    });
    world.advanceClock('2026-11-10T06:00:00.000Z');
    await world.sweep();
    await world.untilQuiet();
    expect(await linesOf(world, 'invoicetotal')).toMatchObject([
      { meterId: 'total', status: 'matched', invoice: { cost: '1.58' }, other: { cost: '1.58' } },
    ]);
  });
});
