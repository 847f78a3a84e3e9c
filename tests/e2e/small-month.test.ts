import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { authorisationMatrix } from '../authorisation/matrix.ts';
import { type StackProcess, type StartedMonth, startStackProcess } from '../support/stack-process.ts';
import { issuesOverHttp } from './issues.ts';

/* One small month on one local stack, for everything that only needs one to be there. */

const scale = '0.02';

let folder: string;
let stack: StackProcess;
let month: StartedMonth;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'small-month-'));
  stack = startStackProcess(['--folder', folder, '--scale', scale]);
  month = { ...(await stack.settled()), sampleFolder: join(folder, `sample-month-${scale}`) };
}, 180_000);
afterAll(async () => {
  await stack.stop();
  await rm(folder, { recursive: true, force: true });
});

// Issues first: they are counted, and the matrix reports some of its own.
issuesOverHttp(() => month);
authorisationMatrix(() => month);
