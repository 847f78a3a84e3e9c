import { createReadStream } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

/** What a route decided to say. Deciding and sending are apart, so that a request is recorded before a byte leaves. */
export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AnswerBody;
};

/** `breakAfterBytes`: the connection is destroyed after that many bytes, although Content-Length promised all of them. */
export type AnswerBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'bytes'; readonly bytes: Buffer; readonly breakAfterBytes?: number }
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly startByte: number;
      readonly sizeBytes: number;
      readonly breakAfterBytes?: number;
    };

export function jsonAnswer(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return jsonTextAnswer(status, JSON.stringify(body), headers);
}

/** For JSON that is passed on as it was written: numbers keep their text, `1.10` does not become `1.1`. */
export function jsonTextAnswer(status: number, json: string, headers: Readonly<Record<string, string>> = {}): Answer {
  const bytes = Buffer.from(json, 'utf8');
  return {
    status,
    headers: { ...headers, 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': String(bytes.length) },
    body: { kind: 'bytes', bytes },
  };
}

export function withHeaders(answer: Answer, headers: Readonly<Record<string, string>>): Answer {
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

/** Sends `answer`; a client that went away in the middle is not an error of ours. */
export async function sendAnswer(response: ServerResponse, answer: Answer, headOnly: boolean): Promise<void> {
  response.writeHead(answer.status, { ...answer.headers });
  const body = answer.body;
  if (headOnly || body.kind === 'none') {
    response.end();
    return;
  }
  if (body.breakAfterBytes !== undefined) {
    await sendPartAndBreak(response, body, body.breakAfterBytes);
    return;
  }
  if (body.kind === 'bytes') {
    response.end(body.bytes);
    return;
  }
  await sendFile(response, body.path, body.startByte, body.sizeBytes);
}

async function sendFile(response: ServerResponse, path: string, startByte: number, sizeBytes: number): Promise<void> {
  if (sizeBytes === 0) {
    response.end();
    return;
  }
  const file = createReadStream(path, { start: startByte, end: startByte + sizeBytes - 1 });
  try {
    await pipeline(file, response);
  } catch (error) {
    if (!isClientGone(error)) throw error;
  }
}

async function sendPartAndBreak(
  response: ServerResponse,
  body: Exclude<AnswerBody, { readonly kind: 'none' }>,
  breakAfterBytes: number,
): Promise<void> {
  const head = await headOf(body, breakAfterBytes);
  response.flushHeaders();
  // Only once the bytes are with the system is the connection cut: the client shall get a start and then no more.
  await new Promise<void>((resolve) => {
    response.write(head, () => resolve());
  });
  response.destroy();
}

async function headOf(body: Exclude<AnswerBody, { readonly kind: 'none' }>, sizeBytes: number): Promise<Buffer> {
  if (body.kind === 'bytes') return body.bytes.subarray(0, sizeBytes);
  if (sizeBytes === 0) return Buffer.alloc(0);
  const chunks: Buffer[] = [];
  const file = createReadStream(body.path, { start: body.startByte, end: body.startByte + sizeBytes - 1 });
  for await (const chunk of file) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

function isClientGone(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return error.code === 'ERR_STREAM_PREMATURE_CLOSE' || error.code === 'ECONNRESET' || error.code === 'EPIPE';
}
