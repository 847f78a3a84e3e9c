/**
 * What can go wrong at one call of the outside world. `refused`: it throws and nothing was done. `lost`: it was done,
 * and the answer was lost. `crash`: it was done, and then the process died: nothing the step does afterwards counts.
 */
export type FaultKind = 'refused' | 'lost' | 'crash';

export class InjectedFault extends Error {
  override readonly name = 'InjectedFault';
}

/** What only reads, of drivers and of Microsoft's side. */
const reads = /\.(get|list|listAll|find|open|openRange|readText|listInvoices|readOperation|openPart)( end)?$/;

/** Counts every call of the outside world and makes one of them go wrong. */
export class Faults {
  calls = 0;
  /** Of each call, from the first, whether it only reads: then to lose its answer is to be refused. */
  readonly isRead: boolean[] = [];
  #planned: { readonly call: number; readonly kind: FaultKind } | undefined;
  #dead = false;

  readonly #turn: () => Promise<void>;

  /** `turn` is waited for before and after every call; several invocations at once take turns there. */
  constructor(
    planned?: { readonly call: number; readonly kind: FaultKind },
    turn: () => Promise<void> = async () => {},
  ) {
    this.#planned = planned;
    this.#turn = turn;
  }

  /** A new invocation begins: in a new process, should the last one have died. */
  revive(): void {
    this.#dead = false;
  }

  async call<T>(name: string, action: () => Promise<T>): Promise<T> {
    if (this.#dead) throw new InjectedFault(`dead before ${name}`);
    await this.#turn();
    this.calls += 1;
    this.isRead.push(reads.test(name));
    const fault = this.#planned?.call === this.calls ? this.#planned.kind : undefined;
    if (fault === 'refused') throw new InjectedFault(`refused ${name}`);
    const result = await action();
    await this.#turn();
    if (fault === 'crash') this.#dead = true;
    if (fault !== undefined) throw new InjectedFault(`${fault} after ${name}`);
    return result;
  }

  /** The same object, with every call of its methods counted; streams count each of their pieces. */
  wrap<T extends object>(target: T, name: string): T {
    return new Proxy(target, {
      get: (object, property, receiver) => {
        const member: unknown = Reflect.get(object, property, receiver);
        if (typeof member !== 'function') return member;
        const label = `${name}.${String(property)}`;
        return (...args: unknown[]) => {
          if (property === 'list' || property === 'listAll') return this.#stream(label, member.apply(object, args));
          return this.call(label, async () => {
            const result: unknown = await member.apply(object, args);
            return (property === 'open' || property === 'openRange') && result !== undefined
              ? this.#stream(label, result as AsyncIterable<unknown>)
              : result;
          });
        };
      },
    });
  }

  async *#stream<T>(name: string, stream: AsyncIterable<T>): AsyncGenerator<T> {
    await this.call(name, async () => {});
    for await (const item of stream) yield item;
    await this.call(`${name} end`, async () => {});
  }
}
