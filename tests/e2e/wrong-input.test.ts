import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeSampleMonth } from '../../infra/local/sample-month/write-sample-month.ts';
import { apiVersion } from '../../shared/contracts/http.ts';
import { startStackProcess } from '../support/stack-process.ts';

const monthTimeoutMs = 120_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wrong-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function filesUnder(path: string, ending: string): Promise<readonly string[]> {
  const names = await readdir(path, { recursive: true });
  return names
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(path, name));
}

describe('a month with a bad decimal in its usage and a missing file in its cost export', () => {
  it('is blocked with file, line, column and value, and everything else goes on', {
    timeout: monthTimeoutMs,
  }, async () => {
    const sample = join(folder, 'sample');
    const key = await writeSampleMonth(sample, { seed: 7, cycle: '2026-10', scale: 0.02 });
    const [, usagePart = ''] = await filesUnder(
      join(sample, 'partner-center', 'exports', key.invoiceId, 'dailyratedusage'),
      '.json.gz',
    );
    const lines = gunzipSync(await readFile(usagePart))
      .toString('utf8')
      .split('\n');
    lines[11] = lines[11]?.replace(/"Quantity":("[^"]*"|[^,]*)/, '"Quantity":"1.234,5"') ?? '';
    await writeFile(usagePart, gzipSync(lines.join('\n')));
    const [, exportPart = ''] = await filesUnder(join(sample, 'cost-exports'), '.csv.gz');
    await rm(exportPart);

    const stack = startStackProcess(['--folder', join(folder, 'home'), '--sample', sample]);
    const { summary, apiUrl } = await stack.settled();

    const usage = summary.problems.find((problem) => problem.source.startsWith('dailyratedusage'));
    expect(usage).toMatchObject({
      state: 'refused',
      problemCount: 1,
      problems: [{ code: 'badValue', line: 12, column: 'Quantity', value: '1.234,5' }],
    });
    expect(usage?.problems[0]?.message).toMatch(
      /part-00001\.json\.gz, line 12, column Quantity: '1\.234,5' is not a decimal/,
    );
    const costExport = summary.problems.find((problem) => problem.source.startsWith('costexport'));
    expect(costExport).toMatchObject({
      state: 'waiting',
      problems: [{ code: 'missingFile', file: exportPart.slice(join(sample, 'cost-exports').length + 1) }],
    });
    expect(summary.comparisons.filter(({ comparedWith }) => comparedWith === 'costexport')).toEqual([]);
    const invoice = summary.invoices.find((candidate) => candidate.invoiceId === key.invoiceId);
    expect(invoice?.reconciliation).toMatchObject({
      state: 'blocked',
      reason: expect.stringContaining("'1.234,5' is not a decimal"),
    });

    const body = JSON.stringify({ audience: 'customer', customerId: key.customers[0]?.customerId });
    const url = `${apiUrl}/invoices/${key.invoiceId}/files/onetime?api-version=${apiVersion}`;
    expect((await fetch(url, { method: 'PUT', body, headers: { 'content-type': 'application/json' } })).status).toBe(
      202,
    );
    expect(await stack.stop()).toBe(130);
  });
});

describe('npm start with wrong options', () => {
  it.each([
    { args: ['--scale', 'big'], says: "--scale is 'big'" },
    { args: ['--port', '99999'], says: "--port is '99999'" },
    { args: ['--nonsense'], says: '--nonsense' },
  ])('refuses $args in one sentence', async ({ args, says }) => {
    const stack = startStackProcess(['--folder', join(folder, 'options'), ...args]);
    await expect(stack.settled()).rejects.toThrow(says);
    expect(stack.lines.filter((line) => line !== '')).toHaveLength(2);
    expect(await stack.stop()).toBe(64);
  });

  it('--fresh removes what a start has made, and nothing else', async () => {
    const home = join(folder, 'shared-home');
    await mkdir(join(home, 'azurite'), { recursive: true });
    await writeFile(join(home, 'thesis.txt'), 'mine');
    const stack = startStackProcess(['--folder', home, '--fresh', '--sample', join(folder, 'nothing')]);
    await expect(stack.settled()).rejects.toThrow(/ENOENT/);
    expect(await readdir(home)).toContain('thesis.txt');
  });
});
