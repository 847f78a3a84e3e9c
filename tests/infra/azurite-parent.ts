import { startAzurite } from '../../infra/local/azurite.ts';

// A parent for tests: prints the process id of its Azurite and then waits to be killed, or ends when told to `finish`.
const azurite = await startAzurite();
process.stdout.write(`${azurite.pid}\n`);
if (process.argv[2] !== 'finish') {
  setInterval(() => undefined, 60_000);
}
