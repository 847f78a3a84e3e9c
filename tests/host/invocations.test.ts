import { TableServiceClient } from '@azure/data-tables';
import functions from '@azure/functions';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Azurite, startAzurite } from '../../infra/local/azurite.ts';
import { ingestPartMessage } from '../../shared/contracts/messages.ts';
import { TerminalError } from '../../shared/domain/terminal-error.ts';
import { getDeps } from '../../shared/host/deps.ts';
import { onDeadLetter } from '../../shared/host/on-dead-letter.ts';
import { onManifest } from '../../shared/host/on-manifest.ts';
import { onQueueMessage } from '../../shared/host/on-queue-message.ts';
import resources from '../../shared/resources.json' with { type: 'json' };

/*
 * The wrappers of the functions take their connections from the settings of the process, so here they get those of an
 * Azurite of their own. The bus is never reached: nothing is sent.
 */

let azurite: Azurite;
const settings = ['DataStorage', 'ServiceBus', 'PartnerTenants'] as const;
const before = settings.map((name) => [name, process.env[name]] as const);

beforeAll(async () => {
  azurite = await startAzurite();
  const tables = TableServiceClient.fromConnectionString(azurite.connectionString, { allowInsecureConnection: true });
  for (const name of Object.values(resources.tables)) await tables.createTable(name);
  const blobs = BlobServiceClient.fromConnectionString(azurite.connectionString);
  for (const name of Object.values(resources.containers)) await blobs.createContainer(name);
  process.env['DataStorage'] = azurite.connectionString;
  process.env['ServiceBus'] = 'Endpoint=sb://127.0.0.1:1/;SharedAccessKeyName=a;SharedAccessKey=b';
  process.env['PartnerTenants'] = '[]';
});
afterAll(async () => {
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  await azurite.stop();
});
beforeEach(async () => {
  for (const failure of await getDeps().failures.list()) await getDeps().failures.remove(failure.failureId);
});

type Log = { readonly level: string; readonly args: readonly unknown[] };

function contextOf(functionName: string, triggerMetadata: Record<string, unknown> = {}) {
  const logs: Log[] = [];
  const context = new functions.InvocationContext({
    functionName,
    triggerMetadata,
    logHandler: (level, ...args) => logs.push({ level, args }),
  });
  return { context, logs };
}

const message = { version: 1, datasetId: 'costexport-2026-10-x', part: 3 };

describe('a queue-triggered function', () => {
  it('runs its step with the message', async () => {
    const seen: unknown[] = [];
    const handler = onQueueMessage('ingestPart', ingestPartMessage, async (ports, given) => {
      ports.log.info('part read', { part: given.part });
      seen.push(given);
    });
    const { context, logs } = contextOf('ingestPart');
    await handler(message, context);
    expect(seen).toEqual([message]);
    expect(logs).toEqual([{ level: 'information', args: [JSON.stringify({ message: 'part read', part: 3 })] }]);
    expect(await getDeps().failures.list()).toEqual([]);
  });

  it('records work that cannot succeed, once, and is done with the message', async () => {
    const handler = onQueueMessage('ingestPart', ingestPartMessage, async () => {
      throw new TerminalError('There is no such dataset');
    });
    for (const deliveryCount of [1, 2]) {
      await expect(handler(message, contextOf('ingestPart', { deliveryCount }).context)).resolves.toBeUndefined();
    }
    expect(await getDeps().failures.list()).toEqual([
      {
        version: 1,
        failureId: expect.any(String),
        kind: 'permanent',
        step: 'ingestPart',
        subject: message,
        reason: 'There is no such dataset',
      },
    ]);
  });

  it('gives the message back on any other error, and records nothing', async () => {
    const error = new Error('the storage did not answer');
    const handler = onQueueMessage('ingestPart', ingestPartMessage, async () => {
      throw error;
    });
    await expect(handler(message, contextOf('ingestPart', { deliveryCount: 1 }).context)).rejects.toBe(error);
    expect(await getDeps().failures.list()).toEqual([]);
  });

  it.each([
    ['of another version', { ...message, version: 2 }, /version/],
    ['with a field more', { ...message, more: 1 }, /more/],
    ['with a field less', { version: 1, datasetId: 'd' }, /part/],
    ['with a wrong value', { ...message, part: -1 }, /part/],
    ['that is text', 'hello', /contract/],
    ['that is nothing', undefined, /contract/],
  ])('records a message %s as a breach of contract, and never runs the step', async (_what, given, reason) => {
    let isRun = false;
    const handler = onQueueMessage('ingestPart', ingestPartMessage, async () => {
      isRun = true;
    });
    await handler(given, contextOf('ingestPart').context);
    expect(isRun).toBe(false);
    expect(await getDeps().failures.list()).toMatchObject([
      { step: 'ingestPart', kind: 'permanent', reason: expect.stringMatching(reason) },
    ]);
  });
});

describe('a function on dead letters', () => {
  it('makes the message that the queue gave up a visible failure, with the queue’s reason', async () => {
    const applicationProperties = {
      deadLetterReason: 'MaxDeliveryCountExceeded',
      deadLetterErrorDescription: 'after 10 tries',
    };
    const metadata = { applicationProperties };
    await onDeadLetter('ingestPart')(message, contextOf('recordDeadLetter', metadata).context);
    await onDeadLetter('publishRun')('no JSON', contextOf('recordDeadLetter').context);
    const recorded = await getDeps().failures.list();
    expect(recorded).toHaveLength(2);
    expect(recorded.find((failure) => failure.step === 'ingestPart')).toMatchObject({
      kind: 'exhausted',
      subject: message,
      reason: 'Given up by the queue: MaxDeliveryCountExceeded (after 10 tries)',
    });
    expect(recorded.find((failure) => failure.step === 'publishRun')).toMatchObject({
      subject: {},
      reason: 'Given up by the queue: no reason given',
    });
  });
});

describe('a function on manifests', () => {
  const metadata = { blobTrigger: 'cost-exports/a/b c/manifest.json' };

  it('runs its step with the name within the container', async () => {
    const seen: string[] = [];
    const handler = onManifest('cost-exports', async (_ports, manifestName) => {
      seen.push(manifestName);
    });
    await handler(Buffer.from('not used'), contextOf('ingestCostExport', metadata).context);
    expect(seen).toEqual(['a/b c/manifest.json']);
  });

  it('records what cannot succeed, and lets the host try any other error again', async () => {
    const { context } = contextOf('ingestCostExport', metadata);
    await onManifest('cost-exports', async () => {
      throw new TerminalError('no manifest');
    })(undefined, context);
    expect(await getDeps().failures.list()).toMatchObject([
      { step: 'ingestCostExport', subject: { manifestName: 'a/b c/manifest.json' }, reason: 'no manifest' },
    ]);
    const error = new Error('later perhaps');
    const failing = onManifest('cost-exports', async () => {
      throw error;
    });
    await expect(failing(undefined, context)).rejects.toBe(error);
  });
});
