import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { runProgram } from '../../cli/program.ts';

const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const node = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url));

export type Outcome = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** The command as a user starts it: a process with its output, messages and exit code. */
export function startCommand(...args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(node, ['--no-warnings', main, ...args], { maxBuffer: 1e8 }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr }),
    );
  });
}

/** The same without a process of its own, which costs more than most commands do. One at a time. */
export async function runCommand(...args: readonly string[]): Promise<Outcome> {
  const before = process.exitCode;
  const stdout = caught(process.stdout);
  const stderr = caught(process.stderr);
  process.exitCode = undefined;
  try {
    await runProgram(args);
    return { code: Number(process.exitCode ?? 0), stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    stdout.release();
    stderr.release();
    process.exitCode = before;
  }
}

/** What is written to the stream, instead of it. */
function caught(stream: NodeJS.WriteStream) {
  const pieces: Buffer[] = [];
  const spy = vi.spyOn(stream, 'write').mockImplementation((piece) => {
    pieces.push(Buffer.from(piece as string));
    return true;
  });
  return { text: () => Buffer.concat(pieces).toString('utf8'), release: () => spy.mockRestore() };
}
