import { ServerResponse } from 'node:http';
import { createRequire, Module } from 'node:module';
import { installDurableLoki } from './azurite-durable-loki.ts';

/**
 * The process that runs Azurite, started by `azurite.ts` and by nothing else. It loads Azurite's own start script, ends
 * when the IPC channel to its parent closes (which happens even when the parent is killed), and makes Azurite's
 * metadata durable before any answer goes out.
 */
const PARENT_GONE_EXIT_CODE = 0;

process.on('disconnect', () => process.exit(PARENT_GONE_EXIT_CODE));
if (process.connected !== true) {
  process.exit(PARENT_GONE_EXIT_CODE);
}

const require = createRequire(import.meta.url);
const azuriteScript = require.resolve('azurite/dist/src/azurite.js');
/** Resolves as Azurite itself does, so that both get the same LokiJS. */
const fromAzurite = createRequire(azuriteScript);
const { flushAll } = installDurableLoki(fromAzurite);
leaveOutTelemetry();

// Node writes every status line through this method, also the implicit ones: whoever sees an answer can rely on it.
const writeHead = ServerResponse.prototype.writeHead;
ServerResponse.prototype.writeHead = function writeHeadAfterFlush(
  this: ServerResponse,
  ...args: Parameters<typeof writeHead>
): ReturnType<typeof writeHead> {
  flushAll();
  return writeHead.apply(this, args);
} as typeof writeHead;

fromAzurite(azuriteScript);

/**
 * `azurite.ts` starts it without telemetry, but Azurite loads the client for it all the same: two thousand files, which
 * are nearly two thirds of the time that it takes to start.
 */
function leaveOutTelemetry(): void {
  const name = fromAzurite.resolve('applicationinsights');
  const left = new Module(name);
  left.loaded = true;
  fromAzurite.cache[name] = left;
}
