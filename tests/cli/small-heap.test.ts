import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

/** The most memory, in MB, that new objects and the whole heap take while a hundred thousand lists come and half of them go. */
async function heapOf(setUp: string): Promise<{ readonly newSpace: number; readonly heap: number }> {
  const script = `
    import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
    ${setUp}
    const kept = [];
    let [newSpace, heap] = [0, 0];
    for (let round = 0; round < 100; round += 1) {
      for (let item = 0; item < 10_000; item += 1) kept[(round % 2) * 10_000 + item] = [round, item, 'x', 'y', 'z'];
      const spaces = getHeapSpaceStatistics();
      newSpace = Math.max(newSpace, spaces.find(({ space_name: name }) => name === 'new_space').space_size);
      heap = Math.max(heap, getHeapStatistics().total_heap_size);
    }
    console.log(JSON.stringify({ newSpace: newSpace / 1e6, heap: heap / 1e6 }));`;
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--no-warnings',
    '--input-type=module',
    '-e',
    script,
  ]);
  return JSON.parse(stdout) as { newSpace: number; heap: number };
}

describe('the heap of the command line', () => {
  it('stays small where that of Node by itself grows', async () => {
    const module = new URL('../../cli/small-heap.ts', import.meta.url).href;
    const byItself = await heapOf('');
    const small = await heapOf(`import { keepHeapSmall } from '${module}'; keepHeapSmall();`);
    expect(byItself.newSpace).toBeGreaterThan(8);
    expect(small.newSpace).toBeLessThan(4);
    expect(small.heap).toBeLessThan(byItself.heap);
  });
});
