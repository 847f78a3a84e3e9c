import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { MonthSummary } from '../../infra/local/month-summary.ts';

/** `npm start` as a process of its own, as a user has it, with what it prints. */
export type StackProcess = {
  readonly lines: readonly string[];
  /** Resolves with the summary and the address of the API when the month is settled; rejects when the process ends before. */
  settled(): Promise<{ readonly summary: MonthSummary; readonly apiUrl: string }>;
  /** Kills the process, and so all that belongs to it, at the n-th progress line; false when the month was settled before. */
  killAtLine(count: number): Promise<boolean>;
  /** As ctrl-c does. @returns the exit code */
  stop(): Promise<number | null>;
};

/** The local stack with a sample month that is settled. */
export type StartedMonth = {
  readonly apiUrl: string;
  readonly summary: MonthSummary;
  /** What the generator wrote. */
  readonly sampleFolder: string;
};

const script = fileURLToPath(new URL('../../infra/local/start.ts', import.meta.url));

export function startStackProcess(args: readonly string[]): StackProcess {
  const child = spawn(process.execPath, ['--no-warnings', script, '--json', '--port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const waiters = new Set<() => void>();
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line);
    for (const wake of waiters) wake();
  });
  const summary = firstLine(child);
  /** Resolves when `ready` holds, looked at after each line that is printed, or when the process has ended. */
  const until = (ready: () => boolean) =>
    new Promise<void>((resolve) => {
      const wake = () => {
        if (!ready()) return;
        waiters.delete(wake);
        resolve();
      };
      waiters.add(wake);
      wake();
      void exited.then(() => resolve());
    });
  const addressOf = () =>
    lines.map((line) => /^\s+invoices\s+(http\S+)\/invoices\?/.exec(line)?.[1]).find((url) => url !== undefined);
  return {
    lines,
    settled: async () => {
      await until(() => addressOf() !== undefined);
      const apiUrl = addressOf();
      if (apiUrl === undefined) throw new Error(`The stack ended before the month was settled:\n${lines.join('\n')}`);
      return { summary: JSON.parse(await summary) as MonthSummary, apiUrl };
    },
    killAtLine: async (count) => {
      await until(() => lines.length >= count || addressOf() !== undefined);
      child.kill('SIGKILL');
      await exited;
      return addressOf() === undefined;
    },
    stop: async () => {
      child.kill('SIGINT');
      const [code] = await exited;
      return code;
    },
  };
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    if (child.stdout !== null) createInterface({ input: child.stdout }).once('line', resolve);
  });
}
