import { createHmac } from 'node:crypto';
import { z } from 'zod';

/**
 * The queue to which Azure sends the blobs that a function has failed on five times. The project has no Queue Storage
 * client, and this is the only queue in use, so its two requests are signed here.
 * Source: "Authorize with Shared Key" and "Put Message", Azure Storage REST API.
 */
const POISON_QUEUE_NAME = 'webjobs-blobtrigger-poison';
const API_VERSION = '2021-12-02';
const REQUEST_TIMEOUT_MS = 30_000;

export type PoisonMessage = {
  readonly functionName: string;
  readonly blobType: string;
  readonly containerName: string;
  readonly blobName: string;
  readonly etag: string;
};

export class PoisonQueue {
  readonly #account: QueueAccount;

  constructor(connectionString: string) {
    this.#account = parseQueueAccount(connectionString);
  }

  async send(message: PoisonMessage): Promise<void> {
    const text = JSON.stringify({
      Type: 'BlobTrigger',
      FunctionId: `Host.Functions.${message.functionName}`,
      BlobType: message.blobType,
      ContainerName: message.containerName,
      BlobName: message.blobName,
      ETag: message.etag,
    });
    const encoded = Buffer.from(text).toString('base64');
    const body = `<QueueMessage><MessageText>${encoded}</MessageText></QueueMessage>`;
    await queueRequest(this.#account, { method: 'PUT', path: POISON_QUEUE_NAME });
    await queueRequest(this.#account, { method: 'POST', path: `${POISON_QUEUE_NAME}/messages`, body });
  }
}

export type QueueAccount = { readonly name: string; readonly key: string; readonly endpoint: string };

const EMULATOR: QueueAccount = {
  name: 'devstoreaccount1',
  key: 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==',
  endpoint: 'http://127.0.0.1:10001/devstoreaccount1',
};

const accountParts = z.looseObject({
  AccountName: z.string(),
  AccountKey: z.string(),
  QueueEndpoint: z.string().optional(),
  EndpointSuffix: z.string().optional(),
  DefaultEndpointsProtocol: z.string().optional(),
});

/** @throws when the connection string has no account name and key */
export function parseQueueAccount(connectionString: string): QueueAccount {
  const entries = connectionString
    .split(';')
    .filter((part) => part.includes('='))
    .map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]);
  const parts: Record<string, string> = Object.fromEntries(entries);
  if (parts['UseDevelopmentStorage'] === 'true') {
    return EMULATOR;
  }
  const parsed = accountParts.safeParse(parts);
  if (!parsed.success) {
    throw new Error("AzureWebJobsStorage has no AccountName and AccountKey, the host's own storage needs both");
  }
  const { AccountName: name, AccountKey: key, QueueEndpoint, EndpointSuffix, DefaultEndpointsProtocol } = parsed.data;
  const derived = `${DefaultEndpointsProtocol ?? 'https'}://${name}.queue.${EndpointSuffix ?? 'core.windows.net'}`;
  return { name, key, endpoint: (QueueEndpoint ?? derived).replace(/\/$/, '') };
}

type QueueRequest = {
  readonly method: 'GET' | 'PUT' | 'POST';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: string;
};

/** One signed request; resolves with the body of the answer. */
export async function queueRequest(
  account: QueueAccount,
  { method, path, query = {}, body }: QueueRequest,
): Promise<string> {
  const url = new URL(`${account.endpoint}/${path}`);
  const parameters = Object.entries(query).sort(([a], [b]) => (a < b ? -1 : 1));
  url.search = new URLSearchParams(parameters).toString();
  const msHeaders = { 'x-ms-date': new Date().toUTCString(), 'x-ms-version': API_VERSION };
  const contentType = body === undefined ? '' : 'application/xml';
  const stringToSign = [
    method,
    '',
    '',
    body === undefined ? '' : String(Buffer.byteLength(body)),
    '',
    contentType,
    ...['', '', '', '', '', ''],
    ...Object.entries(msHeaders).map(([name, value]) => `${name}:${value}`),
    `/${account.name}${url.pathname}`,
    ...parameters.map(([name, value]) => `${name}:${value}`),
  ].join('\n');
  const signature = createHmac('sha256', Buffer.from(account.key, 'base64'))
    .update(stringToSign, 'utf8')
    .digest('base64');
  const response = await fetch(url, {
    method,
    headers: {
      ...msHeaders,
      ...(body === undefined ? {} : { 'content-type': contentType }),
      authorization: `SharedKey ${account.name}:${signature}`,
    },
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  if (!response.ok) {
    throw new Error(`Queue Storage answered ${response.status} to ${method} ${url.pathname}: ${text.slice(0, 500)}`);
  }
  return text;
}
