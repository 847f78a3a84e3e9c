import type { HttpRequestParams, InvocationContext } from '@azure/functions';

/**
 * The part of Microsoft's module `@azure/functions-core` that the library `@azure/functions` works with. That module
 * exists only inside the worker of a Functions host and has no npm package, so its shapes are written down here.
 * Source: the library's own sources (`ProgrammingModel`, `InvocationModel`, `app`), version 4.16.5.
 */

/** One value as the host hands it to a worker. A `string` that is JSON reaches the function parsed. */
export type RpcTypedData =
  | { readonly string: string }
  | { readonly json: string }
  | { readonly bytes: Uint8Array }
  | { readonly http: { readonly nativeRequest: Request; readonly params: HttpRequestParams } };

export type BindingInfo = {
  readonly [property: string]: unknown;
  readonly type: string;
  readonly direction: string;
  readonly name?: string;
};

type Duration = { readonly seconds?: number };

export type RetryOptions = {
  readonly maxRetryCount?: number;
  readonly retryStrategy?: 'fixedDelay' | 'exponentialBackoff';
  readonly delayInterval?: Duration;
  readonly minimumInterval?: Duration;
  readonly maximumInterval?: Duration;
};

export type FunctionMetadata = {
  readonly name: string;
  readonly bindings: Readonly<Record<string, BindingInfo>>;
  readonly retryOptions?: RetryOptions;
};

export type FunctionCallback = (...inputs: unknown[]) => unknown;

export type RetryContext = {
  readonly retryCount: number;
  readonly maxRetryCount: number;
  readonly exception?: { readonly message: string; readonly source: string; readonly stackTrace: string };
};

export type InvocationRequest = {
  readonly inputData: readonly { readonly name: string; readonly data: RpcTypedData }[];
  readonly triggerMetadata?: Readonly<Record<string, RpcTypedData>>;
  readonly retryContext?: RetryContext;
  readonly traceContext: { readonly traceParent: string; readonly traceState: string; readonly attributes: object };
};

export type LogCategory = 'user' | 'system' | 'customMetric';

/** What the host offers the library for one invocation. */
export type CoreInvocationContext = {
  readonly invocationId: string;
  readonly request: InvocationRequest & { readonly invocationId: string };
  readonly metadata: FunctionMetadata;
  state: 'preInvocationHooks' | 'postInvocationHooks' | 'invocation' | undefined;
  log(level: string, category: LogCategory, message: string): void;
};

/** What the library does for one invocation, in this order of methods. */
interface InvocationModel {
  getArguments(): Promise<{ readonly context: InvocationContext; readonly inputs: unknown[] }>;
  invokeFunction(context: InvocationContext, inputs: unknown[], handler: FunctionCallback): Promise<unknown>;
  getResponse(context: InvocationContext, result: unknown): Promise<unknown>;
}

export interface ProgrammingModel {
  readonly name: string;
  readonly version: string;
  getInvocationModel(context: CoreInvocationContext): InvocationModel;
}

export type HookName = 'appStart' | 'appTerminate' | 'preInvocation' | 'postInvocation' | 'log';
export type HookCallback = (context: unknown) => unknown;
