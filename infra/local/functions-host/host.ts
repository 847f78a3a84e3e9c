import { BlobReceiptStore } from './blob-receipts.ts';
import { BlobTrigger, blobService } from './blob-trigger.ts';
import { describeFunction, FunctionApp, type LogEntry, type Registration } from './function-app.ts';
import { type HostJson, parseHostJson } from './host-json.ts';
import { parseRoute, refuseConflicts } from './http-routes.ts';
import { HttpServer } from './http-server.ts';
import { PoisonQueue } from './poison-queue.ts';
import { ServiceBusTrigger } from './service-bus-trigger.ts';
import { applyToEnvironment, connectionString, isDisabled, type Settings } from './settings.ts';
import { TimerStatusStore } from './timer-status.ts';
import { TimerTrigger } from './timer-trigger.ts';
import type { Trigger, TriggerContext } from './trigger.ts';
import { WorkTracker } from './work-tracker.ts';

/**
 * A stand-in for the Azure Functions host: it loads the very files that run in Azure and drives them through
 * Microsoft's library, with Azure's promises: at least once, receipts, poison messages, retries, lock renewal.
 * Not a part of it: keys and sign-in of HTTP triggers, `functionTimeout`, and triggers other than the four below.
 */
export type FunctionsHostOptions = {
  /** Imported one after the other. */
  readonly functionFiles: readonly URL[];
  /** App settings: put into `process.env` before the files are loaded, and the source of `%NAME%` and connections. */
  readonly settings: Settings;
  /** The parsed host.json. */
  readonly hostJson: unknown;
  /** Absent: a free one. */
  readonly port?: number;
  readonly blobScanIntervalMs?: number;
  readonly onLog: (entry: LogEntry) => void;
};

export type FunctionsHost = {
  /** Where the HTTP functions are, without the route prefix and without a slash at the end. */
  readonly url: string;
  readonly functionNames: readonly string[];
  /** Runs a timer function now, after a run that is under way; rejects when it fails. */
  runTimer(functionName: string): Promise<void>;
  /** How many events are under way: taken up and not yet settled. */
  busyCount(): number;
  /** Stops the triggers, waits for what is under way (at most 30 seconds) and gives back all connections. */
  close(): Promise<void>;
};

const HOST_CONTAINER = 'azure-webjobs-hosts';
const DEFAULT_HOST_ID = 'localhost';
const DEFAULT_BLOB_SCAN_INTERVAL_MS = 500;
const CLOSE_TIMEOUT_MS = 30_000;

/** @throws when a file, a setting, a schedule, a route or host.json is not right; nothing is left running then */
export async function startFunctionsHost(options: FunctionsHostOptions): Promise<FunctionsHost> {
  const hostJson = parseHostJson(options.hostJson);
  const restoreEnvironment = applyToEnvironment(options.settings);
  const host = new RunningHost(options, hostJson, restoreEnvironment);
  try {
    return await host.start();
  } catch (error) {
    await host.close();
    throw error;
  }
}

class RunningHost {
  readonly #options: FunctionsHostOptions;
  readonly #hostJson: HostJson;
  readonly #restoreEnvironment: () => void;
  readonly #app: FunctionApp;
  readonly #work = new WorkTracker();
  readonly #triggers: Trigger[] = [];
  /** Those that are not switched off. */
  readonly #listening: Trigger[] = [];
  readonly #timers = new Map<string, TimerTrigger>();
  #server: HttpServer | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: FunctionsHostOptions, hostJson: HostJson, restoreEnvironment: () => void) {
    this.#options = options;
    this.#hostJson = hostJson;
    this.#restoreEnvironment = restoreEnvironment;
    this.#app = new FunctionApp(options.onLog);
  }

  async start(): Promise<FunctionsHost> {
    const { functionFiles, settings, port } = this.#options;
    await this.#app.load(functionFiles);
    const isHttp = ({ trigger }: Registration): boolean => trigger.type === 'httpTrigger';
    const routes = this.#app.registrations
      .filter((registration) => isHttp(registration) && !isDisabled(registration.name, settings))
      .map((registration) => parseRoute(registration, settings, this.#hostJson.routePrefix));
    refuseConflicts(routes);
    for (const registration of this.#app.registrations.filter((candidate) => !isHttp(candidate))) {
      this.#addTrigger(registration);
    }
    await this.#app.runHooks('appStart', { hookData: this.#app.appHookData });
    this.#server = new HttpServer({ app: this.#app, routes, work: this.#work });
    const url = await this.#server.listen(port ?? 0);
    for (const trigger of this.#listening) {
      await trigger.start();
    }
    return {
      url,
      functionNames: this.#app.registrations.map(({ name }) => name),
      runTimer: (functionName) => this.#runTimer(functionName),
      busyCount: () => this.#work.count,
      close: () => this.close(),
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#server?.stop();
    await Promise.all(this.#listening.map((trigger) => trigger.stop()));
    if (!(await this.#work.idle(CLOSE_TIMEOUT_MS))) {
      this.#app.systemLog('warning', `The host closes although ${this.#work.count} events are still under way`);
    }
    try {
      await this.#app.runHooks('appTerminate', { hookData: this.#app.appHookData });
    } finally {
      this.#server?.dispose();
      await Promise.all(this.#triggers.map((trigger) => trigger.dispose()));
      this.#restoreEnvironment();
    }
  }

  async #runTimer(functionName: string): Promise<void> {
    const timer = this.#timers.get(functionName);
    if (timer === undefined) {
      const known = [...this.#timers.keys()].join(', ') || '(none)';
      throw new Error(`There is no timer function '${functionName}'; the timer functions are: ${known}`);
    }
    await timer.runNow();
  }

  #addTrigger(registration: Registration): void {
    const { settings } = this.#options;
    const context: TriggerContext = {
      app: this.#app,
      registration,
      settings,
      hostJson: this.#hostJson,
      work: this.#work,
    };
    const trigger = this.#createTrigger(context);
    if (trigger instanceof TimerTrigger) {
      this.#timers.set(registration.name, trigger);
    } else if (registration.retry !== undefined) {
      const note = `${describeFunction(registration)}: its retry policy has no effect, as in Azure, where '${registration.trigger.type}' has retries of its own`;
      this.#app.systemLog('warning', note);
    }
    this.#triggers.push(trigger);
    if (!isDisabled(registration.name, settings)) {
      this.#listening.push(trigger);
    }
  }

  #createTrigger(context: TriggerContext): Trigger {
    const { registration } = context;
    switch (registration.trigger.type) {
      case 'timerTrigger':
        return new TimerTrigger(
          context,
          new TimerStatusStore(this.#hostContainer(registration), this.#hostId(), registration.name),
        );
      case 'blobTrigger':
        return new BlobTrigger(context, {
          receipts: new BlobReceiptStore(this.#hostContainer(registration), this.#hostId()),
          poisonQueue: new PoisonQueue(this.#hostStorage(registration)),
          scanIntervalMs: this.#options.blobScanIntervalMs ?? DEFAULT_BLOB_SCAN_INTERVAL_MS,
        });
      case 'serviceBusTrigger':
        return new ServiceBusTrigger(context);
      default:
        throw new Error(
          `${describeFunction(registration)}: the trigger type '${registration.trigger.type}' is not supported locally`,
        );
    }
  }

  #hostStorage(registration: Registration): string {
    return connectionString('AzureWebJobsStorage', this.#options.settings, describeFunction(registration));
  }

  #hostContainer(registration: Registration): ReturnType<ReturnType<typeof blobService>['getContainerClient']> {
    return blobService(this.#hostStorage(registration), describeFunction(registration)).getContainerClient(
      HOST_CONTAINER,
    );
  }

  #hostId(): string {
    return this.#options.settings['AzureFunctionsWebHost__hostid'] ?? DEFAULT_HOST_ID;
  }
}
