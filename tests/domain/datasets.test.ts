import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  datasetKinds,
  isMeterKind,
  newestSealed,
  pairForCostExport,
  type RunInputs,
  runIdOf,
  runOrderOf,
  type SealedDataset,
} from '../../shared/domain/datasets.ts';

const account = '/providers/microsoft.billing/billingaccounts/1234567';

function usage(change: Partial<SealedDataset> = {}): SealedDataset {
  return {
    datasetId: 'usage-1',
    kind: 'dailyratedusage',
    contentHash: 'hash-of-usage-1',
    sourceTime: '2026-11-08T04:00:00.000Z',
    sourceId: 'G000000001',
    tenantIds: ['tenant-a'],
    invoiceIds: ['G000000001'],
    ...change,
  };
}

function costExport(change: Partial<SealedDataset> = {}): SealedDataset {
  return {
    datasetId: 'export-1',
    kind: 'costexport',
    contentHash: `hash-of-${change.datasetId ?? 'export-1'}`,
    sourceTime: '2026-11-08T05:00:00.000Z',
    sourceId: account,
    tenantIds: ['tenant-a'],
    invoiceIds: ['G000000001'],
    ...change,
  };
}

/** What stands against what, by dataset ids, in the same words for any order of the datasets. */
function paired(...datasets: readonly SealedDataset[]): readonly string[] {
  const told = (sealed: readonly SealedDataset[]) =>
    pairForCostExport(sealed).map(
      ({ invoiceId, invoice, others }) =>
        `${invoiceId}: ${invoice.datasetId} ~ ${others.map((other) => other.datasetId).join(' + ')}`,
    );
  expect(told(datasets.toReversed())).toEqual(told(datasets));
  return told(datasets);
}

describe('pairForCostExport', () => {
  it('sets an invoice’s usage against the export of its tenant', () => {
    expect(pairForCostExport([usage(), costExport()])).toEqual([
      { comparedWith: 'costexport', invoiceId: 'G000000001', invoice: usage(), others: [costExport()] },
    ]);
  });

  it('waits for both sides', () => {
    expect(paired()).toEqual([]);
    expect(paired(usage())).toEqual([]);
    expect(paired(costExport())).toEqual([]);
    expect(paired(usage({ kind: 'onetime' }), costExport())).toEqual([]);
  });

  it('takes the newest version of each source', () => {
    const newer = { datasetId: 'export-2', sourceTime: '2026-11-09T05:00:00.000Z' };
    const older = { datasetId: 'export-0', sourceTime: '2026-11-01T05:00:00.000Z' };
    expect(paired(usage(), costExport(), costExport(newer), costExport(older))).toEqual([
      'G000000001: usage-1 ~ export-2',
    ]);
    expect(
      paired(usage({ datasetId: 'usage-2', sourceTime: '2026-12-08T04:00:00.000Z' }), usage(), costExport()),
    ).toEqual(['G000000001: usage-2 ~ export-1']);
  });

  it('takes the same one of two versions of the same moment, in whatever order they come', () => {
    expect(paired(usage(), costExport(), costExport({ datasetId: 'export-2' }))).toEqual([
      'G000000001: usage-1 ~ export-2',
    ]);
  });

  it('lets the newest version decide, even when it belongs to another invoice', () => {
    const moved = costExport({
      datasetId: 'export-2',
      sourceTime: '2026-11-09T05:00:00.000Z',
      invoiceIds: ['G000000009'],
    });
    expect(paired(usage(), costExport(), moved)).toEqual([]);
  });

  it('leaves out exports of other tenants', () => {
    expect(paired(usage(), costExport({ tenantIds: ['tenant-b'] }))).toEqual([]);
    expect(paired(usage(), costExport({ tenantIds: ['tenant-b', 'tenant-a'] }))).toHaveLength(1);
  });

  it('takes an export that leaves its partner out by its invoices, or where there is one partner only', () => {
    const other = usage({
      datasetId: 'usage-2',
      sourceId: 'G000000002',
      invoiceIds: ['G000000002'],
      tenantIds: ['tenant-b'],
    });
    const unnamed = costExport({ tenantIds: [], invoiceIds: [] });
    expect(paired(usage(), unnamed)).toHaveLength(1);
    expect(paired(usage(), other, unnamed)).toEqual([]);
    expect(paired(usage(), other, costExport({ tenantIds: [] }))).toEqual(['G000000001: usage-1 ~ export-1']);
  });

  it('takes exports of a month that goes on for usage that is not billed, and for no invoice', () => {
    const open = costExport({ invoiceIds: [], isOpenMonth: true });
    expect(paired(usage(), open)).toEqual([]);
    expect(paired(usage({ invoiceIds: [] }), open)).toEqual(['UNBILLED-TENANT-A: usage-1 ~ export-1']);
  });

  it('takes either what was dropped by hand or what was delivered, whichever is newer', () => {
    const dropped = (sourceTime: string) =>
      costExport({ datasetId: 'dropped', sourceId: 'inbox/costexport/tenant-a', sourceTime });
    expect(paired(usage(), costExport(), dropped('2026-11-20T05:00:00.000Z'))).toEqual([
      'G000000001: usage-1 ~ dropped',
    ]);
    expect(paired(usage(), costExport(), dropped('2026-11-01T05:00:00.000Z'))).toEqual([
      'G000000001: usage-1 ~ export-1',
    ]);
  });

  it('leaves out exports that name other invoices only', () => {
    expect(paired(usage(), costExport({ invoiceIds: ['G000000002'] }))).toEqual([]);
    expect(paired(usage(), costExport({ invoiceIds: ['G000000002', 'G000000001'] }))).toHaveLength(1);
  });

  it('takes exports that name no invoice, as an open month does', () => {
    expect(paired(usage(), costExport({ invoiceIds: [] }))).toEqual(['G000000001: usage-1 ~ export-1']);
  });

  it('takes the exports of several customers together', () => {
    const customer = (name: string) =>
      costExport({ datasetId: `export-${name}`, sourceId: `${account}/customers/${name}` });
    expect(paired(usage(), customer('b'), customer('a'))).toEqual(['G000000001: usage-1 ~ export-a + export-b']);
  });

  it('takes the wider one alone of two whose scopes contain one another', () => {
    const customer = costExport({ datasetId: 'export-customer', sourceId: `${account}/customers/a` });
    const subscription = costExport({ datasetId: 'export-inner', sourceId: `${account}/customers/a/subscriptions/s` });
    expect(paired(usage(), customer, costExport())).toEqual(['G000000001: usage-1 ~ export-1']);
    expect(paired(usage(), subscription, customer)).toEqual(['G000000001: usage-1 ~ export-customer']);
  });

  it('takes one of two exports of the same bytes, as two manifests may tell of one run', () => {
    const copy = costExport({
      datasetId: 'export-copy',
      sourceId: 'exports/older',
      contentHash: costExport().contentHash,
    });
    const other = costExport({ datasetId: 'export-2', sourceId: 'exports/other' });
    expect(paired(usage(), costExport(), copy)).toHaveLength(1);
    expect(paired(usage(), costExport(), copy)[0]).not.toContain('+');
    expect(paired(usage(), costExport(), other)[0]).toContain('+');
  });

  it('does not take a name that begins alike for a scope that contains the other', () => {
    const neighbour = costExport({ datasetId: 'export-neighbour', sourceId: `${account}8` });
    expect(paired(usage(), costExport(), neighbour)).toEqual(['G000000001: usage-1 ~ export-1 + export-neighbour']);
  });

  it('gives each invoice of a cycle its own run', () => {
    const second = usage({ datasetId: 'usage-2', sourceId: 'G000000002', invoiceIds: ['G000000002'] });
    const both = costExport({ invoiceIds: ['G000000001', 'G000000002'] });
    expect(paired(usage(), second, both)).toEqual(['G000000001: usage-1 ~ export-1', 'G000000002: usage-2 ~ export-1']);
  });

  it('gives usage that is not billed yet a run with exports that name no invoice', () => {
    const unbilled = usage({ invoiceIds: [] });
    expect(paired(unbilled, costExport({ invoiceIds: [] }))).toEqual(['UNBILLED-TENANT-A: usage-1 ~ export-1']);
    expect(paired(unbilled, costExport())).toEqual([]);
  });
});

describe('newestSealed', () => {
  it('is the one of the latest moment, and none of none', () => {
    const versions = ['2026-11-01', '2026-11-03', '2026-11-02'].map((day) =>
      usage({ datasetId: day, sourceTime: `${day}T00:00:00.000Z` }),
    );
    expect(newestSealed(versions)?.datasetId).toBe('2026-11-03');
    expect(newestSealed([])).toBeUndefined();
  });
});

describe('a run', () => {
  const other = (contentHash: string, sourceTime = '2026-11-08T05:00:00.000Z') =>
    costExport({ contentHash, sourceTime });
  const inputs: RunInputs = {
    comparedWith: 'costexport',
    invoiceId: 'G000000001',
    invoice: usage(),
    others: [other('a'), other('b'), other('c')],
  };

  it.each<readonly [string, RunInputs, string]>([
    ['the invoice', { ...inputs, invoiceId: 'G000000002' }, 'policy-1'],
    ['its usage', { ...inputs, invoice: usage({ contentHash: 'x' }) }, 'policy-1'],
    ['one of the exports', { ...inputs, others: [other('a'), other('b'), other('d')] }, 'policy-1'],
    ['the number of exports', { ...inputs, others: [other('a'), other('b')] }, 'policy-1'],
    ['an export twice', { ...inputs, others: [...inputs.others, other('c')] }, 'policy-1'],
    ['the policy', inputs, 'policy-2'],
    ['the policy, named as the last export', { ...inputs, others: [other('a'), other('b')] }, 'c'],
  ])('is another one when another thing goes in: %s', (_, changed, policyVersion) => {
    expect(runIdOf(changed, policyVersion)).not.toBe(runIdOf(inputs, 'policy-1'));
  });

  it('is the same one in whatever order the exports come, and under whatever name they are stored', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...inputs.others], { minLength: 3 }), (others) => {
        expect(runIdOf({ ...inputs, others }, 'policy-1')).toBe(runIdOf(inputs, 'policy-1'));
      }),
    );
    const renamed = { ...inputs, invoice: usage({ datasetId: 'again', sourceTime: '2026-12-01T00:00:00.000Z' }) };
    expect(runIdOf(renamed, 'policy-1')).toBe(runIdOf(inputs, 'policy-1'));
  });

  it('comes after the runs of older inputs', () => {
    const at = (invoiceTime: string, ...times: readonly string[]) =>
      runOrderOf({
        ...inputs,
        invoice: usage({ sourceTime: `2026-11-${invoiceTime}T00:00:00.000Z` }),
        others: times.map((time) => other('x', `2026-11-${time}T00:00:00.000Z`)),
      });
    expect(at('08', '09') < at('08', '10')).toBe(true);
    expect(at('08', '10', '01') > at('08', '09', '09')).toBe(true);
    expect(at('08', '01', '10')).toBe(at('08', '10', '01'));
    expect(at('09', '01') > at('08', '28')).toBe(true);
  });
});

describe('kinds', () => {
  it('are added up to meters, but for line items', () => {
    expect(datasetKinds.filter(isMeterKind)).toEqual(['dailyratedusage', 'costexport']);
  });
});
