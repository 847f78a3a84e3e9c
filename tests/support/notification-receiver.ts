import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export type ReceivedPost = {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

export type ReceiverAnswer =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** Breaks the connection off; never answers; begins an answer and never ends it. */
  | 'close'
  | 'hang'
  | 'stall';

export type Receiver = {
  readonly port: number;
  readonly received: readonly ReceivedPost[];
  /** What the next posts are answered with, one after the other; the last goes on. */
  readonly answerWith: (...answers: readonly ReceiverAnswer[]) => void;
};

/** A receiver of notifications on this machine, until the test has finished. */
export async function startReceiver(...answers: readonly ReceiverAnswer[]): Promise<Receiver> {
  const received: ReceivedPost[] = [];
  let next: readonly ReceiverAnswer[] = answers;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url, headers } = request;
      received.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
      const [answer = { status: 202 }, ...rest] = next;
      if (rest.length > 0) next = rest;
      give(response, answer);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    received,
    answerWith: (...more) => {
      next = more;
    },
  };
}

function give(response: ServerResponse, answer: ReceiverAnswer): void {
  if (answer === 'close') response.destroy();
  else if (answer === 'stall') response.writeHead(202, { 'content-length': '100' }).write('so far');
  else if (answer !== 'hang') response.writeHead(answer.status, answer.headers).end(answer.body ?? 'nobody reads this');
}
