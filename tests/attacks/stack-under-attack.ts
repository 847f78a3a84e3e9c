import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { apiClient } from '../../infra/local/api-client.ts';
import type { LogEntry } from '../../infra/local/functions-host/function-app.ts';
import type { AnswerKey } from '../../infra/local/sample-month/answer-key.ts';
import { writeSampleMonth } from '../../infra/local/sample-month/write-sample-month.ts';
import { localSignIn } from '../../infra/local/sign-in.ts';
import { startStack } from '../../infra/local/stack.ts';
import type { LocalSignInBody } from '../../shared/contracts/identity.ts';
import { checkedFetch } from '../support/checked-api.ts';
import { watchRuns } from '../support/run-history.ts';

/** Of an answer to anything at all, but for the bodies that are slow on purpose. */
const slowestMs = 5_000;
const monthTimeoutMs = 100_000;

/** What shows how we are made. Answers say what is wrong in sentences. */
const innards = /\n\s+at |node_modules|file:\/\/|\.ts:\d|\bat Object\.|ECONN|RestError|ZodError|TypeError|AccountKey/;

export type UnderAttack = Awaited<ReturnType<typeof startUnderAttack>>;
export type Asker = (path: string, init?: RequestInit) => Promise<Asked>;
export type Asked = { readonly status: number; readonly headers: Headers; readonly text: string };

/** The whole local stack with a small month that is published, and all that it has said so far. */
export async function startUnderAttack() {
  const folder = await mkdtemp(join(tmpdir(), 'attacks-'));
  const sampleFolder = join(folder, 'sample');
  await writeSampleMonth(sampleFolder, { seed: 11, cycle: '2026-10', scale: 0.02 });
  const logs: LogEntry[] = [];
  const settings: Record<string, string> = {
    NotificationWebhookUrl: `http://127.0.0.1:9/${canary}`,
    NotificationWebhookSecret: `whsec_${Buffer.from(`${canary} of thirty bytes or more`).toString('base64')}`,
  };
  const stack = await startStack({
    folder,
    sampleFolder,
    stuckAfterSeconds: 3,
    settings,
    onLog: (entry) => logs.push(entry),
  });
  const close = async () => {
    await stack.close();
    await rm(folder, { recursive: true, force: true });
  };
  // Readers from before the first run on: a month is being made only once.
  const histories = Array.from({ length: 2 }, () => watchRuns(stack.apiUrl));
  try {
    await stack.host.runTimer('downloadInvoices');
    await untilPublished(stack.apiUrl);
  } catch (error) {
    await Promise.allSettled(histories.map((history) => history.stop()));
    await close();
    throw error;
  }
  const key: AnswerKey = JSON.parse(await readFile(join(sampleFolder, 'answer-key.json'), 'utf8'));
  const tenants: { clientSecret: string }[] = JSON.parse(
    await readFile(join(sampleFolder, 'partner-center', 'tenants.json'), 'utf8'),
  );
  const tokens: string[] = [];
  /** Text of every answer that was an error. */
  const errors: string[] = [];
  const tokenOf = async (as: LocalSignInBody) => {
    const token = await localSignIn(stack.apiUrl, as)();
    tokens.push(token);
    return token;
  };
  return {
    apiUrl: stack.apiUrl,
    histories,
    key,
    logs,
    errors,
    tokenOf,
    /** Asks as somebody, or as nobody; whatever it asks, the answer is one of the document's, soon and without innards. */
    asker: (token: string | undefined): Asker => {
      const send = checkedFetch(stack.apiUrl);
      return async (path, init = {}) => {
        const headers = new Headers(init.headers);
        if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
        const started = performance.now();
        const response = await send(`${stack.apiUrl}/${path}`, { redirect: 'manual', ...init, headers });
        const text = await response.text();
        const where = `${init.method ?? 'GET'} ${path.slice(0, 200)} answered ${response.status} ${text.slice(0, 300)}`;
        const tookMs = performance.now() - started;
        if (tookMs > slowestMs) throw new Error(`${where} after ${tookMs} ms`);
        refuseInnards(where, response.status, text);
        if (response.status >= 400) errors.push(text);
        return { status: response.status, headers: response.headers, text };
      };
    },
    secrets: () => [
      canary,
      ...tenants.map(({ clientSecret }) => clientSecret),
      ...[stack.azurite.connectionString, stack.bus.connectionString].flatMap(keysOf),
      ...tokens.flatMap((token) => token.split('.').map((part) => part.slice(-30))),
    ],
    /** Every log entry as a person would see it, errors with their causes and stacks. */
    logTexts: () => logs.map(({ level, message, args }) => `${level} ${message} ${inspect(args, { depth: 8 })}`),
    close,
  };
}

const canary = 'c4n4ry-0f-4-s3cr3t';

function keysOf(connectionString: string): readonly string[] {
  const keys = [...connectionString.matchAll(/(?:AccountKey|SharedAccessKey)=([^;]+)/g)].map((match) => match[1] ?? '');
  // The stand-in for the bus has a word for a key.
  return keys.filter((key) => key.length > 20);
}

export function refuseInnards(where: string, status: number | undefined, text: string): void {
  if (status === undefined || status >= 500) throw new Error(`${where}: it failed`);
  const found = status >= 400 ? innards.exec(text) : null;
  if (found !== null) throw new Error(`${where}: it shows '${found[0]}'`);
}

async function untilPublished(apiUrl: string): Promise<void> {
  const api = apiClient(apiUrl);
  const deadline = Date.now() + monthTimeoutMs;
  while (Date.now() < deadline) {
    const [invoices, runs] = [await api.invoices(), await api.runs()];
    const comparisons = runs.filter((run) => run.kind === 'comparison');
    const isDone = comparisons.length > 2 && comparisons.every(({ state }) => state !== 'comparing');
    const isReconciled = invoices.some(({ reconciliation }) => reconciliation.state === 'reconciled');
    if (isDone && isReconciled) return;
    await delay(250);
  }
  throw new Error('The month was not published in time');
}
