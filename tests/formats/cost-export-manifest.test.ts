import { describe, expect, it } from 'vitest';
import { readCostExportManifest } from '../../shared/formats/cost-export-manifest.ts';
import { readCostExportPath } from '../../shared/formats/cost-export-path.ts';

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

describe('an older manifest, which tells the files alone', () => {
  const older = { manifestVersion: '2022-04-04', byteCount: 8032, blobCount: 1, dataRowCount: 36, blobs: [blob] };
  const writtenAt = '2026-11-08T04:00:00Z';
  const readOlder = (path: string, manifest: unknown = older) =>
    readCostExportManifest(path, JSON.stringify(manifest), { writtenAt });

  it('takes export, month and run from its folders, and its time from the blob', () => {
    expect(readOlder('Exports/Actual/20261001-20261031/0c0c0c0c/_manifest.json')).toEqual({
      runId: '0c0c0c0c',
      exportName: 'Actual',
      scope: 'exports/actual',
      type: '',
      submittedTime: '2026-11-08T04:00:00.000Z',
      billingCycle: '2026-10',
      startDate: '2026-10-01',
      rows: 36,
      blobs: [{ blobName: blob.blobName, sizeBytes: 8032 }],
    });
  });

  it('takes its time from the folders that tell it', () => {
    expect(readOlder('e/actual/20261001-20261031/202611050215/0c0c0c0c/_manifest.json')).toMatchObject({
      runId: '0c0c0c0c',
      submittedTime: '2026-11-05T02:15:00.000Z',
    });
  });

  it('of a month without rows names its file all the same', () => {
    const empty = { ...older, dataRowCount: 0, blobs: [{ ...blob, dataRowCount: 0 }] };
    expect(readOlder('e/actual/20261001-20261031/r/_manifest.json', empty)).toMatchObject({
      rows: 0,
      blobs: [{ rows: 0 }],
    });
  });

  it('is told as a problem where its folders tell nothing, or nobody its time', () => {
    expect(readOlder('actual/_manifest.json')).toMatchObject({
      code: 'badManifest',
      message: expect.stringContaining('{export}/{from}-{to}'),
    });
    expect(readCostExportManifest('actual/20261001-20261031/r/_manifest.json', JSON.stringify(older))).toMatchObject({
      code: 'badManifest',
      message: expect.stringContaining('nothing says when'),
    });
  });
});

describe('a manifest that contradicts itself', () => {
  it.each([
    [
      'a file that is named twice',
      { ...least, blobs: [blob, { ...blob, blobName: ` ${blob.blobName}` }] },
      'is named twice',
    ],
    ['a count of files that is wrong', { ...least, blobCount: 2 }, 'blobCount says 2 files, 1 are named'],
    [
      'more files than an export has',
      { ...least, blobs: Array.from({ length: 10_001 }, (_, at) => ({ ...blob, blobName: `${at}` })) },
      'at most 10000',
    ],
  ])('is told: %s', (_, manifest, words) => {
    expect(read(manifest)).toMatchObject({ code: 'badManifest', file: name, message: expect.stringContaining(words) });
  });

  it('may begin with a byte order mark', () => {
    expect(readCostExportManifest(name, `\uFEFF${JSON.stringify(least)}`)).toMatchObject({ runId: '0c0c0c0c' });
  });
});

describe('the folders of an export', () => {
  it.each([
    [
      'c/Daily/20251001-20251031/8f0e/part_0_0001.csv.gz',
      { folder: 'c/daily', exportName: 'Daily', billingCycle: '2025-10', runId: '8f0e' },
    ],
    [
      'partnerled/sub/20251001-20251031/8f0e/part_0_0001.csv.gz',
      { folder: 'partnerled/sub', exportName: 'sub', billingCycle: '2025-10', runId: '8f0e' },
    ],
    [
      'd/e/20260101-20260131/202602050310/8f0e/part_1_0001.csv',
      { folder: 'd/e', exportName: 'e', billingCycle: '2026-01', runId: '8f0e', startedAt: '2026-02-05T03:10:00.000Z' },
    ],
    [
      'd/e/20260101-20260131/202602050310/part_1_0001.csv',
      {
        folder: 'd/e',
        exportName: 'e',
        billingCycle: '2026-01',
        runId: '202602050310',
        startedAt: '2026-02-05T03:10:00.000Z',
      },
    ],
    ['d/e/20260101-20260131/e_8f0e.csv', { folder: 'd/e', exportName: 'e', billingCycle: '2026-01', runId: '' }],
  ])('%s', (path, told) => {
    expect(readCostExportPath(path)).toEqual(told);
  });

  it.each(['part.csv', 'd/e/run/part.csv', '20260101-20260131/part.csv', 'd/e/20261301-20261331/r/part.csv'])(
    '%s tell nothing',
    (path) => {
      expect(readCostExportPath(path)).toBeUndefined();
    },
  );
});
