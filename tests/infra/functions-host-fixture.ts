import {
  type FunctionsHost,
  type FunctionsHostOptions,
  startFunctionsHost,
} from '../../infra/local/functions-host/host.ts';

type Log = Parameters<FunctionsHostOptions['onLog']>[0];

export type HostUnderTest = FunctionsHost & { readonly logs: readonly Log[] };

/** `names` are files of the fixture folder, without their extension. */
export async function startFixtureHost(
  names: readonly string[],
  options: Partial<FunctionsHostOptions> = {},
): Promise<HostUnderTest> {
  const logs: Log[] = [];
  const host = await startFunctionsHost({
    functionFiles: names.map((name) => new URL(`./functions-fixture/${name}.ts`, import.meta.url)),
    settings: {},
    hostJson: { version: '2.0' },
    blobScanIntervalMs: 50,
    onLog: (entry) => logs.push(entry),
    ...options,
  });
  return { ...host, logs };
}

/** A promise to hold a function with, and what lets it go. */
export function gate(): { readonly passed: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { passed: promise, open: resolve };
}
