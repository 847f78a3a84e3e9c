import { randomBytes, randomUUID } from 'node:crypto';
import type { InvocationContext } from '@azure/functions';
import type {
  CoreInvocationContext,
  FunctionMetadata,
  InvocationRequest,
  LogCategory,
  RetryContext,
  RpcTypedData,
} from './core-api.ts';
import { currentProgrammingModel } from './core-module.ts';
import type { FunctionApp, Registration } from './function-app.ts';

/** What a trigger gives the function: the trigger's value, and what else is known of the event. */
export type TriggerEvent = {
  readonly reason: string;
  readonly data: RpcTypedData;
  readonly metadata?: Readonly<Record<string, RpcTypedData>>;
  readonly retryContext?: RetryContext;
  readonly traceParent?: string;
};

/**
 * Runs a function once, through the library's own invocation model and the hooks, in the order of Microsoft's worker:
 * arguments, pre-invocation hooks, the function, post-invocation hooks, response.
 * @returns what the function (or a hook) returned
 * @throws what the function (or a hook) threw
 */
export async function invoke(app: FunctionApp, registration: Registration, event: TriggerEvent): Promise<unknown> {
  const invocationId = randomUUID();
  const { name } = registration;
  const log = (level: string, message: string, ...args: readonly unknown[]): void =>
    app.onLog({ level, functionName: name, invocationId, message, args });
  log('information', `Executing 'Functions.${name}' (Reason='${event.reason}', Id=${invocationId})`);
  const startedAtMs = performance.now();
  const outcome = (word: string): string =>
    `Executed 'Functions.${name}' (${word}, Id=${invocationId}, Duration=${Math.round(performance.now() - startedAtMs)}ms)`;
  try {
    const result = await runThroughModel(app, registration, invocationId, event);
    log('information', outcome('Succeeded'));
    return result;
  } catch (error) {
    log('error', `${outcome('Failed')}: ${error instanceof Error ? error.message : String(error)}`, error);
    throw error;
  }
}

async function runThroughModel(
  app: FunctionApp,
  registration: Registration,
  invocationId: string,
  event: TriggerEvent,
): Promise<unknown> {
  const core = new LocalInvocationContext(app, registration, invocationId, event);
  const model = currentProgrammingModel().getInvocationModel(core);
  const { context, inputs } = await model.getArguments();
  context.options.trigger.type = registration.trigger.type;
  core.watch(context);

  const hookData = {};
  const shared = { hookData, appHookData: app.appHookData, invocationContext: context };
  const before = { ...shared, inputs, functionCallback: registration.callback };
  core.state = 'preInvocationHooks';
  await app.runHooks('preInvocation', before);

  const after: { result: unknown; error: unknown } & typeof shared & { inputs: unknown[] } = {
    ...shared,
    inputs: before.inputs,
    result: null,
    error: null,
  };
  core.state = 'invocation';
  try {
    after.result = await model.invokeFunction(context, before.inputs, before.functionCallback);
  } catch (error) {
    // A function may throw undefined; it has failed all the same.
    after.error = error ?? new Error('The function threw no error object');
  }
  core.state = 'postInvocationHooks';
  await app.runHooks('postInvocation', after);
  core.state = undefined;
  if (after.error !== null && after.error !== undefined) {
    throw after.error;
  }
  if (!isHttp(registration)) {
    await model.getResponse(context, after.result);
  }
  return after.result;
}

function isHttp(registration: Registration): boolean {
  return registration.trigger.type === 'httpTrigger';
}

/**
 * The library takes a request from its own proxy when HTTP streams are switched on, and from a buffer when they are
 * off; which of the two it does depends on the trigger's type. Under another type it takes the `Request` it is given,
 * whose body is a stream in both cases. The function sees the real type again.
 */
function metadataForModel(registration: Registration): FunctionMetadata {
  const { metadata, trigger } = registration;
  if (!isHttp(registration)) {
    return metadata;
  }
  return { ...metadata, bindings: { [trigger.name]: { ...trigger, type: 'directHttpTrigger' } } };
}

const USER_LOG_METHODS = ['log', 'trace', 'debug', 'info', 'warn', 'error'] as const;

class LocalInvocationContext implements CoreInvocationContext {
  readonly invocationId: string;
  readonly request: InvocationRequest & { readonly invocationId: string };
  readonly metadata: FunctionMetadata;
  state: CoreInvocationContext['state'];
  readonly #app: FunctionApp;
  readonly #functionName: string;
  #invocationContext: InvocationContext | undefined;
  #args: readonly unknown[] = [];

  constructor(app: FunctionApp, registration: Registration, invocationId: string, event: TriggerEvent) {
    this.#app = app;
    this.#functionName = registration.name;
    this.invocationId = invocationId;
    this.metadata = metadataForModel(registration);
    this.request = {
      invocationId,
      inputData: [{ name: registration.trigger.name, data: event.data }],
      ...(event.metadata === undefined ? {} : { triggerMetadata: event.metadata }),
      ...(event.retryContext === undefined ? {} : { retryContext: event.retryContext }),
      traceContext: { traceParent: event.traceParent ?? newTraceParent(), traceState: '', attributes: {} },
    };
  }

  /** The library passes on the formatted text only; whoever reads the log locally also wants the fields. */
  watch(context: InvocationContext): void {
    this.#invocationContext = context;
    for (const method of USER_LOG_METHODS) {
      const original = context[method].bind(context);
      context[method] = (...args: unknown[]): void => {
        this.#args = args;
        try {
          original(...args);
        } finally {
          this.#args = [];
        }
      };
    }
  }

  log(level: string, category: LogCategory, message: string): void {
    const args = this.#args;
    const line = { level, message, category, invocationContext: this.#invocationContext };
    this.#app.runLogHooks(line);
    const { level: finalLevel, message: finalMessage } = category === 'user' ? line : { level, message };
    this.#app.onLog({
      level: finalLevel,
      functionName: this.#functionName,
      invocationId: this.invocationId,
      message: finalMessage,
      args,
    });
  }
}

function newTraceParent(): string {
  return `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
}

/** The values every trigger but HTTP and timer carries under `sys`. */
export function systemMetadata(functionName: string): RpcTypedData {
  const sys = { MethodName: functionName, UtcNow: new Date().toISOString(), RandGuid: randomUUID() };
  return { json: JSON.stringify(sys) };
}
