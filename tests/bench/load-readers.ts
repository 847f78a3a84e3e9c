import { Agent, request } from 'node:http';
import { localSignIn } from '../../infra/local/sign-in.ts';
import { apiVersion } from '../../shared/contracts/http.ts';

/*
 * Readers of the HTTP API in a process of their own: node load-readers.ts <api> <readers> <seconds>. Each asks as soon
 * as it has its answer. Prints as JSON how long answers took, and what was no answer.
 */

type Answer = { readonly status: number; readonly body: string };
type Target = { readonly runId: string; readonly subscriptionId: string };
type Page = { readonly value: readonly Target[]; readonly nextLink?: string };

const [apiUrl = '', readersText = '200', secondsText = '30'] = process.argv.slice(2);
const readers = Number(readersText);
const agent = new Agent({ keepAlive: true, maxSockets: readers });
const callers = [localSignIn(apiUrl, { role: 'csp.operator' }), localSignIn(apiUrl, { role: 'csp.reader' })];
const tops = [1, 7, 20, 100, 1000];
const filters = ['', '&status=Mismatched', '&comparedWith=invoicelines', '&comparedWith=invoicetotal'];

function get(url: string, token: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent, headers: { authorization: `Bearer ${token}` } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.end();
  });
}

const at = (path: string, query: string) => `${apiUrl}/${path}?api-version=${apiVersion}${query}`;

async function targets(token: string): Promise<readonly Target[]> {
  const { status, body } = await get(at('reconciliations', '&top=1000'), token);
  if (status !== 200) throw new Error(`GET reconciliations answered ${status}: ${body}`);
  return (JSON.parse(body) as Page).value;
}

/** What the reader with this number asks at its nth turn: pages of either list, each with filters of its own. */
function addressOf(all: readonly Target[], reader: number, turn: number): string {
  const number = reader + turn * 7;
  const top = `&top=${tops[number % tops.length]}`;
  if (turn % 2 === 0) return at('reconciliations', `${top}${filters[(reader + turn) % filters.length]}`);
  const target = all[number % all.length];
  const path = `reconciliations/${target?.runId}/subscriptions/${target?.subscriptionId || '-'}/meters`;
  return at(path, top);
}

const tookMs: number[] = [];
const errors = new Map<string, number>();
let bytes = 0;

async function ask(url: string, token: string): Promise<Answer | undefined> {
  const started = performance.now();
  try {
    const answer = await get(url, token);
    tookMs.push(performance.now() - started);
    bytes += answer.body.length;
    if (answer.status === 200) return answer;
    count(`${answer.status} ${answer.body.slice(0, 100)}`);
  } catch (error) {
    count(String(error));
  }
  return undefined;
}

function count(error: string): void {
  errors.set(error, (errors.get(error) ?? 0) + 1);
}

async function read({ all, reader, token, untilMs }: Reader): Promise<void> {
  for (let turn = 0; performance.now() < untilMs; turn += 1) {
    const answer = await ask(addressOf(all, reader, turn), token);
    const next = answer === undefined ? undefined : (JSON.parse(answer.body) as Page).nextLink;
    if (next !== undefined && performance.now() < untilMs) await ask(next, token);
  }
}

type Reader = {
  readonly all: readonly Target[];
  readonly reader: number;
  readonly token: string;
  readonly untilMs: number;
};

function share(sorted: readonly number[], of: number): number {
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * of))] ?? 0);
}

const tokens = await Promise.all(callers.map((tokenOf) => tokenOf()));
const tokenOf = (reader: number) => tokens[reader % tokens.length] ?? '';
const all = await targets(tokenOf(0));
if (all.length === 0) throw new Error('There is nothing to read');
// Connections stay open; a busy server takes one new one for each round of its event loop, which is not what is asked.
await Promise.all(Array.from({ length: readers }, (_, reader) => get(at('me', ''), tokenOf(reader))));
const started = performance.now();
const untilMs = started + Number(secondsText) * 1_000;
await Promise.all(
  Array.from({ length: readers }, (_, reader) => read({ all, reader, token: tokenOf(reader), untilMs })),
);
const seconds = (performance.now() - started) / 1_000;
agent.destroy();
const sorted = tookMs.toSorted((left, right) => left - right);
process.stdout.write(
  JSON.stringify({
    requests: sorted.length,
    perSecond: Math.round(sorted.length / seconds),
    p50Ms: share(sorted, 0.5),
    p99Ms: share(sorted, 0.99),
    mostMs: share(sorted, 1),
    megabytes: Math.round(bytes / 1e6),
    errors: Object.fromEntries(errors),
  }),
);
