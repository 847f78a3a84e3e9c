import { describe, expect, it } from 'vitest';
import { tinyCostExport } from '../support/tiny-month.ts';
import { listMeters, listReconciliations } from '../support/whole-lists.ts';
import { createWorld, type World } from '../support/world.ts';

const subscriptionId = 'aaaaaaaa-0000-4000-8000-00000000000a';

/** The export without the second of two days of one meter, and with a row of another meter twice. */
const edited = tinyCostExport({
  edit: (text) => {
    const lines = text.trimEnd().split('\r\n');
    const kept = lines.filter((line) => !(line.includes(',10/02/2026,') && line.includes('1.0577533325')));
    const nine = kept.find((line) => line.includes('15.231647988'));
    return `${[...kept, ...(nine === undefined ? [] : [nine])].join('\r\n')}\r\n`;
  },
  promise: (manifest) => ({
    ...manifest,
    byteCount: undefined,
    dataRowCount: undefined,
    blobs: manifest.blobs.map(({ blobName, byteCount }) => ({ blobName, byteCount })),
  }),
});

async function causes(world: World): Promise<readonly unknown[]> {
  const [item] = await listReconciliations(world.ports.runs, { comparedWith: 'costexport', subscriptionId });
  const meters = (await listMeters(world.ports, item?.runId ?? '', subscriptionId)) ?? [];
  return meters.map((line) => ({ variance: line.variance.cost, causes: line.causes, needsRows: line.needsRows }));
}

describe('causes that only rows can tell', () => {
  it('are read from the rows of both sides: missing days and rows delivered twice', async () => {
    const world = createWorld({ costExportFiles: edited.files });
    await world.startTimer();
    await world.untilQuiet();
    expect(await causes(world)).toEqual([
      { variance: '1.0577533325', causes: [{ cause: 'missingDays', amount: '1.0577533325' }], needsRows: undefined },
      {
        variance: '-13.539242656',
        causes: [
          { cause: 'quantity', amount: '1.692405332' },
          { cause: 'duplicateRows', amount: '-15.231647988' },
        ],
        needsRows: undefined,
      },
      { variance: '0', causes: [], needsRows: undefined },
    ]);
  });

  it('stay a matter of quantity, and say so, where a part kept no rows', async () => {
    const world = createWorld({ costExportFiles: edited.files });
    world.ports.datasets.openRows = async () => undefined;
    await world.startTimer();
    await world.untilQuiet();
    expect(await causes(world)).toMatchObject([
      { variance: '1.0577533325', causes: [{ cause: 'quantity' }], needsRows: true },
      { variance: '-13.539242656', causes: [{ cause: 'quantity' }], needsRows: true },
      { variance: '0', causes: [] },
    ]);
  });
});
