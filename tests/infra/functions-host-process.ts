import { startFunctionsHost } from '../../infra/local/functions-host/host.ts';

// A host in a plain Node process, for the tests that kill one: settings come as JSON in the first argument, the
// fixture files in the others. It prints its address, and each log line after it.
const [settings = '{}', ...names] = process.argv.slice(2);

const host = await startFunctionsHost({
  functionFiles: names.map((name) => new URL(`./functions-fixture/${name}.ts`, import.meta.url)),
  settings: JSON.parse(settings),
  hostJson: { version: '2.0' },
  blobScanIntervalMs: 50,
  onLog: ({ message }) => process.stdout.write(`${message}\n`),
});
process.stdout.write(`listening at ${host.url}\n`);
