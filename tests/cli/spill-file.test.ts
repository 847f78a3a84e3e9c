import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSpillFile } from '../../cli/spill-file.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spill-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a temporary file of the spill', () => {
  it('gives back what was written, at any offset', () => {
    const file = openSpillFile(folder);
    file.append(Buffer.from('first '));
    file.append(Buffer.from('second'));
    const into = Buffer.alloc(8);
    file.read(4, into);
    expect(into.toString()).toBe('t second'.slice(0, 8));
    file.close();
  });

  it('has no name while it is used, so that nothing is left behind', () => {
    const file = openSpillFile(folder);
    file.append(Buffer.alloc(1000));
    expect(readdirSync(folder)).toEqual([]);
    file.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('does not give more than was written', () => {
    const file = openSpillFile(folder);
    file.append(Buffer.from('few'));
    expect(() => file.read(1, Buffer.alloc(5))).toThrow('ends after 3 bytes');
    file.close();
  });
});
