import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { fetchAs, localSignIn } from '../../infra/local/sign-in.ts';
import { apiVersion, type DetailItem, type MeterItem, type ReconciliationItem } from '../../shared/contracts/http.ts';
import { startStackProcess } from '../support/stack-process.ts';
import { writeLargeSubscription } from './large-subscription.ts';

/* Lines of the bench about the HTTP API on the local stack, each part of which is a process of its own. */

type Measured = { readonly value: number; readonly measured: string };
export type LoadLine = {
  readonly name: string;
  readonly unit: 'ms' | 'requests/s' | 'errors' | 'ratio';
  readonly most?: number;
  readonly measure: () => Promise<Measured>;
};

type Read = {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly mostMs: number;
  readonly megabytes: number;
  readonly errors: Readonly<Record<string, number>>;
};

const readers = 200;
/** More rows on a side than product.md's promise speaks of. */
const largeRows = 100_000;

/** @param seconds how long is read */
export function loadLines(seconds: number): readonly LoadLine[] {
  const name = `load, ${readers} readers of reconciliations and meters for ${seconds} s:`;
  const reading = once(() => readAtOnce(seconds));
  const opening = once(openLargeMeter);
  const drillDown = `load, a meter of a subscription of ${largeRows} rows a side is opened:`;
  return [
    {
      name: `${name} errors`,
      unit: 'errors',
      most: 0,
      measure: async () => {
        const { errors, requests } = await reading();
        const value = Object.values(errors).reduce((sum, count) => sum + count, 0);
        return { value, measured: `of ${requests} requests ${JSON.stringify(errors)}` };
      },
    },
    {
      name: `${name} p99`,
      unit: 'ms',
      measure: async () => {
        const { p50Ms, p99Ms, mostMs } = await reading();
        return { value: p99Ms, measured: `p50 ${p50Ms} ms, at most ${mostMs} ms` };
      },
    },
    {
      name: `${name} answers`,
      unit: 'requests/s',
      measure: async () => {
        const { perSecond, megabytes } = await reading();
        return { value: perSecond, measured: `${megabytes} MB` };
      },
    },
    {
      name: `${drillDown} slowest of 3`,
      unit: 'ms',
      most: 2_000,
      measure: async () => {
        const { tookMs, rows, ofMeter } = await opening();
        const all = tookMs.map((ms) => `${ms} ms`).join(', ');
        return { value: Math.max(...tookMs), measured: `${all}; ${ofMeter} rows of the ${rows} of the subscription` };
      },
    },
  ];
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** The local stack with a month that is settled, for as long as `work` takes. */
async function onStack<T>(sample: string | undefined, work: (apiUrl: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-load-'));
  const stack = startStackProcess(['--folder', folder, ...(sample === undefined ? [] : ['--sample', sample])]);
  try {
    return await work((await stack.settled()).apiUrl);
  } finally {
    await stack.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function readAtOnce(seconds: number): Promise<Read> {
  return onStack(undefined, async (apiUrl) => {
    const script = fileURLToPath(new URL('load-readers.ts', import.meta.url));
    const args = ['--no-warnings', script, apiUrl, String(readers), String(seconds)];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    return JSON.parse(stdout) as Read;
  });
}

type Opened = { readonly tookMs: readonly number[]; readonly rows: number; readonly ofMeter: number };

async function openLargeMeter(): Promise<Opened> {
  const sample = await mkdtemp(join(tmpdir(), 'bench-sample-'));
  try {
    const subscriptionId = await writeLargeSubscription(sample, largeRows);
    return await onStack(sample, (apiUrl) => openMeterOf(apiUrl, subscriptionId));
  } finally {
    await rm(sample, { recursive: true, force: true });
  }
}

async function openMeterOf(apiUrl: string, subscriptionId: string): Promise<Opened> {
  const ask = fetchAs(localSignIn(apiUrl));
  const get = async <T>(path: string): Promise<readonly T[]> => {
    const response = await ask(`${apiUrl}/${path}${path.includes('?') ? '&' : '?'}api-version=${apiVersion}&top=1000`);
    if (!response.ok) throw new Error(`GET ${path} answered ${response.status}: ${await response.text()}`);
    return ((await response.json()) as { readonly value: readonly T[] }).value;
  };
  const [item] = await get<ReconciliationItem>(`reconciliations?subscriptionId=${subscriptionId}`);
  const folder = `reconciliations/${item?.runId}/subscriptions/${subscriptionId}/meters`;
  const meters = await get<MeterItem>(folder);
  const rowsOf = ({ invoice, other }: MeterItem) => Math.max(invoice?.rows ?? 0, other?.rows ?? 0);
  const [largest] = meters.toSorted((left, right) => rowsOf(right) - rowsOf(left));
  const sum = (side: 'invoice' | 'other') => meters.reduce((rows, meter) => rows + (meter[side]?.rows ?? 0), 0);
  const rows = Math.min(sum('invoice'), sum('other'));
  if (largest === undefined || rows < largeRows) throw new Error(`The subscription has ${rows} rows a side only`);
  const tookMs: number[] = [];
  // A line that was opened is kept, so each time another one.
  for (const { meterKey } of meters.toSorted((left, right) => rowsOf(right) - rowsOf(left)).slice(0, 3)) {
    const started = performance.now();
    const items = await get<DetailItem>(`${folder}/${meterKey}`);
    if (items.length === 0) throw new Error('The meter line has no rows');
    tookMs.push(Math.round(performance.now() - started));
  }
  return { tookMs, rows, ofMeter: rowsOf(largest) };
}
