import { describe, expect, it } from 'vitest';
import { readCostExportManifest } from '../../shared/formats/cost-export-manifest.ts';

const name = 'exports/actual/20261001-20261031/0c0c0c0c/manifest.json';
const blob = { blobName: 'exports/actual/part_0_0001.csv.gz', byteCount: 8032 };
const exportConfig = {
  exportName: 'actual',
  resourceId: '/providers/Microsoft.Billing/billingAccounts/1234567/providers/Microsoft.CostManagement/exports/Actual',
  type: 'ActualCost',
};
const runInfo = { submittedTime: '2026-11-08T04:00:00.1234567Z', runId: '0c0c0c0c', startDate: '2026-10-01T00:00:00' };
const least = { exportConfig, runInfo, blobs: [blob] };

const read = (manifest: unknown) => readCostExportManifest(name, JSON.stringify(manifest));

describe('the manifest of a cost export', () => {
  it('is read without any of the fields that Microsoft leaves out', () => {
    expect(read(least)).toEqual({
      runId: '0c0c0c0c',
      exportName: 'actual',
      scope: '/providers/microsoft.billing/billingaccounts/1234567',
      type: 'ActualCost',
      submittedTime: '2026-11-08T04:00:00.123Z',
      billingCycle: '2026-10',
      startDate: '2026-10-01',
      blobs: [{ blobName: blob.blobName, sizeBytes: 8032 }],
    });
  });

  it('is read with its counts, and with whatever fields a later version adds', () => {
    const blobs = [{ ...blob, dataRowCount: 36, later: true }];
    expect(read({ ...least, blobs, manifestVersion: '2099-01-01', dataRowCount: 36, blobCount: 1 })).toMatchObject({
      rows: 36,
      blobs: [{ rows: 36 }],
    });
    expect(read({ ...least, dataRowCount: 0, blobs: [] })).toMatchObject({ rows: 0, blobs: [] });
  });

  it('has stray spaces around its blob names, as Microsoft’s own example has', () => {
    expect(read({ ...least, blobs: [{ ...blob, blobName: `  ${blob.blobName} ` }] })).toMatchObject({
      blobs: [{ blobName: blob.blobName }],
    });
  });

  it.each([
    ['/providers/Microsoft.Billing/billingAccounts/1234567', '/providers/microsoft.billing/billingaccounts/1234567'],
    [
      `${exportConfig.resourceId.replace('1234567', 'A:B_2019-05-31/Customers/C')}`,
      '/providers/microsoft.billing/billingaccounts/a:b_2019-05-31/customers/c',
    ],
    ['/subscriptions/S/providers/Microsoft.CostManagement/exports/x', '/subscriptions/s'],
  ])('tells the scope of %s: %s', (resourceId, scope) => {
    expect(read({ ...least, exportConfig: { ...exportConfig, resourceId } })).toMatchObject({ scope });
  });

  it.each([
    ['2026-10-01', '2026-10'],
    ['2026-12-01T00:00:00Z', '2026-12'],
    ['2026-10-01T00:00:00+00:00', '2026-10'],
    ['10/1/2026', '2026-10'],
  ])('begins on %s and so belongs to %s', (startDate, billingCycle) => {
    expect(read({ ...least, runInfo: { ...runInfo, startDate } })).toMatchObject({ billingCycle });
  });

  it('tells every moment in one form, so that later runs sort after earlier ones', () => {
    const at = (submittedTime: string) => read({ ...least, runInfo: { ...runInfo, submittedTime } });
    expect(at('2026-11-08T04:00:00Z')).toMatchObject({ submittedTime: '2026-11-08T04:00:00.000Z' });
    expect(at('2026-11-08T06:00:00.5+02:00')).toMatchObject({ submittedTime: '2026-11-08T04:00:00.500Z' });
  });
});

describe('what is no manifest of a cost export', () => {
  it.each(['', '{', 'manifest', '{"exportConfig":', '\u0000'])('is told, not thrown: %j is no JSON', (text) => {
    expect(readCostExportManifest(name, text)).toEqual({
      code: 'badManifest',
      file: name,
      message: `${name}: the manifest is not valid JSON`,
    });
  });

  it.each<readonly [string, unknown, string]>([
    ['null', null, ''],
    ['a list', [least], ''],
    ['a number', 1, ''],
    [
      'the older _manifest.json, which tells no export',
      { manifestVersion: '1', byteCount: 1, dataRowCount: 1 },
      'exportConfig',
    ],
    ['one without its run', { exportConfig, blobs: [blob] }, 'runInfo'],
    ['one without files', { exportConfig, runInfo }, 'blobs'],
    ['files that are no list', { ...least, blobs: blob }, 'blobs'],
    ['a file without name', { ...least, blobs: [blob, { byteCount: 1 }] }, 'blobs.1.blobName'],
    ['a file without size', { ...least, blobs: [{ blobName: 'x' }] }, 'blobs.0.byteCount'],
    ['a size as text', { ...least, blobs: [{ ...blob, byteCount: '8032' }] }, 'blobs.0.byteCount'],
    ['a negative size', { ...least, blobs: [{ ...blob, byteCount: -1 }] }, 'blobs.0.byteCount'],
    ['half a row', { ...least, dataRowCount: 0.5 }, 'dataRowCount'],
    [
      'an export without name',
      { ...least, exportConfig: { ...exportConfig, exportName: undefined } },
      'exportConfig.exportName',
    ],
    ['a month that is none', { ...least, runInfo: { ...runInfo, startDate: '2026-13-01' } }, 'runInfo.startDate'],
    [
      'a day that is none',
      { ...least, runInfo: { ...runInfo, startDate: '2026-02-30T00:00:00' } },
      'runInfo.startDate',
    ],
    ['a month without a day', { ...least, runInfo: { ...runInfo, startDate: 'October' } }, 'runInfo.startDate'],
    [
      'a moment that is none',
      { ...least, runInfo: { ...runInfo, submittedTime: 'yesterday' } },
      'runInfo.submittedTime',
    ],
    [
      'a moment of no zone',
      { ...least, runInfo: { ...runInfo, submittedTime: '2026-11-08T04:00:00' } },
      'runInfo.submittedTime',
    ],
  ])('is told, not thrown, with the place: %s', (_, manifest, where) => {
    expect(read(manifest)).toEqual({
      code: 'badManifest',
      file: name,
      message: expect.stringContaining(`${name}: not a manifest of a cost export (${where}: `),
    });
  });
});
