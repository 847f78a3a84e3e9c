import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { startAzurite } from '../../infra/local/azurite.ts';
import { startFunctionsHost } from '../../infra/local/functions-host/host.ts';
import { startServiceBus } from '../../infra/local/service-bus/server.ts';
import resources from '../../shared/resources.json' with { type: 'json' };

const root = fileURLToPath(new URL('../../', import.meta.url));

it('what `npm run build` makes is loaded by the `main` of package.json, every function of it', {
  timeout: 90_000,
}, async () => {
  await promisify(execFile)(process.execPath, [
    join(root, 'node_modules/typescript/bin/tsc'),
    '-p',
    join(root, 'tsconfig.build.json'),
  ]);
  const { main } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { main: string };
  const sample = JSON.parse(readFileSync(join(root, 'local.settings.sample.json'), 'utf8')) as {
    Values: Record<string, string>;
  };
  const azurite = await startAzurite();
  const bus = await startServiceBus({ queues: Object.values(resources.queues).map((name) => ({ name })) });
  const host = await startFunctionsHost({
    functionFiles: globSync(main, { cwd: root }).map((name) => pathToFileURL(join(root, name))),
    settings: {
      ...sample.Values,
      AzureWebJobsStorage: azurite.connectionString,
      DataStorage: azurite.connectionString,
      ServiceBus: bus.connectionString,
    },
    hostJson: JSON.parse(readFileSync(join(root, 'host.json'), 'utf8')),
    onLog: () => {},
  });
  try {
    const expected = globSync('functions/*.ts', { cwd: root }).map((name) =>
      name.replace(/^functions\/(.*)\.ts$/, '$1'),
    );
    const loaded = host.functionNames.map((name) => name.split('_')[0]);
    expect(expected.length).toBeGreaterThan(10);
    for (const name of expected) expect(loaded).toContain(name);
    expect(host.functionNames).toContain('reconciliations_meters');
  } finally {
    await host.close();
    await bus.close();
    await azurite.stop();
  }
});
