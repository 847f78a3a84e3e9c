import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { cultureNames } from '../../shared/domain/culture-names.ts';
import { fileKinds } from '../../shared/domain/file-kinds.ts';
import { type MonthFile, monthFiles } from './month-files.ts';

/* After a change that is meant: remove the old ones, run this once with WRITE_GOLDEN=1, and read the difference. */

const golden = new URL('../golden/months/', import.meta.url);

let files: readonly MonthFile[];
beforeAll(async () => {
  files = await monthFiles();
  if (process.env['WRITE_GOLDEN'] !== '1') return;
  mkdirSync(golden, { recursive: true });
  for (const { name, bytes } of files) writeFileSync(new URL(name, golden), bytes);
}, 60_000);

describe('the files of a generated month', () => {
  it.each(cultureNames)('for %s are, byte for byte, the golden ones', (culture) => {
    const own = files.filter((file) => file.culture === culture);
    expect(own).toHaveLength(1);
    for (const { name, bytes, rows } of own) {
      expect(rows.length).toBeGreaterThan(2);
      expect(bytes.toString('latin1'), name).toBe(readFileSync(new URL(name, golden)).toString('latin1'));
    }
  });

  it('are all that is there, and have every kind', () => {
    expect(readdirSync(golden).toSorted()).toEqual(files.map(({ name }) => name).toSorted());
    for (const kind of fileKinds) expect(files.some(({ name }) => name.includes(`.${kind}-`))).toBe(true);
  });
});
