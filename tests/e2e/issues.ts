import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AnswerKey } from '../../infra/local/sample-month/answer-key.ts';
import { fetchAs, localSignIn } from '../../infra/local/sign-in.ts';
import { apiVersion, type MeterItem } from '../../shared/contracts/http.ts';
import { type IssueDetail, issueDetail, issueItem } from '../../shared/contracts/issues.ts';
import type { Evidence } from '../../shared/domain/evidence.ts';
import { sumTexts } from '../../shared/domain/meter-totals.ts';
import { unzipped } from '../formats/unzipped.ts';
import { checkedFetch } from '../support/checked-api.ts';
import type { StartedMonth } from '../support/stack-process.ts';

let apiUrl: string;
/** As the operator; every answer is held to the OpenAPI document. */
let ask: ReturnType<typeof checkedFetch>;
let key: AnswerKey;
let summary: StartedMonth['summary'];
/** The files of the sample month, by the SHA-256 of their bytes. */
const sources = new Map<string, Buffer>();

async function begin(started: StartedMonth): Promise<void> {
  ({ apiUrl, summary } = started);
  ask = checkedFetch(apiUrl, fetchAs(localSignIn(apiUrl)));
  const sample = started.sampleFolder;
  key = JSON.parse(await readFile(join(sample, 'answer-key.json'), 'utf8')) as AnswerKey;
  for (const name of await readdir(sample, { recursive: true })) {
    if (!/\.(gz|csv|json)$/.test(name)) continue;
    const bytes = await readFile(join(sample, name));
    sources.set(createHash('sha256').update(bytes).digest('hex'), bytes);
  }
}

const at = (path: string) => `${apiUrl}/${path}${path.includes('?') ? '&' : '?'}api-version=${apiVersion}`;
const get = (path: string) => ask(at(path));
const post = (body: unknown) => ask(at('issues'), { method: 'POST', body: JSON.stringify(body) });
const patch = (issueId: string, body: unknown, etag?: string) =>
  ask(at(`issues/${issueId}`), {
    method: 'PATCH',
    body: JSON.stringify(body),
    ...(etag === undefined ? {} : { headers: { 'if-match': etag } }),
  });

async function untilEvidence(location: string): Promise<IssueDetail> {
  const read = async () => issueDetail.parse(await (await ask(location)).json());
  await expect.poll(async () => (await read()).evidence.state, { timeout: 30_000 }).toBe('available');
  return read();
}

async function evidenceOf(issueId: string) {
  const response = await get(`issues/${issueId}/evidence`);
  expect(response.headers.get('content-type')).toBe('application/zip');
  expect(response.headers.get('cache-control')).toBe('no-store');
  const zip = Buffer.from(await response.arrayBuffer());
  const files = unzipped(zip);
  const text = (path: string) => files.get(path)?.toString('utf8') ?? '';
  return { zip, text, evidence: JSON.parse(text('evidence.json')) as Evidence };
}

/** The rows of a text by the line on which each begins, as csv-parse tells them apart; of JSON by line feeds. */
function rowsByLine(text: string, isCsv: boolean): ReadonlyMap<number, string> {
  if (!isCsv) return new Map(text.split('\n').map((row, index) => [index + 1, row]));
  const parsed = parse(text, { bom: true, raw: true, info: true, relax_column_count: true }) as unknown as readonly {
    readonly raw: string;
    readonly info: { readonly lines: number };
  }[];
  const rows = new Map<number, string>();
  let next = 1;
  for (const { raw, info } of parsed) {
    rows.set(next, raw.replace(/[\r\n]+$/, '').replace(/^\uFEFF/, ''));
    next = info.lines + 1;
  }
  return rows;
}

const parsedSources = new Map<string, ReadonlyMap<number, string>>();

function sourceRows(sha256: string, isCsv: boolean): ReadonlyMap<number, string> {
  const known = parsedSources.get(sha256);
  if (known !== undefined) return known;
  const bytes = sources.get(sha256);
  if (bytes === undefined) throw new Error('A file in evidence is none of the sample month');
  const rows = rowsByLine((bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString('utf8'), isCsv);
  parsedSources.set(sha256, rows);
  return rows;
}

/** Every row in the zip, held against the line of the very file that its SHA-256 names. */
function expectRowsOfFiles({ text, evidence }: Awaited<ReturnType<typeof evidenceOf>>): number {
  const rows = parse(text('rows.csv'), { columns: true }) as Record<string, string>[];
  const files = [...evidence.sides.invoice.files, ...(evidence.sides.other?.files ?? [])];
  for (const [Entry, own] of Map.groupBy(rows, (row) => row['Entry'] ?? '')) {
    const isCsv = Entry.endsWith('.csv');
    const source = sourceRows(files.find(({ entry }) => entry === Entry)?.sha256 ?? '', isCsv);
    const shown = [...rowsByLine(text(Entry).replace(/\n$/, ''), isCsv).values()];
    expect(shown.length).toBe(own.length + (isCsv ? 1 : 0));
    if (isCsv) expect(shown[0]).toBe(source.get(1));
    for (const { EntryRow, Line } of own) {
      expect(shown[Number(EntryRow) - (isCsv ? 0 : 1)]).toBe(source.get(Number(Line)));
    }
  }
  return rows.length;
}

/** A meter line of the answer key that is out of tolerance on both sides, as the API names it. */
async function plantedMeter() {
  const known = key.subscriptions.flatMap(({ subscriptionId, meters }) =>
    meters.filter(({ status }) => status === 'mismatched').map((meter) => ({ subscriptionId, meter })),
  )[0];
  if (known === undefined) throw new Error('Nothing was planted');
  const { subscriptionId, meter } = known;
  const item = summary.subscriptions.find(
    (each) => each.subscriptionId === subscriptionId && each.comparedWith === 'costexport',
  );
  const meters = (await (
    await get(`reconciliations/${item?.runId}/subscriptions/${subscriptionId}/meters?top=1000`)
  ).json()) as { value: MeterItem[] };
  const line = meters.value.find(
    ({ meterId, region, unit }) => meterId === meter.meterId && region === meter.region && unit === meter.unit,
  );
  if (item === undefined || line === undefined) throw new Error('The planted meter is not in the run');
  return { meter, target: { kind: 'meter', runId: item.runId, subscriptionId, meterKey: line.meterKey } };
}

/** Of a month that is settled, and has no issues yet. */
export function issuesOverHttp(started: () => StartedMonth): void {
  describe('a planted difference that is reported', () => {
    beforeAll(() => begin(started()));

    it('has evidence whose rows are those of the files, and whose sums are those of the answer key', async () => {
      const { meter, target } = await plantedMeter();
      const created = await post({ target, owner: 'Finance', note: 'Please look at this.' });
      expect(created.status).toBe(201);
      const issue = await untilEvidence(created.headers.get('location') ?? '');
      const zip = await evidenceOf(issue.issueId);
      expect(createHash('sha256').update(zip.zip).digest('hex')).toBe(issue.evidence.sha256);
      expect(expectRowsOfFiles(zip)).toBe((meter.invoice?.rows ?? 0) + (meter.other?.rows ?? 0));
      const rows = parse(zip.text('rows.csv'), { columns: true }) as Record<string, string>[];
      const sumOf = (side: string, column: string) =>
        sumTexts(rows.filter(({ Side }) => Side === side).map((row) => row[column] ?? ''));
      for (const [side, known] of [
        ['invoice', meter.invoice],
        ['other', meter.other],
      ] as const) {
        expect([sumOf(side, 'Quantity'), sumOf(side, 'Cost')]).toEqual([known?.quantity, known?.cost]);
      }
      expect(zip.evidence.lines[0]?.difference).toBe(meter.variance.cost);
      const found = new Map(zip.evidence.checks.map(({ check, finding }) => [check, finding]));
      // The export has product and SKU in one column, and they are told apart.
      for (const check of ['customerId', 'productId', 'skuId', 'subscriptionId'] as const) {
        expect(found.get(check), check).toBe('agrees');
      }
      expect(zip.evidence.lines[0]?.causes).toEqual(meter.causes);
      expect(zip.text('summary.html')).toContain('Please look at this.');

      const again = await post({ target });
      expect(again.status).toBe(200);
      expect(issueDetail.parse(await again.json())).toEqual(issue);
      const listed = (await (await get(`issues?subscriptionId=${target.subscriptionId}&owner=Finance`)).json()) as {
        value: unknown[];
      };
      expect(listed.value.map((item) => issueItem.parse(item).issueId)).toEqual([issue.issueId]);
    }, 60_000);

    it('may be a whole subscription', async () => {
      const { target } = await plantedMeter();
      const known = key.subscriptions.find(({ subscriptionId }) => subscriptionId === target.subscriptionId);
      const created = await post({
        target: { kind: 'subscription', runId: target.runId, subscriptionId: target.subscriptionId },
      });
      const issue = await untilEvidence(created.headers.get('location') ?? '');
      const zip = await evidenceOf(issue.issueId);
      expect(expectRowsOfFiles(zip)).toBeGreaterThan(20);
      // Lines that a rule sets aside have rows too, and do not count in the totals.
      for (const side of ['invoice', 'other'] as const) {
        const costs = known?.meters.map((meter) => meter[side]?.cost ?? '0') ?? [];
        expect(zip.evidence.sides[side]?.cost).toBe(sumTexts(costs));
      }
      expect(issue.subject.amounts).toMatchObject([{ charged: known?.invoice, expected: known?.other }]);
    }, 60_000);

    it('may be a line item of the invoice', async () => {
      const created = await post({
        target: { kind: 'lineItem', invoiceId: key.invoiceId, lineKind: 'onetime', part: 0, line: 1 },
      });
      expect(created.status).toBe(201);
      const issue = await untilEvidence(created.headers.get('location') ?? '');
      const zip = await evidenceOf(issue.issueId);
      expect(expectRowsOfFiles(zip)).toBe(1);
      expect(zip.evidence.lineItem?.verdict?.verdict).toBe('asExpected');
    }, 60_000);

    it('goes from state to state with its history, one change at a time', async () => {
      const { target } = await plantedMeter();
      const { issueId } = (await (await post({ target })).json()) as IssueDetail;
      const seen = await get(`issues/${issueId}`);
      const etag = seen.headers.get('etag') ?? '';
      expect((await patch(issueId, { state: 'sent' })).status).toBe(428);
      expect((await patch(issueId, { state: 'sent' }, '"999-0"')).status).toBe(412);
      const both = await Promise.all([
        patch(issueId, { state: 'sent', note: 'Ticket 1' }, etag),
        patch(issueId, { state: 'accepted', note: 'We live with it' }, etag),
      ]);
      expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
      const winner = both.find(({ status }) => status === 200);
      const changed = issueDetail.parse(await winner?.json());
      expect(changed.history.map(({ kind, by }) => [kind, by !== ''])).toEqual([
        ['created', true],
        ['changed', true],
      ]);
      const next = winner?.headers.get('etag') ?? '';
      const wrong = await patch(issueId, { state: changed.state === 'sent' ? 'bogus' : 'sent' }, next);
      expect([400, 409]).toContain(wrong.status);
      expect((await patch(issueId, { state: 'open' }, next)).headers.get('x-ms-error-code')).toBe('NoteNeeded');
      const reopened = await patch(issueId, { state: 'open', note: 'Once more', owner: null }, next);
      expect(issueDetail.parse(await reopened.json())).toMatchObject({ state: 'open' });
      const resolved = await patch(issueId, { state: 'resolved' }, reopened.headers.get('etag') ?? '');
      expect(resolved.status).toBe(200);
      const refused = await patch(issueId, { state: 'accepted' }, resolved.headers.get('etag') ?? '');
      expect([refused.status, refused.headers.get('x-ms-error-code')]).toEqual([409, 'WrongState']);
    });

    it('is answered clearly where it is wrong', async () => {
      const { target } = await plantedMeter();
      const nothing = '0'.repeat(32);
      const statuses = await Promise.all([
        post({ target: { ...target, runId: nothing } }),
        post({ target: { ...target, meterKey: nothing } }),
        post({ target: { ...target, subscriptionId: '99999999-9999-4999-8999-999999999999' } }),
        post({ target, note: 'x'.repeat(2_001) }),
        post({ target, note: 'a\u0007' }),
        post({ target, note: 'x'.repeat(100_000) }),
        ask(at('issues'), { method: 'POST', body: '{' }),
        get('issues?state=bogus'),
        get('issues?typo=open'),
        get(`issues/${nothing}`),
        get(`issues/${nothing}/evidence`),
        get(`issues/..%2f`),
        patch(nothing, { state: 'sent' }, '"1-0"'),
      ]);
      expect(statuses.map(({ status }) => status)).toEqual([
        404, 404, 404, 400, 400, 413, 400, 400, 400, 404, 404, 404, 404,
      ]);
    });

    it('is listed page by page, the oldest first', async () => {
      const seen: string[] = [];
      let next: string | undefined = at('issues?top=1');
      for (let pages = 0; next !== undefined && pages < 10; pages += 1) {
        const page = (await (await ask(next)).json()) as { value: unknown[]; nextLink?: string };
        seen.push(...page.value.map((item) => issueItem.parse(item).reportedAt));
        next = page.nextLink;
      }
      expect(seen).toHaveLength(3);
      expect(seen).toEqual([...seen].sort());
    });
  });
}
