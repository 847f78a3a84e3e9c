import Module from 'node:module';
import type { FunctionCallback, FunctionMetadata, HookCallback, ProgrammingModel } from './core-api.ts';

/**
 * Supplies the module `@azure/functions-core` to the library, which asks for it with `require`; Microsoft's worker
 * answers in the same way. The library keeps the first answer for the life of the process, so the module stays the
 * same and forwards to whichever app is being loaded.
 */
const CORE_MODULE_NAME = '@azure/functions-core';
/** The library refuses log hooks and HTTP streams below 4.34. */
const HOST_VERSION = '4.1000.0';

export interface LoadingApp {
  registerFunction(metadata: FunctionMetadata, callback: FunctionCallback): void;
  /** Returns what unregisters the hook again. */
  registerHook(name: string, callback: HookCallback): () => void;
  systemLog(level: string, message: string): void;
}

let isInstalled = false;
let currentApp: LoadingApp | undefined;
let programmingModel: ProgrammingModel | undefined;

/** From now on, registrations and the library's own log lines go to `app`. */
export function enterApp(app: LoadingApp): void {
  if (!isInstalled) {
    install();
    isInstalled = true;
  }
  currentApp = app;
}

/** The library sets its model when the first function of the process is registered. */
export function currentProgrammingModel(): ProgrammingModel {
  if (programmingModel === undefined) {
    throw new Error('No function has been registered through @azure/functions, so there is no programming model');
  }
  return programmingModel;
}

function loadingApp(): LoadingApp {
  if (currentApp === undefined) {
    throw new Error(`${CORE_MODULE_NAME} was used although no function app is being loaded`);
  }
  return currentApp;
}

class Disposable {
  readonly #callOnDispose: () => void;

  constructor(callOnDispose: () => void) {
    this.#callOnDispose = callOnDispose;
  }

  dispose(): void {
    this.#callOnDispose();
  }
}

const coreModule = {
  version: HOST_VERSION,
  hostVersion: HOST_VERSION,
  registerHook: (name: string, callback: HookCallback) => new Disposable(loadingApp().registerHook(name, callback)),
  setProgrammingModel: (model: ProgrammingModel) => {
    programmingModel = model;
  },
  getProgrammingModel: () => programmingModel,
  registerFunction: (metadata: FunctionMetadata, callback: FunctionCallback) => {
    loadingApp().registerFunction(metadata, callback);
    return new Disposable(() => {
      throw new Error(`Function '${metadata.name}': unregistering a function is not supported by the local host`);
    });
  },
  log: (level: string, _category: string, message: string) => currentApp?.systemLog(level, message),
  Disposable,
};

function install(): void {
  const original = Module.prototype.require;
  Module.prototype.require = Object.assign(function requireWithCore(this: NodeJS.Module, id: string): unknown {
    return id === CORE_MODULE_NAME ? coreModule : original.call(this, id);
  }, original);
}
