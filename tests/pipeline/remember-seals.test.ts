import { describe, expect, it } from 'vitest';
import { rememberSeals } from '../../shared/pipeline/remember-seals.ts';
import { createWorld } from '../support/world.ts';

describe('a seal', () => {
  it('is read once, and one that is not there yet is asked for again', async () => {
    const world = createWorld();
    const { datasets } = world.ports;
    let reads = 0;
    const counted = {
      ...datasets,
      readSeal: async (datasetId: string) => {
        reads += 1;
        return datasets.readSeal(datasetId);
      },
    };
    const remembered = rememberSeals(counted);
    expect(await remembered.readSeal('none')).toBeUndefined();
    expect(await remembered.readSeal('none')).toBeUndefined();
    expect(reads).toBe(2);
    await world.startTimer();
    await world.untilQuiet();
    const sealed = (await datasets.list()).find(({ state }) => state === 'sealed')?.datasetId ?? '';
    const first = await remembered.readSeal(sealed);
    expect(first?.datasetId).toBe(sealed);
    expect(await remembered.readSeal(sealed)).toBe(first);
    expect(reads).toBe(3);
    const small = rememberSeals(counted, 0);
    await small.readSeal(sealed);
    await small.readSeal(sealed);
    expect(reads).toBe(5);
  });
});
