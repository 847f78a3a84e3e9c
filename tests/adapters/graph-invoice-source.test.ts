import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { graphInvoiceSource } from '../../shared/adapters/graph-invoice-source.ts';
import type { SourceManifest } from '../../shared/contracts/invoices.ts';
import { TerminalError } from '../../shared/domain/terminal-error.ts';
import type { InvoiceSource } from '../../shared/pipeline/ports.ts';
import {
  BLOB_NAMES,
  CONTOSO,
  FOREIGN,
  MODERN,
  MODERN_WITHOUT_DATA,
  USAGE_LINE,
  writeBlobs,
} from '../infra/partner-center-sample.ts';
import { memoryBlobContainer } from '../support/memory-blob-container.ts';
import { endOf, failureOf, startMicrosoft } from './microsoft-fixture.ts';

const { tenantId } = CONTOSO;
const wanted = { tenantId, invoiceId: MODERN, kind: 'dailyratedusage' } as const;

async function readyManifest(source: InvoiceSource): Promise<SourceManifest> {
  const operation = await endOf(source, await source.requestExport(wanted));
  if (operation.kind !== 'ready') throw new Error(`the export is ${operation.kind}`);
  return operation.manifest;
}

async function openedBytes(source: InvoiceSource, manifest: SourceManifest, part = 0): Promise<Buffer> {
  const opened = await source.openPart({ tenantId, manifest, part });
  if (opened.kind !== 'open') throw new Error(`the part is ${opened.kind}`);
  return Buffer.concat(await Array.fromAsync(opened.bytes));
}

describe('an export', () => {
  it.each(['navigation-link', 'embedded', 'url'] as const)(
    'is ready with its files, its manifest named as %s',
    async (shape) => {
      const { source, script, standIn } = await startMicrosoft();
      script.locationShapes = [shape];
      script.runningPolls = 0;
      const manifest = await readyManifest(source);
      expect(manifest).toEqual({
        version: 1,
        manifestUrl: expect.stringMatching(new RegExp(`^${standIn.graphUrl}/reports/partners/billing/manifests/`)),
        dataVersion: expect.stringMatching(/^[0-9a-f]{16}$/),
        sourceTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        parts: BLOB_NAMES,
      });
      expect(JSON.stringify(manifest)).not.toMatch(/sig=/);
      for (const part of BLOB_NAMES.keys()) {
        const text = gunzipSync(await openedBytes(source, manifest, part)).toString();
        expect(text).toBe(`${USAGE_LINE}\n${USAGE_LINE}\n`);
      }
    },
  );

  it('keeps its data version from one export to the next while the data is the same', async () => {
    const { source } = await startMicrosoft();
    const [first, second] = [await readyManifest(source), await readyManifest(source)];
    expect(second.manifestUrl).not.toBe(first.manifestUrl);
    expect(second.dataVersion).toBe(first.dataVersion);
  });

  it.each(['Location', 'Operation-Location'] as const)('is found by the header %s', async (header) => {
    const { source, script, standIn } = await startMicrosoft();
    script.operationHeader = header;
    const url = await source.requestExport(wanted);
    expect(url.startsWith(`${standIn.graphUrl}/reports/partners/billing/operations/`)).toBe(true);
  });

  it('of line items goes to the other route', async () => {
    const { source, standIn } = await startMicrosoft();
    const operation = await endOf(source, await source.requestExport({ ...wanted, kind: 'onetime' }));
    expect(operation).toMatchObject({ kind: 'ready', manifest: { parts: [BLOB_NAMES[0]] } });
    expect(standIn.requests.filter((request) => request.method === 'POST').map(({ path }) => path)).toContain(
      '/graph/v1.0/reports/partners/billing/reconciliation/billed/export',
    );
  });

  it('is running for as long as it says, with the wait that it asks for', async () => {
    const { source, script } = await startMicrosoft();
    script.runningPolls = 2;
    script.startsAsNotStarted = true;
    script.pollAgainAfterSeconds = 17;
    const operationUrl = await source.requestExport(wanted);
    const read = () => source.readOperation({ tenantId, operationUrl });
    expect(await read()).toEqual({ kind: 'running', retryAfterMs: 17_000 });
    expect(await read()).toEqual({ kind: 'running', retryAfterMs: 17_000 });
    expect(await read()).toMatchObject({ kind: 'ready' });
  });

  it.each([
    ['is said to come later', (script: Script) => script.notReadyNext(1), MODERN, /5000: .*try again later/],
    ['has no data', () => {}, MODERN_WITHOUT_DATA, /5000: No data available/],
    ['is another partner’s', () => {}, FOREIGN, /5000: No data available/],
  ])('is not ready when its data %s', async (_what, arrange, invoiceId, reason) => {
    const { source, script } = await startMicrosoft();
    arrange(script);
    const operation = await endOf(source, await source.requestExport({ ...wanted, invoiceId }));
    expect(operation).toEqual({ kind: 'notReady', reason: expect.stringMatching(reason) });
  });

  it('is not ready while it has no files', async () => {
    const { source, script, folder } = await startMicrosoft();
    const empty = join(folder, 'empty');
    await writeBlobs(empty, [], '');
    script.replaceData({ invoiceId: MODERN, data: 'dailyratedusage', folder: empty });
    expect(await endOf(source, await source.requestExport(wanted))).toMatchObject({ kind: 'notReady' });
  });

  it('has failed, with the reason', async () => {
    const { source, script } = await startMicrosoft();
    script.failExportsOf(MODERN, { code: '2000', message: 'Invalid attribute set' });
    expect(await endOf(source, await source.requestExport(wanted))).toEqual({
      kind: 'failed',
      reason: '2000: Invalid attribute set',
    });
  });

  it('is gone once its address has expired', async () => {
    const { source, script } = await startMicrosoft();
    const operationUrl = await source.requestExport(wanted);
    script.expireLinks();
    expect(await source.readOperation({ tenantId, operationUrl })).toEqual({ kind: 'gone' });
  });

  it('is gone when Graph does not know it, or not as this tenant’s', async () => {
    const { source, standIn } = await startMicrosoft();
    const operationUrl = `${standIn.graphUrl}/reports/partners/billing/operations/${CONTOSO.clientId}`;
    expect(await source.readOperation({ tenantId, operationUrl })).toEqual({ kind: 'gone' });
  });

  it.each([404, 410])('is gone, too, when only its manifest is, with %i', async (status) => {
    const { source, script } = await startMicrosoft();
    script.runningPolls = 0;
    const operationUrl = await source.requestExport(wanted);
    script.failNext('manifest', 1, status);
    expect(await source.readOperation({ tenantId, operationUrl })).toEqual({ kind: 'gone' });
  });
});

type Script = Awaited<ReturnType<typeof startMicrosoft>>['script'];

describe('a busy service', () => {
  it.each(['seconds', 'date', 'absent'] as const)('is waited out, Retry-After as %s', async (form) => {
    const { source, script, standIn } = await startMicrosoft();
    script.retryAfterForm = form;
    script.throttleNext('export', 1, form === 'seconds' ? 0 : 1);
    await source.requestExport(wanted);
    expect(standIn.requests.filter(({ path }) => path.endsWith('/export')).map(({ status }) => status)).toEqual([
      429, 202,
    ]);
  });

  it('is waited out at every request of an export', async () => {
    const { source, script } = await startMicrosoft();
    script.throttleNext('operation', 2, 0);
    const operationUrl = await source.requestExport(wanted);
    expect(await source.readOperation({ tenantId, operationUrl })).toEqual({ kind: 'running', retryAfterMs: 0 });
    script.throttleNext('manifest', 2, 0);
    expect(await source.readOperation({ tenantId, operationUrl })).toMatchObject({ kind: 'ready' });
  });

  it('is asked again, too, when it answers 502, 503 or 504', async () => {
    await Promise.all(
      [502, 503, 504].map(async (status) => {
        const { source, script } = await startMicrosoft();
        script.runningPolls = 0;
        const operationUrl = await source.requestExport(wanted);
        script.failNext('operation', 1, status);
        expect(await source.readOperation({ tenantId, operationUrl })).toMatchObject({ kind: 'ready' });
      }),
    );
  });

  it('is given up after five tries, for this time', async () => {
    const { source, script, standIn } = await startMicrosoft();
    script.throttleNext('export', 100, 0);
    const error = await failureOf(source.requestExport(wanted));
    expect(error).not.toBeInstanceOf(TerminalError);
    expect(error.message).toMatch(/answered 429/);
    expect(standIn.requests.filter(({ path }) => path.endsWith('/export'))).toHaveLength(5);
  });
});

describe('a refusal', () => {
  it.each([400, 401, 403, 404, 409])(
    'with %i is for good and names what was asked, without a token',
    async (status) => {
      const { source, script, standIn, tokens } = await startMicrosoft();
      script.failNext('export', 1, status);
      const error = await failureOf(source.requestExport(wanted));
      expect(error).toBeInstanceOf(TerminalError);
      expect(error.message).toContain(`answered ${status}`);
      expect(error.message).not.toContain(await tokens.token('https://graph.microsoft.com/.default'));
      expect(standIn.requests.filter(({ path }) => path.endsWith('/export'))).toHaveLength(1);
    },
  );

  it.each([408, 500])('with %i may pass', async (status) => {
    const { source, script } = await startMicrosoft();
    script.failNext('export', 1, status);
    expect(await failureOf(source.requestExport(wanted))).not.toBeInstanceOf(TerminalError);
  });
});

describe('a file of an export', () => {
  it('is opened with a fresh access token when the last one has expired', async () => {
    const { source, script } = await startMicrosoft();
    const manifest = await readyManifest(source);
    script.expireSas();
    expect(gunzipSync(await openedBytes(source, manifest)).toString()).toContain('23.200004000000000001');
  });

  it('that is refused all the same is an error for this time, without the access token', async () => {
    const { source, script } = await startMicrosoft();
    const manifest = await readyManifest(source);
    script.failNext('blob', 1, 403);
    const error = await failureOf(source.openPart({ tenantId, manifest, part: 0 }));
    expect(error).not.toBeInstanceOf(TerminalError);
    expect(error.message).toBe(`The file ${BLOB_NAMES[0]} of the export answered 403`);
    await expect(openedBytes(source, manifest)).resolves.toBeInstanceOf(Buffer);
  });

  it('that breaks off is an error for this time, and leaves nothing in the archive', async () => {
    const { source, script } = await startMicrosoft();
    const manifest = await readyManifest(source);
    const archive = memoryBlobContainer();
    script.breakBlobs({ afterBytes: 20, tries: 1 });
    const opened = await source.openPart({ tenantId, manifest, part: 0 });
    if (opened.kind !== 'open') throw new Error('the file should open');
    const error = await failureOf(archive.create('part', opened.bytes));
    expect(error).not.toBeInstanceOf(TerminalError);
    expect(await archive.find('part')).toBeUndefined();
    const again = await source.openPart({ tenantId, manifest, part: 0 });
    if (again.kind !== 'open') throw new Error('the file should open');
    await archive.create('part', again.bytes);
    expect((await archive.find('part'))?.sizeBytes).toBe((await openedBytes(source, manifest)).length);
  });

  it('has changed when the source now offers other data', async () => {
    const { source, script, folder } = await startMicrosoft();
    const manifest = await readyManifest(source);
    const other = join(folder, 'other');
    await writeBlobs(other, [BLOB_NAMES[0]], '{"second":2}');
    script.replaceData({ invoiceId: MODERN, data: 'dailyratedusage', folder: other });
    expect(await source.openPart({ tenantId, manifest, part: 0 })).toEqual({ kind: 'changed' });
    const renewed = await readyManifest(source);
    expect(renewed.dataVersion).not.toBe(manifest.dataVersion);
    expect(renewed.parts).toEqual([BLOB_NAMES[0]]);
  });

  it('has changed, as far as we can tell, when the address of its manifest has expired', async () => {
    const { source, script } = await startMicrosoft();
    const manifest = await readyManifest(source);
    script.expireLinks();
    expect(await source.openPart({ tenantId, manifest, part: 0 })).toEqual({ kind: 'changed' });
  });

  it('that the manifest does not name is a mistake for good', async () => {
    const { source } = await startMicrosoft();
    const manifest = await readyManifest(source);
    expect(await failureOf(source.openPart({ tenantId, manifest, part: 2 }))).toBeInstanceOf(TerminalError);
  });
});

describe('an address that leads elsewhere', () => {
  it.each([
    ['an operation', 'operation'],
    ['a manifest as a link', 'link'],
    ['a manifest as an address', 'address'],
  ])('is refused for %s, and the token is not sent there', async (_what, kind) => {
    const stranger = await startAnswering(() => ({}));
    const elsewhere = `${stranger.url}/reports/partners/billing/operations/1`;
    const graph = await startAnswering(() => ({
      status: 'succeeded',
      ...(kind === 'link' ? { 'resourceLocation@odata.navigationLink': elsewhere } : { resourceLocation: elsewhere }),
    }));
    const access = { baseUrl: graph.url, token: async () => 't0ken' };
    const source = graphInvoiceSource(access, access);
    const operationUrl = kind === 'operation' ? elsewhere : `${graph.url}/operations/1`;
    const error = await failureOf(source.readOperation({ tenantId, operationUrl }));
    expect(error).toBeInstanceOf(TerminalError);
    expect(error.message).toContain(stranger.url);
    expect(stranger.requests).toEqual([]);
    expect(graph.requests.map((request) => request.headers.authorization)).toEqual(
      kind === 'operation' ? [] : ['Bearer t0ken'],
    );
  });

  it('gets no token by way of a redirect', async () => {
    const stranger = await startAnswering(() => ({ status: 'running' }));
    const graph = await startAnswering(() => ({}), { redirectTo: stranger.url });
    const access = { baseUrl: graph.url, token: async () => 't0ken' };
    await graphInvoiceSource(access, access)
      .readOperation({ tenantId, operationUrl: `${graph.url}/operations/1` })
      .catch(() => {});
    expect(graph.requests).toHaveLength(1);
    expect(stranger.requests.filter((request) => request.headers.authorization !== undefined)).toEqual([]);
  });
});

describe('an answer that is not one of Graph’s', () => {
  it.each([
    ['an unknown status', { status: 'exploded' }, /unknown status 'exploded'/],
    ['success without a manifest', { status: 'succeeded' }, /without naming its manifest/],
    ['nothing that we know', { hello: 'world' }, /status/],
  ])('with %s is an error for this time', async (_what, body, message) => {
    const graph = await startAnswering(() => body);
    const access = { baseUrl: graph.url, token: async () => 't0ken' };
    const source = graphInvoiceSource(access, access);
    const error = await failureOf(source.readOperation({ tenantId, operationUrl: `${graph.url}/operations/1` }));
    expect(error).not.toBeInstanceOf(TerminalError);
    expect(error.message).toMatch(message);
  });
});

/** A server on this machine that gives every request the same answer. */
async function startAnswering(
  answer: () => unknown,
  options: { readonly redirectTo?: string } = {},
): Promise<{ readonly url: string; readonly requests: readonly IncomingMessage[] }> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    request.resume();
    if (options.redirectTo !== undefined) response.writeHead(302, { location: options.redirectTo }).end();
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer()));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}
