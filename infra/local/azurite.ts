import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

/**
 * Azurite as a child process of this one: Blob, Queue and Table Storage on free ports of the loopback interface.
 * It dies with its parent, however the parent ends. In a folder, an answered write survives a SIGKILL of Azurite
 * (see `azurite-durable-loki.ts`); without a folder everything lives in memory.
 */
export type Azurite = {
  readonly connectionString: string;
  readonly blobEndpoint: string;
  readonly tableEndpoint: string;
  readonly queueEndpoint: string;
  readonly pid: number;
  /** Ends Azurite with SIGKILL and resolves when the process is gone. */
  stop(): Promise<void>;
};

type AzuriteOptions = {
  /** Absent: in memory. */
  readonly folder?: string;
};

/** The account and key that every copy of Azurite has built in; they open nothing but an emulator. */
const ACCOUNT_NAME = 'devstoreaccount1';
const ACCOUNT_KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/** Loading Azurite takes some seconds on a busy machine; beyond this something is wrong. */
const START_TIMEOUT_MS = 60_000;
const OUTPUT_LIMIT_CHARACTERS = 20_000;

const CHILD_SCRIPT = fileURLToPath(new URL('./azurite-child.ts', import.meta.url));
const SERVICES = ['Blob', 'Queue', 'Table'] as const;

export async function startAzurite(options: AzuriteOptions = {}): Promise<Azurite> {
  if (options.folder !== undefined) {
    await mkdir(options.folder, { recursive: true });
  }
  const child = spawn(process.execPath, ['--no-warnings', CHILD_SCRIPT, ...azuriteArguments(options)], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: childEnvironment(),
    // A process group of its own: Ctrl-C reaches the parent, which may still need its storage to close in good order.
    detached: true,
    windowsHide: true,
  });
  try {
    const ports = await listeningPorts(child);
    return describe(child, ports);
  } catch (error) {
    await kill(child);
    throw error;
  }
}

function azuriteArguments(options: AzuriteOptions): readonly string[] {
  const storage = options.folder === undefined ? ['--inMemoryPersistence'] : ['--location', options.folder];
  const ports = ['--blobPort', '0', '--queuePort', '0', '--tablePort', '0'];
  return [...storage, ...ports, '--silent', '--disableTelemetry', '--skipApiVersionCheck'];
}

/** Node options of the parent (a debugger, a test runner's loaders) are not meant for Azurite, nor is a SQL back end. */
function childEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _nodeOptions, AZURITE_DB: _azuriteDb, AZURITE_ACCOUNTS: _accounts, ...rest } = process.env;
  return rest;
}

type Ports = Readonly<Record<(typeof SERVICES)[number], string>>;

/** With ports 0, Azurite prints the real ones when each service listens, `--silent` or not. */
function listeningPorts(child: ChildProcess): Promise<Ports> {
  let output = '';
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void =>
      reject(new Error(`Azurite did not start: ${reason}. It printed: ${output.trim() || '(nothing)'}`));
    const timer = setTimeout(() => fail(`no answer within ${START_TIMEOUT_MS} ms`), START_TIMEOUT_MS);
    const onOutput = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-OUTPUT_LIMIT_CHARACTERS);
      const ports = printedPorts(output);
      if (ports !== undefined) {
        clearTimeout(timer);
        resolve(ports);
      }
    };
    child.stdout?.on('data', onOutput);
    child.stderr?.on('data', onOutput);
    child.once('error', (error) => {
      clearTimeout(timer);
      fail(error.message);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      fail(`it ended with ${signal ?? `exit code ${code}`}`);
    });
  });
}

function printedPorts(output: string): Ports | undefined {
  const port = (service: string): string =>
    new RegExp(`Azurite ${service} service is successfully listening at http://127\\.0\\.0\\.1:(\\d+)`).exec(
      output,
    )?.[1] ?? '';
  const ports = { Blob: port('Blob'), Queue: port('Queue'), Table: port('Table') };
  return SERVICES.every((service) => ports[service] !== '') ? ports : undefined;
}

function describe(child: ChildProcess, ports: Ports): Azurite {
  const { pid } = child;
  if (pid === undefined) {
    throw new Error('Azurite printed its ports but has no process id');
  }
  const endpoint = (port: string): string => `http://127.0.0.1:${port}/${ACCOUNT_NAME}`;
  const blobEndpoint = endpoint(ports.Blob);
  const queueEndpoint = endpoint(ports.Queue);
  const tableEndpoint = endpoint(ports.Table);
  const parts = [
    'DefaultEndpointsProtocol=http',
    `AccountName=${ACCOUNT_NAME}`,
    `AccountKey=${ACCOUNT_KEY}`,
    `BlobEndpoint=${blobEndpoint}`,
    `QueueEndpoint=${queueEndpoint}`,
    `TableEndpoint=${tableEndpoint}`,
  ];
  letParentEnd(child);
  return {
    connectionString: `${parts.join(';')};`,
    blobEndpoint,
    tableEndpoint,
    queueEndpoint,
    pid,
    stop: () => kill(child),
  };
}

/** The child must not keep a finished parent alive; the IPC channel ends the child when the parent goes. */
function letParentEnd(child: ChildProcess): void {
  child.unref();
  child.channel?.unref();
  for (const stream of [child.stdout, child.stderr]) {
    if (stream instanceof Socket) {
      stream.unref();
    }
  }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  child.ref();
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
