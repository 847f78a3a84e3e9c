import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { type IssueBody, type IssueTarget, issueDetail } from '../../shared/contracts/issues.ts';
import { type MeterLine, meterKeyOf } from '../../shared/domain/comparison.ts';
import { type Evidence, type EvidenceLimits, evidenceLimits } from '../../shared/domain/evidence.ts';
import { sumTexts } from '../../shared/domain/meter-totals.ts';
import { attachEvidence } from '../../shared/pipeline/attach-evidence.ts';
import { toIssueDetail } from '../../shared/pipeline/issue-items.ts';
import { reportIssue } from '../../shared/pipeline/report-issue.ts';
import { unzipped } from '../formats/unzipped.ts';
import {
  invoiceId,
  planId,
  tinyCostExport,
  tinyExportRows,
  tinyFocus,
  tinyLineFiles,
  tinyUsageFiles,
} from '../support/tiny-month.ts';
import { createWorld, type World, type WorldOptions } from '../support/world.ts';

const subscriptionA = 'aaaaaaaa-0000-4000-8000-00000000000a';
const caller = 'tenant/operator';

async function afterMonth(options: WorldOptions = {}): Promise<World> {
  const world = createWorld(options);
  await world.startTimer();
  await world.untilQuiet();
  return world;
}

async function runOf(world: World, comparedWith: 'costexport' | 'invoicelines' | 'invoicetotal' = 'costexport') {
  const pointer = await world.ports.runs.readPointer({ billingCycle: '2026-10', comparedWith, invoiceId });
  if (pointer === undefined) throw new Error('Nothing was published');
  return pointer.runId;
}

async function report(world: World, target: IssueTarget, more: Partial<IssueBody> = {}) {
  const reported = await reportIssue(world.ports, { target, ...more }, caller);
  if (reported === undefined) throw new Error('There is no such target');
  await world.untilQuiet();
  const issue = await world.ports.issues.get(reported.issue.issueId);
  if (issue === undefined) throw new Error('The issue is gone');
  return { kind: reported.kind, issue };
}

async function zipOf(world: World, issueId: string): Promise<Buffer> {
  const bytes = await world.ports.issues.openEvidence(issueId);
  if (bytes === undefined) throw new Error('There is no evidence');
  return Buffer.concat(await Array.fromAsync(bytes));
}

async function filesOf(world: World, issueId: string) {
  const files = unzipped(await zipOf(world, issueId));
  const text = (path: string) => files.get(path)?.toString('utf8') ?? '';
  return { files, text, evidence: JSON.parse(text('evidence.json')) as Evidence };
}

async function lineOf(world: World, runId: string, isWanted: (line: MeterLine) => boolean): Promise<MeterLine> {
  const plan = await world.ports.runs.readPlan(runId);
  for (const { subscriptionId } of plan.subscriptions) {
    const found = (await world.ports.runs.readLines(runId, subscriptionId)).find(isWanted);
    if (found !== undefined) return found;
  }
  throw new Error('No such line');
}

async function meterTarget(world: World, digit = '2'): Promise<IssueTarget> {
  const runId = await runOf(world);
  const line = await lineOf(world, runId, ({ meterId }) => meterId.endsWith(digit));
  return { kind: 'meter', runId, subscriptionId: line.subscriptionId, meterKey: meterKeyOf(line) };
}

/** One of Microsoft's files, by the name that its dataset has for it. */
function sourceFile(file: string): Buffer {
  const exported = tinyCostExport().files.find(({ name }) => file.endsWith(name));
  const files = file.includes('/onetime/') ? tinyLineFiles() : tinyUsageFiles();
  const own = exported ?? files[Number(/part-(\d{5})\.json\.gz$/.exec(file)?.[1])];
  if (own === undefined) throw new Error(`No source file is ${file}`);
  return own.bytes;
}

/** The line of one of Microsoft's files, as it stands there. */
function sourceLine(file: string, line: number): string {
  return gunzipSync(sourceFile(file)).toString('utf8').split(/\r?\n/)[line - 1] ?? '';
}

function rowsOf(text: string): readonly Record<string, string>[] {
  return parse(text, { columns: true }) as Record<string, string>[];
}

/** Every row that the table of rows names stands in its entry as it stands in its source file. */
function expectVerbatim({ text }: Awaited<ReturnType<typeof filesOf>>): number {
  const rows = rowsOf(text('rows.csv'));
  for (const { Entry = '', EntryRow, File = '', Line } of rows) {
    const lines = text(Entry).split(Entry.endsWith('.csv') ? '\r\n' : '\n');
    const header = Entry.endsWith('.csv') ? 1 : 0;
    expect(lines[Number(EntryRow) - 1 + header]).toBe(sourceLine(File, Number(Line)));
    if (header === 1) expect(lines[0]).toBe(sourceLine(File, 1));
  }
  return rows.length;
}

describe('the evidence of a meter line', () => {
  it('shows both sides as they stand in their files, with file, line and hash, and adds up', async () => {
    const world = await afterMonth();
    const { issue } = await report(world, await meterTarget(world), { note: 'Nine were used, ten were billed.' });
    expect(issue).toMatchObject({
      state: 'open',
      subject: { invoiceId, billingCycle: '2026-10', amounts: [{ charged: '16.92405332', expected: '15.231647988' }] },
      evidence: { state: 'available', rows: 2 },
    });
    const zip = await filesOf(world, issue.issueId);
    expect(expectVerbatim(zip)).toBe(2);
    const { evidence } = zip;
    expect(evidence.lines).toMatchObject([
      { charged: '16.92405332', expected: '15.231647988', difference: '1.692405332' },
    ]);
    expect(sumTexts(evidence.lines[0]?.causes.map(({ amount }) => amount) ?? [])).toBe('1.692405332');
    expect(evidence.lines[0]?.formulas.invoice).toBe('10 × 2 × 0.846202666 = 16.92405332');
    expect(evidence.run).toMatchObject({ comparedWith: 'costexport', policyVersion: 'default-2' });
    for (const [side, cost] of [
      ['invoice', '16.92405332'],
      ['other', '15.231647988'],
    ] as const) {
      expect(evidence.sides[side]).toMatchObject({ listed: 1, cost, leftOut: [], remarks: [] });
      const [file] = evidence.sides[side]?.files.filter(({ entry }) => entry !== undefined) ?? [];
      expect(file?.sha256).toBe(
        createHash('sha256')
          .update(sourceFile(file?.name ?? ''))
          .digest('hex'),
      );
      expect(file?.isVerbatim).toBe(true);
    }
  });

  it('tells what Microsoft asks to be checked first', async () => {
    const world = await afterMonth();
    const { issue } = await report(world, await meterTarget(world));
    const { evidence } = await filesOf(world, issue.issueId);
    const found = Object.fromEntries(evidence.checks.map(({ check, finding }) => [check, finding]));
    expect(found).toEqual({
      billableQuantity: 'differs',
      customerId: 'agrees',
      productId: 'notOnBothSides',
      skuId: 'notOnBothSides',
      subscriptionId: 'agrees',
      threeToFivePercent: 'differs',
    });
    expect(evidence.checks.at(-1)?.sentence).toContain('10 % of it');
  });

  it('names every entry in a manifest of hashes', async () => {
    const world = await afterMonth();
    const { issue } = await report(world, await meterTarget(world));
    const { files, text } = await filesOf(world, issue.issueId);
    const sums = text('manifest.sha256')
      .trimEnd()
      .split('\n')
      .map((line) => line.split('  '));
    expect(sums.map(([, path]) => path)).toEqual([...files.keys()].slice(0, -1));
    for (const [hash, path = ''] of sums)
      expect(
        createHash('sha256')
          .update(files.get(path) ?? '')
          .digest('hex'),
      ).toBe(hash);
    expect(issue.evidence.sha256).toBe(
      createHash('sha256')
        .update(await zipOf(world, issue.issueId))
        .digest('hex'),
    );
  });

  it('is the same bytes whenever it is made', async () => {
    const [one, two] = [await afterMonth(), await afterMonth()];
    const [first, second] = [await report(one, await meterTarget(one)), await report(two, await meterTarget(two))];
    expect(first.issue.issueId).toBe(second.issue.issueId);
    expect((await zipOf(one, first.issue.issueId)).equals(await zipOf(two, second.issue.issueId))).toBe(true);
  });

  it('escapes in the summary what people and files say', async () => {
    const world = await afterMonth();
    const note = '<script>alert(1)</script>\n"&\'';
    const { issue } = await report(world, await meterTarget(world), { note });
    const { text, evidence } = await filesOf(world, issue.issueId);
    expect(text('summary.html')).not.toContain('<script');
    expect(text('summary.html')).toContain('&lt;script&gt;alert(1)&lt;/script&gt;\n&quot;&amp;&#39;');
    expect(evidence.note).toBe(note);
  });
});

describe('what is reported', () => {
  it('is one issue, however often: the first report stays', async () => {
    const world = await afterMonth();
    const target = await meterTarget(world);
    const first = await report(world, target, { note: 'one' });
    const again = {
      ...target,
      ...('subscriptionId' in target ? { subscriptionId: target.subscriptionId.toUpperCase() } : {}),
    };
    const second = await report(world, again as IssueTarget, { note: 'two' });
    expect([first.kind, second.kind]).toEqual(['created', 'known']);
    expect(second.issue).toEqual(first.issue);
    expect(await world.ports.issues.list()).toHaveLength(1);
  });

  it('may be a whole subscription: all its lines, the worst first, and all its rows', async () => {
    const world = await afterMonth();
    const runId = await runOf(world);
    const { issue } = await report(world, { kind: 'subscription', runId, subscriptionId: subscriptionA });
    const zip = await filesOf(world, issue.issueId);
    expect(zip.evidence.lines.map(({ status }) => status)).toEqual(['mismatched', 'matched', 'matched']);
    expect(expectVerbatim(zip)).toBe(8);
    for (const side of ['invoice', 'other'] as const) {
      expect(zip.evidence.sides[side]?.cost).toBe(sumTexts(zip.evidence.lines.map((line) => line[side]?.cost ?? '0')));
    }
    expect(issue.breaks?.breakIds).toHaveLength(1);
  });

  it('may be a run: the lines out of tolerance, with their rows', async () => {
    const world = await afterMonth();
    const { issue } = await report(world, { kind: 'run', runId: await runOf(world) });
    const zip = await filesOf(world, issue.issueId);
    expect(zip.evidence.lines.map(({ status }) => status).sort()).toEqual(['invoiceOnly', 'mismatched', 'otherOnly']);
    expect(expectVerbatim(zip)).toBe(4);
    expect(issue.breaks).toBeUndefined();
  });

  it('may be a plan against the line items: those stand as in their file', async () => {
    const world = await afterMonth();
    const runId = await runOf(world, 'invoicelines');
    const { issue } = await report(world, { kind: 'subscription', runId, subscriptionId: planId });
    const zip = await filesOf(world, issue.issueId);
    expect(expectVerbatim(zip)).toBe(2);
    expect(zip.evidence.sides.invoice.remarks).toHaveLength(1);
    expect(zip.evidence.sides.other).toMatchObject({ listed: 2, cost: '1.58' });
    const amounts = zip.evidence.lines.map(({ charged, expected, other, invoice }) => [
      charged,
      expected,
      other?.cost ?? '0',
      invoice?.cost ?? '0',
    ]);
    for (const [charged, expected, other, invoice] of amounts) expect([charged, expected]).toEqual([other, invoice]);
  });

  it('may be the total of an invoice, which has figures and files and no rows', async () => {
    const world = await afterMonth();
    const { issue } = await report(world, { kind: 'run', runId: await runOf(world, 'invoicetotal') });
    const { evidence, files } = await filesOf(world, issue.issueId);
    expect(evidence.sides.invoice.files.map(({ rows }) => rows)).toEqual([2]);
    expect([...files.keys()]).toEqual(['summary.html', 'evidence.json', 'lines.csv', 'rows.csv', 'manifest.sha256']);
  });

  it('may be a line item, with what its arithmetic comes to', async () => {
    const world = await afterMonth();
    const target: IssueTarget = {
      kind: 'lineItem',
      invoiceId: invoiceId.toLowerCase(),
      lineKind: 'onetime',
      part: 0,
      line: 2,
    };
    const { issue } = await report(world, target);
    const zip = await filesOf(world, issue.issueId);
    expect(expectVerbatim(zip)).toBe(1);
    expect(zip.evidence.lineItem).toMatchObject({
      line: { skuId: '0002' },
      verdict: { charged: '-1.5', check: 'effectivePrice' },
    });
    expect(zip.evidence.sides.other).toBeUndefined();
    expect(zip.text('summary.html')).toContain('=Contoso');
  });

  it('may be a licence of a legacy invoice, which nothing can recompute', async () => {
    const world = await afterMonth();
    const { issue } = await report(world, {
      kind: 'lineItem',
      invoiceId: 'D000000001',
      lineKind: 'license',
      part: 0,
      line: 1,
    });
    expect(issue.subject.amounts).toEqual([{ currency: 'EUR', charged: '20' }]);
    const { evidence } = await filesOf(world, issue.issueId);
    expect(evidence.sides.invoice.listed).toBe(1);
    expect(evidence.lineItem?.verdict).toBeUndefined();
  });

  it('is nothing that is not there: unknown run, foreign meter, unpublished run, line beyond the file', async () => {
    const world = await afterMonth();
    const runId = await runOf(world);
    const target = await meterTarget(world);
    if (target.kind !== 'meter') throw new Error('unreachable');
    const nobody = '99999999-9999-4999-8999-999999999999';
    const lineItem = { kind: 'lineItem', invoiceId, lineKind: 'onetime', part: 0, line: 1 } as const;
    for (const wrong of [
      { ...target, runId: '0'.repeat(32) },
      { ...target, subscriptionId: 'bbbbbbbb-0000-4000-8000-00000000000b' },
      { ...target, meterKey: 'f'.repeat(32) },
      { kind: 'subscription', runId, subscriptionId: nobody },
      { kind: 'run', runId: '0'.repeat(32) },
      { ...lineItem, line: 3 },
      { ...lineItem, part: 1 },
      { ...lineItem, invoiceId: 'G999999999' },
      { ...lineItem, lineKind: 'license' },
    ] satisfies IssueTarget[]) {
      expect(await reportIssue(world.ports, { target: wrong }, caller), JSON.stringify(wrong)).toBeUndefined();
    }
    const run = await world.ports.runs.get(runId);
    if (run === undefined) throw new Error('No run');
    for (const state of ['comparing', 'failed'] as const) {
      const runs = { ...world.ports.runs, get: async () => ({ ...run, state }) };
      expect(await reportIssue({ ...world.ports, runs }, { target }, caller)).toBeUndefined();
    }
    expect(await world.ports.issues.list()).toEqual([]);
  });
});

describe('evidence that would be too large', () => {
  async function limited(limits: Partial<EvidenceLimits>) {
    const world = createWorld({ loses: (queue) => queue === 'attachEvidence' });
    await world.startTimer();
    await world.untilQuiet();
    const runId = await runOf(world);
    const { issue } = await report(world, { kind: 'subscription', runId, subscriptionId: subscriptionA });
    expect(issue.evidence.state).toBe('queued');
    await attachEvidence(world.ports, { version: 1, issueId: issue.issueId }, { ...evidenceLimits, ...limits });
    return filesOf(world, issue.issueId);
  }

  it('shows the first rows, and names file and lines of the others', async () => {
    const zip = await limited({ rowsMax: 3 });
    expect(expectVerbatim(zip)).toBe(6);
    const { leftOut, listed } = zip.evidence.sides.invoice;
    expect(listed + leftOut.reduce((sum, { rows }) => sum + rows, 0)).toBe(4);
    expect(leftOut).toMatchObject([{ rows: 1, firstLine: 1, lastLine: 1 }]);
    expect(zip.text('summary.html')).toContain('1 more rows are not in this zip');
  });

  it('does the same where rows are large', async () => {
    const zip = await limited({ bytesMax: 700 });
    expect(expectVerbatim(zip)).toBeLessThan(8);
    for (const side of ['invoice', 'other'] as const) {
      const { listed, leftOut } = zip.evidence.sides[side] ?? { listed: 0, leftOut: [] };
      expect(listed + leftOut.reduce((sum, { rows }) => sum + rows, 0)).toBe(4);
    }
  });

  it('shows the worst lines, and counts the others', async () => {
    const zip = await limited({ linesMax: 1 });
    expect(zip.evidence).toMatchObject({ lines: [{ status: 'mismatched' }], linesLeftOut: 2 });
    expect(expectVerbatim(zip)).toBe(2);
  });
});

describe('evidence of rows that are not there any more, or never were', () => {
  it('says so where a part was read before rows were kept', async () => {
    const world = await afterMonth({ loses: (queue) => queue === 'attachEvidence' });
    const { issue } = await report(world, await meterTarget(world));
    const datasets = { ...world.ports.datasets, openRows: async () => undefined };
    await attachEvidence({ ...world.ports, datasets }, { version: 1, issueId: issue.issueId });
    const { evidence } = await filesOf(world, issue.issueId);
    expect(evidence.sides.invoice.listed).toBe(0);
    expect(evidence.sides.invoice.remarks[0]).toContain('before rows were kept');
    expect(evidence.lines).toHaveLength(1);
  });

  it('marks rows that have no bytes of their own', async () => {
    const only = { name: 'part_0_0001.csv.gz', bytes: gzipSync(tinyFocus()), rows: tinyExportRows.length };
    const world = await afterMonth({ costExportFiles: tinyCostExport({ type: 'FocusCost', only }).files });
    const { issue } = await report(world, await meterTarget(world));
    const { evidence, text } = await filesOf(world, issue.issueId);
    const [entry] = evidence.sides.other?.files ?? [];
    expect(entry).toMatchObject({ isVerbatim: false, entry: 'other/001-part_0_0001.jsonl' });
    expect(JSON.parse(text(entry?.entry ?? ''))).toMatchObject({ BilledCost: '15.231647988' });
    expect(evidence.checks.find(({ check }) => check === 'customerId')?.finding).toBe('agrees');
  });

  it('fails, and is tried again, where rows are not those that were counted', async () => {
    const world = await afterMonth({
      loses: (queue) => queue === 'attachEvidence',
    });
    const { issue } = await report(world, await meterTarget(world));
    const runs = {
      ...world.ports.runs,
      readLines: async (runId: string, subscriptionId: string) => {
        const lines = await world.ports.runs.readLines(runId, subscriptionId);
        return lines.map((line) =>
          line.invoice === undefined ? line : { ...line, invoice: { ...line.invoice, rows: 7 } },
        );
      },
    };
    const work = attachEvidence({ ...world.ports, runs }, { version: 1, issueId: issue.issueId });
    await expect(work).rejects.toThrow('were kept');
    expect((await world.ports.issues.get(issue.issueId))?.evidence.state).toBe('queued');
  });

  it('is found by the sweep when its message was lost', async () => {
    let losing = true;
    const world = await afterMonth({ loses: (queue) => losing && queue === 'attachEvidence' });
    const { issue } = await report(world, await meterTarget(world));
    expect(issue.evidence.state).toBe('queued');
    losing = false;
    world.advanceClock('2026-11-08T07:00:00.000Z');
    await world.sweep();
    await world.untilQuiet();
    expect((await world.ports.issues.get(issue.issueId))?.evidence.state).toBe('available');
  });

  it('is what an answer shows of an issue', async () => {
    const world = await afterMonth();
    const { issue } = await report(world, await meterTarget(world), { note: 'why', owner: 'Finance' });
    const detail = issueDetail.parse(await toIssueDetail(world.ports, issue));
    expect(detail).toMatchObject({
      reportedBy: caller,
      owner: 'Finance',
      break: {
        state: 'open',
        trend: 'new',
        ageMonths: 1,
        firstCycle: '2026-10',
        breaks: 1,
        open: 1,
        isOpenAnew: false,
      },
      history: [{ kind: 'created', by: caller, note: 'why', state: 'open' }],
    });
  });
});
