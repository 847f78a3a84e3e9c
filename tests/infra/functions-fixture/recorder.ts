import type { InvocationContext } from '@azure/functions';

/** One invocation of a fixture function, as the function saw it. */
type Recorded = {
  readonly functionName: string;
  readonly value: unknown;
  readonly context: InvocationContext;
};

type Behaviour = (value: unknown, context: InvocationContext) => unknown;

/**
 * Where fixture functions leave what they were called with, and where tests tell them what to do. Host and test load
 * modules in different ways, so the one recorder of the process is kept on `globalThis`.
 */
class Recorder {
  readonly #entries: Recorded[] = [];
  readonly #behaviours = new Map<string, Behaviour>();

  reset(): void {
    this.#entries.length = 0;
    this.#behaviours.clear();
  }

  /** What the function does from now on; without a behaviour it just succeeds. */
  behave(functionName: string, behaviour: Behaviour): void {
    this.#behaviours.set(functionName, behaviour);
  }

  of(functionName: string): readonly Recorded[] {
    return this.#entries.filter((entry) => entry.functionName === functionName);
  }

  run(value: unknown, context: InvocationContext): unknown {
    const { functionName } = context;
    this.#entries.push({ functionName, value, context });
    return this.#behaviours.get(functionName)?.(value, context);
  }
}

const KEY = Symbol.for('csp-reconcile.functions-fixture.recorder');
const holder = globalThis as { [KEY]?: Recorder };
holder[KEY] ??= new Recorder();

export const recorder: Recorder = holder[KEY];
