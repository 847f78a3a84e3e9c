import { afterEach, describe, expect, test } from 'vitest';
import type { FunctionsHostOptions } from '../../infra/local/functions-host/host.ts';
import { type HostUnderTest, startFixtureHost } from './functions-host-fixture.ts';

const UNUSED_STORAGE =
  'DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:9/a;QueueEndpoint=http://127.0.0.1:9/a;';

const hosts: HostUnderTest[] = [];

afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.close()));
});

function start(names: readonly string[], options: Partial<FunctionsHostOptions> = {}): Promise<HostUnderTest> {
  return startFixtureHost(names, options).then((host) => {
    hosts.push(host);
    return host;
  });
}

/** The sentence with which start fails; a host that starts fails the test. */
async function refusal(names: readonly string[], options: Partial<FunctionsHostOptions> = {}): Promise<string> {
  try {
    await start(names, options);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error('The host has started');
}

const inFile = (name: string): string => `in ${import.meta.dirname}/functions-fixture/${name}.ts`;

describe('start is refused, with function and file named', () => {
  test('two functions of one name in one file', async () => {
    const message = await refusal(['refused/same-name-twice']);
    expect(message).toContain(`Function 'twice' ${inFile('refused/same-name-twice')}: the name is already taken`);
  });

  test('two functions of one name in two files', async () => {
    const settings = { ROOT_ROUTE: 'root' };
    const message = await refusal(['http-functions', 'http-functions'], { settings });
    expect(message).toContain(`Function 'listInvoices' ${inFile('http-functions')}: the name is already taken`);
  });

  test('two functions for one request', async () => {
    const message = await refusal(['refused/same-route-twice']);
    expect(message).toContain(`Function 'second' ${inFile('refused/same-route-twice')}: 'GET /api/things/{}'`);
  });

  test.each([
    { schedule: '*/5 * * * *', reason: 'is not a cron expression of six fields' },
    { schedule: '0 0 99 * * *', reason: 'is not a cron expression of six fields' },
    { schedule: '0 0 0 31 2 *', reason: 'never comes due' },
  ])('the schedule $schedule', async ({ schedule, reason }) => {
    const settings = { AzureWebJobsStorage: UNUSED_STORAGE, SWEEP_SCHEDULE: schedule };
    const message = await refusal(['timer-functions'], { settings });
    expect(message).toContain(`Function 'sweep' ${inFile('timer-functions')}: the schedule '${schedule}' ${reason}`);
  });

  test('a trigger it does not know', async () => {
    const message = await refusal(['refused/storage-queue']);
    expect(message).toBe(
      `Function 'onQueue' ${inFile('refused/storage-queue')}: the trigger type 'queueTrigger' is not supported locally`,
    );
  });

  test('an additional output', async () => {
    expect(await refusal(['refused/extra-output'])).toContain(
      `Function 'withOutput' ${inFile('refused/extra-output')}: the additional out binding 'queue' is not supported locally`,
    );
  });

  test('messages in batches', async () => {
    expect(await refusal(['refused/many-messages'])).toBe(
      `Function 'batched' ${inFile('refused/many-messages')}: cardinality 'many' is not supported locally`,
    );
  });

  test('a missing setting of a %NAME% expression', async () => {
    const settings = { AzureWebJobsStorage: UNUSED_STORAGE };
    expect(await refusal(['timer-functions'], { settings })).toBe(
      `Function 'sweep' ${inFile('timer-functions')}: the setting 'SWEEP_SCHEDULE' is missing, '%SWEEP_SCHEDULE%' needs it`,
    );
  });

  test('a missing connection', async () => {
    const settings = { AzureWebJobsStorage: UNUSED_STORAGE, EXPORTS_CONTAINER: 'cost-exports' };
    expect(await refusal(['blob-functions'], { settings })).toBe(
      `Function 'ingestInvoice' ${inFile('blob-functions')}: the setting 'DataStorage' is missing, the connection needs it`,
    );
  });

  test('missing storage of the host itself', async () => {
    expect(await refusal(['timer-functions'], { settings: { SWEEP_SCHEDULE: '0 0 0 * * *' } })).toContain(
      "the setting 'AzureWebJobsStorage' is missing",
    );
  });

  test.each(['Bus__fullyQualifiedNamespace', 'AzureWebJobsBus__fullyQualifiedNamespace'])(
    'an identity-based connection, setting %s',
    async (name) => {
      const settings = { [name]: 'example.servicebus.windows.net', PARTS_QUEUE: 'parts' };
      expect(await refusal(['bus-functions'], { settings })).toContain(
        `Function 'ingestPart' ${inFile('bus-functions')}: the connection 'Bus' is identity-based (setting '${name}')`,
      );
    },
  );

  test('a file that fails when it is loaded', async () => {
    expect(await refusal(['refused/throws-on-import'])).toMatch(
      /throws-on-import\.ts cannot be loaded: a broken module$/,
    );
  });

  test('a host.json that is not one', async () => {
    expect(await refusal([], { hostJson: {} })).toContain('host.json is not valid');
    const extensions = { serviceBus: { maxAutoLockRenewalDuration: '5 minutes' } };
    expect(await refusal([], { hostJson: { version: '2.0', extensions } })).toContain(
      "'5 minutes' is not a time span like 00:05:00",
    );
  });
});

test('settings are in process.env while the host runs, and gone afterwards, also after a refusal', async () => {
  process.env['GREETING'] = 'from outside';
  try {
    const settings = { GREETING: 'from the settings', ROOT_ROUTE: 'root' };
    const host = await start(['http-functions'], { settings });
    expect(await (await fetch(`${host.url}/api/root`)).text()).toBe('from the settings');
    await host.close();
    expect(process.env['GREETING']).toBe('from outside');
    expect(process.env['ROOT_ROUTE']).toBeUndefined();
    await refusal(['refused/throws-on-import'], { settings });
    expect(process.env['GREETING']).toBe('from outside');
  } finally {
    delete process.env['GREETING'];
  }
});

test('the names of all functions are known, and a host can be started again in the same process', async () => {
  const settings = { ROOT_ROUTE: 'root' };
  for (let round = 0; round < 2; round += 1) {
    const host = await start(['http-functions', 'hook-functions'], { settings });
    expect(host.functionNames).toContain('listInvoices');
    expect(host.functionNames).toContain('hooked');
    await host.close();
  }
});

test('a chosen port is used, and a port in use is an error', async () => {
  const host = await start(['hook-functions']);
  const port = Number(new URL(host.url).port);
  expect(await refusal(['hook-functions'], { port })).toContain('EADDRINUSE');
  await host.close();
  expect((await start(['hook-functions'], { port })).url).toBe(`http://127.0.0.1:${port}`);
});
