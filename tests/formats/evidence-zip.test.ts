import { describe, expect, it } from 'vitest';
import { compareMeters } from '../../shared/domain/comparison.ts';
import { type Evidence, evidenceLimits, evidenceLineOf } from '../../shared/domain/evidence.ts';
import { supportChecks } from '../../shared/domain/support-checks.ts';
import { defaultPolicy } from '../../shared/domain/tolerance.ts';
import { type EvidenceContents, evidenceZip } from '../../shared/formats/evidence-zip.ts';
import { totalOf } from '../domain/meters.ts';
import { unzipped } from './unzipped.ts';

const lead = '=HYPERLINK("http://example.com","<b>&x")';
const how = { comparedWith: 'costexport', policy: defaultPolicy, cycle: '2026-10' } as const;
const lines = compareMeters(
  [totalOf({ cost: '10', quantity: '5', meterName: lead, meterCategory: '@SUM' })],
  [totalOf({ cost: '7', quantity: '5', meterName: lead })],
  how,
).map((line) => evidenceLineOf(line, 'costexport'));
const ids = { customerId: ['c'], productId: [], skuId: [], subscriptionId: ['s'] };

const side = { listed: 1, quantity: '5', cost: '10', leftOut: [], remarks: ['<i>remark</i>'] };
const file = {
  side: 'invoice',
  datasetId: 'd',
  part: 0,
  name: '+file<1>.csv',
  sizeBytes: 1,
  sha256: 'ab',
  rows: 1,
} as const;
const evidence: Evidence = {
  version: 1,
  issueId: '0'.repeat(32),
  reportedAt: '2026-11-22T08:00:00.000Z',
  note: lead,
  target: { kind: 'run', runId: 'r' },
  subject: {
    title: lead,
    invoiceId: 'G1',
    billingCycle: '2026-10',
    tenantId: 't',
    amounts: [{ currency: 'EUR', charged: '10' }],
  },
  engineVersion: '3',
  run: {
    runId: 'r',
    comparedWith: 'costexport',
    policyVersion: 'p',
    engineVersion: '3',
    plannedAt: '2026-11-08T06:00:00.000Z',
    invoiceDatasetIds: ['d'],
    otherDatasetIds: [],
  },
  sides: { invoice: { name: 'Invoice', files: [file], ...side }, other: { name: 'Other', files: [], ...side } },
  lines,
  linesLeftOut: 0,
  causes: [],
  checks: supportChecks({ lines, ids: { invoice: ids, other: { ...ids, customerId: ['d'] } } }),
  limits: evidenceLimits,
};
const row = `1,${lead}`;
const contents: EvidenceContents = {
  evidence,
  rows: [
    {
      side: 'invoice',
      entry: 'invoice/001-file.csv',
      row: 1,
      meterKey: 'k',
      source: { file: '=file.csv', line: 2 },
      usageDate: '2026-10-01',
      resourceKey: '',
      quantity: '-5',
      unitPrice: '2',
      exchangeRate: '0.5',
      cost: '-5',
      chargeType: lead,
    },
  ],
  entries: [{ path: 'invoice/001-file.csv', layout: { format: 'csv', header: 'a,=b' }, rows: [Buffer.from(row)] }],
};

async function filesOf(): Promise<ReadonlyMap<string, Buffer>> {
  return unzipped(Buffer.concat(await Array.fromAsync(evidenceZip(contents))));
}

describe('a zip of evidence', () => {
  it('leaves source rows as they are, and neutralises what we write ourselves', async () => {
    const files = await filesOf();
    expect(files.get('invoice/001-file.csv')?.toString()).toBe(`a,=b\r\n${row}\r\n`);
    const [lineCsv = '', rowCsv = ''] = ['lines.csv', 'rows.csv'].map((name) => files.get(name)?.toString() ?? '');
    expect(lineCsv).toContain(`"'=HYPERLINK(`);
    expect(lineCsv).toContain(`,'@SUM,`);
    expect(rowCsv).toContain(`,'=file.csv,2,`);
    expect(rowCsv.trimEnd().split('\r\n')[1]?.endsWith(',-5,2,0.5,-10,-5,-5')).toBe(true);
  });

  it('has a summary that loads nothing and runs nothing', async () => {
    const page = (await filesOf()).get('summary.html')?.toString() ?? '';
    expect(page).not.toMatch(/<(b>&x|i>remark|1>|script|img|link|iframe|a )/);
    expect(page).toContain('=HYPERLINK(&quot;http://example.com&quot;,&quot;&lt;b&gt;&amp;x&quot;)');
    expect(page).toContain('default-src &#39;none&#39;');
    expect(page).toContain('+file&lt;1&gt;.csv');
    expect(page).toContain('Customer ids of the rows: c against d.');
  });

  it('is the same bytes twice', async () => {
    const [one, two] = await Promise.all([
      Array.fromAsync(evidenceZip(contents)),
      Array.fromAsync(evidenceZip(contents)),
    ]);
    expect(Buffer.concat(one).equals(Buffer.concat(two))).toBe(true);
  });
});

describe('the checks that support asks for', () => {
  it('tell what agrees, what differs, and what only one side says', () => {
    const found = Object.fromEntries(evidence.checks.map(({ check, finding }) => [check, finding]));
    expect(found).toEqual({
      billableQuantity: 'agrees',
      customerId: 'differs',
      productId: 'notTold',
      skuId: 'notTold',
      subscriptionId: 'agrees',
      threeToFivePercent: 'differs',
    });
    expect(evidence.checks.at(-1)?.sentence).toContain('Charged 10 EUR; the difference is 3, 30 % of it.');
    const one = compareMeters([totalOf({ cost: '10' })], [], how).map((line) => evidenceLineOf(line, 'costexport'));
    expect(
      supportChecks({ lines: one, ids: { invoice: ids, other: undefined } }).map(({ finding }) => finding),
    ).toEqual(['notOnBothSides', 'notOnBothSides', 'notTold', 'notTold', 'notOnBothSides', 'differs']);
  });
});
