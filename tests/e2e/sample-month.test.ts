import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnswerKey } from '../../infra/local/sample-month/answer-key.ts';
import { apiVersion, type DetailItem, detailItem, type MeterItem } from '../../shared/contracts/http.ts';
import { sumTexts } from '../../shared/domain/meter-totals.ts';
import { linesOfApi, linesOfKey } from '../support/answer-key.ts';
import { type StackProcess, startStackProcess } from '../support/stack-process.ts';

/** A start, a month and a stop take some ten seconds alone on two cores, and more beside other tests. */
const monthTimeoutMs = 120_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'month-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function readKey(home: string, scale: string): Promise<AnswerKey> {
  return JSON.parse(await readFile(join(home, `sample-month-${scale}`, 'answer-key.json'), 'utf8'));
}

describe('the sample month through the whole local stack', () => {
  let stack: StackProcess;
  let apiUrl: string;
  let key: AnswerKey;
  let settled: Awaited<ReturnType<StackProcess['settled']>>;

  beforeAll(async () => {
    stack = startStackProcess(['--folder', join(folder, 'whole')]);
    settled = await stack.settled();
    apiUrl = settled.apiUrl;
    key = await readKey(join(folder, 'whole'), '1');
  }, monthTimeoutMs);
  afterAll(async () => {
    expect(await stack.stop()).toBe(130);
  });

  const get = (path: string) => fetch(`${apiUrl}/${path}${path.includes('?') ? '&' : '?'}api-version=${apiVersion}`);

  it('gives every meter line of the answer key, to the last digit, and no other', async () => {
    const lines = await linesOfApi(apiUrl, settled.summary.subscriptions);
    expect(lines.length).toBeGreaterThan(400);
    expect(lines).toEqual(linesOfKey(key));
  });

  it('finds every planted cause with its exact amount', async () => {
    const lines = await linesOfApi(apiUrl, settled.summary.subscriptions);
    const told = lines.flatMap(({ causes }) => causes.map(({ cause }) => cause));
    expect(new Set(told).size).toBe(11);
    expect(lines.map(({ causes }) => causes)).toEqual(linesOfKey(key).map(({ causes }) => causes));
    const [total] = settled.summary.comparisons[0]?.summary.totals ?? [];
    expect(sumTexts((total?.causes ?? []).map(({ amount }) => amount))).toBe(key.totals.variance);
  });

  it('adds up to the totals, the match rate and the coverage of the answer key', () => {
    const [comparison] = settled.summary.comparisons;
    expect(comparison?.summary.totals).toMatchObject([
      {
        currency: key.totals.currency,
        invoice: key.totals.invoice,
        other: key.totals.other,
        variance: key.totals.variance,
        lines: key.subscriptions.flatMap((subscription) => subscription.meters).length,
        matchedLines: key.totals.matchRateByCount.matched,
        comparableLines: key.totals.matchRateByCount.comparable,
        matchedAmount: key.totals.matchRateByAmount.matched,
        comparableAmount: key.totals.matchRateByAmount.comparable,
      },
    ]);
    for (const status of [
      'matched',
      'withinTolerance',
      'mismatched',
      'invoiceOnly',
      'otherOnly',
      'excluded',
    ] as const) {
      expect(comparison?.summary.invoiceRows[status]).toBe(key.coverage[status].invoice);
      expect(comparison?.summary.otherRows[status]).toBe(key.coverage[status].other);
    }
    expect(settled.summary.problems).toEqual([]);
  });

  it('lists both invoices, one by one and filtered', async () => {
    const all = (await (await get('invoices')).json()) as { value: { invoiceId: string }[] };
    expect(all.value.map((invoice) => invoice.invoiceId)).toEqual([key.legacyInvoiceId, key.invoiceId]);
    const one = await (await get(`invoices/${key.invoiceId}`)).json();
    expect(one).toMatchObject({
      invoiceId: key.invoiceId,
      tenantId: key.tenantId,
      reconciliation: { state: 'reconciled' },
    });
    const legacy = (await (await get('invoices?type=legacy')).json()) as { value: unknown[] };
    expect(legacy.value).toHaveLength(1);
    expect((await get('invoices/G999999999')).status).toBe(404);
    expect((await get('invoices?typo=legacy')).status).toBe(400);
  });

  it('filters reconciliations by subscription and by status', async () => {
    const [wanted] = key.subscriptions.filter((subscription) => subscription.subscriptionId !== '');
    const byId = (await (
      await get(`reconciliations?comparedWith=costexport&subscriptionId=${wanted?.subscriptionId.toUpperCase()}`)
    ).json()) as { value: unknown[] };
    expect(byId.value).toEqual([
      expect.objectContaining({ invoice: wanted?.invoice, other: wanted?.other, variance: wanted?.variance }),
    ]);
    const matched = (await (await get('reconciliations?comparedWith=costexport&status=Matched')).json()) as {
      value: { status: string }[];
    };
    expect(new Set(matched.value.map((item) => item.status))).toEqual(new Set(['Matched']));
  });

  it('opens every meter line of a subscription into rows that add up to it, page by page', async () => {
    const largest = settled.summary.subscriptions.toSorted((a, b) => b.lines.mismatched - a.lines.mismatched)[0];
    const folder = `reconciliations/${largest?.runId}/subscriptions/${largest?.subscriptionId}/meters`;
    const meters = (await (await get(`${folder}?top=1000`)).json()) as { value: MeterItem[] };
    expect(meters.value.length).toBeGreaterThan(3);
    for (const { meterKey, invoice, other } of meters.value) {
      const items: DetailItem[] = [];
      let next: string | undefined = `${apiUrl}/${folder}/${meterKey}?api-version=${apiVersion}&top=20`;
      while (next !== undefined) {
        const page = (await (await fetch(next)).json()) as { value: unknown[]; nextLink?: string };
        items.push(...page.value.map((item) => detailItem.parse(item)));
        next = page.nextLink;
      }
      const costOf = (side: 'invoice' | 'other') => sumTexts(items.map((item) => item[side]?.cost ?? '0'));
      expect([costOf('invoice'), costOf('other')]).toEqual([invoice?.cost ?? '0', other?.cost ?? '0']);
      expect(items.every((item) => (item.invoice ?? item.other)?.listed[0]?.source.file !== '')).toBe(true);
    }
    expect((await get(`${folder}/${'0'.repeat(32)}`)).status).toBe(404);
    expect((await get(`${folder}/..%2f`)).status).toBe(404);
  });

  it('refuses a request without the API version, and says so in the agreed shape', async () => {
    const response = await fetch(`${apiUrl}/invoices`);
    expect(response.status).toBe(400);
    expect(response.headers.get('x-ms-error-code')).toBe('InvalidApiVersion');
    expect(await response.json()).toMatchObject({ error: { code: 'InvalidApiVersion', target: 'api-version' } });
    expect((await fetch(`${apiUrl}/health`)).status).toBe(200);
  });

  it('makes the onetime file of each customer, and the files add up to the invoice lines', async () => {
    for (const customer of key.customers) {
      const body = JSON.stringify({ audience: 'customer', customerId: customer.customerId });
      const url = `${apiUrl}/invoices/${key.invoiceId}/files/onetime?api-version=${apiVersion}`;
      const accepted = await fetch(url, { method: 'PUT', body });
      expect(accepted.status).toBe(202);
      const record = await untilMade(accepted.headers.get('operation-location') ?? '');
      expect(record).toMatchObject({ state: 'available', rows: customer.onetime.rows });
      const content = await get(`files/${record.fileId}/content`);
      expect(content.headers.get('content-disposition')).toBe(
        `attachment; filename="onetime-${key.invoiceId}-${customer.customerId}.csv"`,
      );
      const rows = parse(await content.text(), { columns: true }) as Record<string, string>[];
      expect(rows).toHaveLength(customer.onetime.rows);
      // Without margins a customer pays what the lines cost, so the file adds up to the lines.
      for (const [column, amount] of [
        ['SubtotalForCustomer', customer.onetime.subtotal],
        ['TaxTotalForCustomer', customer.onetime.tax],
        ['TotalForCustomer', customer.onetime.total],
      ] as const) {
        expect(sumTexts(rows.map((row) => row[column] ?? ''))).toBe(amount);
      }
    }
  });

  it('edits the catalogue with ETags, and makes a reseller its own file by it', async () => {
    const at = (path: string, query = '') => `${apiUrl}/catalogue/${path}?api-version=${apiVersion}${query}`;
    const margin = {
      buyer: 'reseller',
      level: 'default',
      kind: 'markup',
      value: '0.1',
      guards: [],
      from: '2020-01-01',
    };
    const put = (body: unknown, headers: Record<string, string> = {}) =>
      fetch(at('margins/e2e'), { method: 'PUT', body: JSON.stringify(body), headers });
    const created = await put(margin);
    expect(created.status).toBe(201);
    const etag = created.headers.get('etag') ?? '';
    expect((await put({ ...margin, value: '0.2' })).status).toBe(428);
    expect((await put({ ...margin, value: '0.2' }, { 'if-match': 'W/"other"' })).status).toBe(412);
    expect((await put({ ...margin, value: '20' }, { 'if-match': etag })).status).toBe(400);
    const text = 'id,mpnId\nbad,zero\n';
    const imported = await fetch(at('import', '&dryRun=true'), {
      method: 'POST',
      body: JSON.stringify({ files: [{ kind: 'resellers', text }] }),
    });
    expect(await imported.json()).toMatchObject({
      error: { code: 'BadImport', details: [{ line: 2, column: 'mpnId' }] },
    });
    const csv = await (await fetch(at('resellers', '&format=csv'))).text();
    expect(csv).toContain('4649221');
    const [reseller] = key.resellers.filter(({ mpnId }) => Number(mpnId) > 0);
    const accepted = await fetch(`${apiUrl}/invoices/${key.invoiceId}/files/onetime?api-version=${apiVersion}`, {
      method: 'PUT',
      body: JSON.stringify({ audience: 'reseller', resellerMpnId: reseller?.mpnId, format: 'xlsx', culture: 'de-DE' }),
    });
    expect(accepted.status).toBe(202);
    const record = await untilMade(accepted.headers.get('operation-location') ?? '');
    expect(record).toMatchObject({ state: 'available', rows: reseller?.onetime.rows });
    const content = await get(`files/${record.fileId}/content`);
    expect(content.headers.get('cache-control')).toBe('no-store');
    expect(
      Buffer.from(await content.arrayBuffer())
        .subarray(0, 2)
        .toString(),
    ).toBe('PK');
    expect((await fetch(at('margins/e2e'), { method: 'DELETE', headers: { 'if-match': etag } })).status).toBe(204);
    expect((await fetch(at('margins/e2e'))).status).toBe(404);
  });

  it('answers a wrong request for a file clearly, and makes nothing', async () => {
    const put = (path: string, body: string) =>
      fetch(`${apiUrl}/invoices/${path}?api-version=${apiVersion}`, { method: 'PUT', body });
    const good = JSON.stringify({ audience: 'customer', customerId: key.customers[0]?.customerId });
    expect((await put(`${key.invoiceId}/files/nonsense`, good)).status).toBe(400);
    expect((await put(`${key.invoiceId}/files/onetime`, 'no json')).status).toBe(400);
    expect((await put(`${key.invoiceId}/files/onetime`, '{"audience":"customer"}')).status).toBe(400);
    expect((await put('G999999999/files/onetime', good)).status).toBe(404);
    expect((await put(`${key.invoiceId}/files/onetime`, '{"audience":"customer","customerId":"nobody"}')).status).toBe(
      400,
    );
    const stranger = '{"audience":"customer","customerId":"99999999-9999-4999-8999-999999999999"}';
    expect((await put(`${key.invoiceId}/files/onetime`, stranger)).status).toBe(404);
    expect((await put(`${key.invoiceId}/files/onetime`, 'x'.repeat(100_000))).status).toBe(413);
    expect((await get('files/unknown')).status).toBe(404);
    expect((await get(`files/${'f'.repeat(3_000)}/content`)).status).toBe(404);
    expect((await get('reconciliations?status=bogus')).status).toBe(400);
  });

  async function untilMade(location: string): Promise<{ readonly fileId: string; readonly state: string }> {
    return expect
      .poll(async () => (await (await fetch(location)).json()) as { fileId: string; state: string }, {
        timeout: 20_000,
      })
      .toSatisfy((record: { state: string }) => record.state === 'available' || record.state === 'failed')
      .then(async () => (await fetch(location)).json() as Promise<{ fileId: string; state: string }>);
  }
});

describe('the sample month killed at three random moments and started again on the same storage', () => {
  it('ends as if it had never been killed', { timeout: 3 * monthTimeoutMs }, async () => {
    const home = join(folder, 'killed');
    const args = ['--folder', home, '--scale', '0.2', '--stuck-after', '2'];
    const moments = Array.from({ length: 3 }, () => 3 + Math.floor(Math.random() * 14));
    for (const moment of moments) await startStackProcess(args).killAtLine(moment);
    const stack = startStackProcess(args);
    const { summary, apiUrl } = await stack.settled();
    const key = await readKey(home, '0.2');
    expect(await linesOfApi(apiUrl, summary.subscriptions), `killed at the lines ${moments.join(', ')}`).toEqual(
      linesOfKey(key),
    );
    expect(summary.problems).toEqual([]);
    await stack.stop();
  });
});
