import { fileURLToPath } from 'node:url';
import type {
  BindingInfo,
  FunctionCallback,
  FunctionMetadata,
  HookCallback,
  HookName,
  RetryOptions,
} from './core-api.ts';
import { enterApp, type LoadingApp } from './core-module.ts';

export type LogEntry = {
  readonly level: string;
  readonly functionName?: string;
  readonly invocationId?: string;
  readonly message: string;
  readonly args: readonly unknown[];
};

/** One function as its file registered it. */
export type Registration = {
  readonly name: string;
  readonly file: string;
  readonly metadata: FunctionMetadata;
  readonly trigger: BindingInfo & { readonly name: string };
  readonly retry: RetryOptions | undefined;
  readonly callback: FunctionCallback;
};

const HOOK_NAMES: readonly HookName[] = ['appStart', 'appTerminate', 'preInvocation', 'postInvocation', 'log'];

/** The functions and hooks of one host. */
export class FunctionApp implements LoadingApp {
  readonly registrations: Registration[] = [];
  readonly onLog: (entry: LogEntry) => void;
  /** Shared by the app-level hooks, as in Microsoft's worker. */
  readonly appHookData: Record<string, unknown> = {};
  readonly #hooks = new Map<HookName, HookCallback[]>();
  #loadingFile: string | undefined;

  constructor(onLog: (entry: LogEntry) => void) {
    this.onLog = onLog;
  }

  async load(files: readonly URL[]): Promise<void> {
    await oneAtATime(async () => {
      for (const file of files) {
        await this.#loadFile(file);
      }
    });
  }

  registerFunction(metadata: FunctionMetadata, callback: FunctionCallback): void {
    const file = this.#loadingFile;
    if (file === undefined) {
      throw new Error(`Function '${metadata.name}': a function can only be registered while the app starts`);
    }
    const other = this.registrations.find(({ name }) => name.toLowerCase() === metadata.name.toLowerCase());
    if (other !== undefined) {
      throw new Error(
        `Function '${metadata.name}' in ${file}: the name is already taken by a function in ${other.file}`,
      );
    }
    this.registrations.push(toRegistration(metadata, callback, file));
  }

  registerHook(name: string, callback: HookCallback): () => void {
    const known = HOOK_NAMES.find((candidate) => candidate === name);
    if (known === undefined) {
      throw new RangeError(`Unrecognized hook "${name}"`);
    }
    const callbacks = this.#hooks.get(known) ?? [];
    this.#hooks.set(known, [...callbacks, callback]);
    return () => {
      this.#hooks.set(
        known,
        (this.#hooks.get(known) ?? []).filter((candidate) => candidate !== callback),
      );
    };
  }

  systemLog(level: string, message: string): void {
    this.onLog({ level, message, args: [] });
  }

  async runHooks(name: Exclude<HookName, 'log'>, context: unknown): Promise<void> {
    for (const callback of this.#hooks.get(name) ?? []) {
      await callback(context);
    }
  }

  /** Log hooks are synchronous and may change level and message of a line the function wrote. */
  runLogHooks(context: unknown): void {
    for (const callback of this.#hooks.get('log') ?? []) {
      callback(context);
    }
  }

  async #loadFile(url: URL): Promise<void> {
    const file = fileURLToPath(url);
    this.#loadingFile = file;
    enterApp(this);
    try {
      await import(freshUrl(url).href);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`The function file ${file} cannot be loaded: ${reason}`, { cause });
    } finally {
      this.#loadingFile = undefined;
    }
  }
}

let lastLoad: Promise<unknown> = Promise.resolve();

/** The library knows one app at a time, so the apps of a process are loaded one after the other. */
async function oneAtATime(load: () => Promise<void>): Promise<void> {
  const mine = lastLoad.then(load);
  lastLoad = mine.catch(() => undefined);
  await mine;
}

let loadedFileCount = 0;

/**
 * Importing a file a second time would run nothing, because modules are evaluated once per process. A query makes it
 * a new module, so that a host started again in the same process registers its functions again. What the file itself
 * imports is shared; a host that must start from nothing needs a process of its own.
 */
function freshUrl(url: URL): URL {
  loadedFileCount += 1;
  const fresh = new URL(url);
  fresh.searchParams.set('functions-host', String(loadedFileCount));
  return fresh;
}

function toRegistration(metadata: FunctionMetadata, callback: FunctionCallback, file: string): Registration {
  const where = `Function '${metadata.name}' in ${file}`;
  const [triggers, others] = partitionBindings(metadata);
  const [trigger, ...furtherTriggers] = triggers;
  if (trigger === undefined || furtherTriggers.length > 0) {
    throw new Error(`${where}: a function has exactly one trigger, this one has ${triggers.length}`);
  }
  const [extra] = others.filter(({ type, name }) => !(type === 'http' && name === '$return'));
  if (extra !== undefined) {
    throw new Error(`${where}: the additional ${extra.direction} binding '${extra.type}' is not supported locally`);
  }
  return { name: metadata.name, file, metadata, trigger, retry: metadata.retryOptions, callback };
}

type NamedBinding = BindingInfo & { readonly name: string };

function partitionBindings(metadata: FunctionMetadata): [NamedBinding[], NamedBinding[]] {
  const bindings = Object.entries(metadata.bindings).map(([name, binding]) => ({ ...binding, name }));
  const isTrigger = ({ type }: NamedBinding): boolean => /trigger$/i.test(type);
  return [bindings.filter(isTrigger), bindings.filter((binding) => !isTrigger(binding))];
}

/** How every complaint about a function begins. */
export function describeFunction(registration: Pick<Registration, 'name' | 'file'>): string {
  return `Function '${registration.name}' in ${registration.file}`;
}
