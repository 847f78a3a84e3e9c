import { beforeAll, describe, expect, it } from 'vitest';
import { lineExplanation } from '../../shared/contracts/files.ts';
import { putRecord } from '../../shared/pipeline/edit-catalogue.ts';
import { type ExplainLineRequest, explainLine } from '../../shared/pipeline/explain-line.ts';
import { type FileRequest, requestFile } from '../../shared/pipeline/request-file.ts';
import { rule } from '../domain/sold-lines.ts';
import { customerId, invoiceId } from '../support/tiny-month.ts';
import { createWorld, type World } from '../support/world.ts';

const principalId = 'tenant/person';

let world: World;
beforeAll(async () => {
  world = createWorld({ costExportFiles: [] });
  await world.startTimer();
  await world.untilQuiet();
  const record = rule('ten', { value: '0.1' });
  expect(await putRecord(world.ports, 'margins', { record, etag: undefined, principalId })).toMatchObject({
    kind: 'done',
  });
});

async function fileOf(kind: FileRequest['kind'], whose: object = { audience: 'csp' }): Promise<string> {
  const legacy = kind === 'license' || kind === 'usage';
  const wanted = { invoiceId: legacy ? 'D000000001' : invoiceId, kind, format: 'csv', culture: 'invariant', ...whose };
  const outcome = await requestFile(world.ports, wanted as FileRequest);
  if (outcome.kind === 'refused') throw new Error(outcome.message);
  await world.untilQuiet();
  return outcome.record.fileId;
}

const explain = (asked: Partial<ExplainLineRequest> & { readonly fileId: string }) =>
  explainLine(world.ports, { lineId: '0-1', audience: 'csp', ...asked });

const step = {
  ...{ seller: 'csp', buyer: 'customer', guards: [], unchecked: [] },
  rule: { id: 'ten', level: 'default', kind: 'markup', value: '0.1', guards: [] },
};

describe('explainLine', () => {
  it.each([
    ['onetime', '0-2', 'Part 0, line 2', { cost: '0.1', price: '0.11', subtotal: '-1.65' }],
    ['license', '0-1', 'Part 0, line 1', { cost: '10', price: '11', subtotal: '22' }],
    ['usage', '0-1', 'Part 0, line 1', { cost: '0', price: '0', subtotal: '0.14' }],
    ['dailyratedusage', '1-2', 'Part 1, line 2', { cost: '5', price: '5.5', subtotal: '4.654114663' }],
  ] as const)('tells of a line of %s its cost, rule, price and amounts', async (kind, lineId, place, of) => {
    const outcome = await explain({ fileId: await fileOf(kind), lineId });
    if (outcome.kind === 'refused') throw new Error(outcome.message);
    const { explanation } = outcome;
    expect(lineExplanation.parse(explanation)).toEqual(explanation);
    const { cost, price, subtotal } = of;
    expect(explanation).toMatchObject({
      ...{ place, customerId, currency: 'EUR', outcome: 'priced' },
      steps: [{ ...step, cost, price, amounts: { subtotal } }],
    });
  });

  it('tells the same of a row of usage whose subscription is known, from its rows alone', async () => {
    const fileId = await fileOf('dailyratedusage');
    const whole = await explain({ fileId, lineId: '0-3' });
    expect(whole).toMatchObject({ kind: 'explained' });
    if (whole.kind === 'refused') return;
    const opened: string[] = [];
    const { archive } = world.ports;
    const open = (name: string) => {
      opened.push(name);
      return archive.open(name);
    };
    const watched = { ...archive, open };
    const ports = { ...world.ports, archive: watched };
    const { subscriptionId } = whole.explanation;
    const asked = { fileId, lineId: '0-3', audience: 'csp' } as const;
    expect(await explainLine(ports, { ...asked, subscriptionId: subscriptionId.toUpperCase() })).toEqual(whole);
    expect(opened).toEqual([]);
    expect(await explainLine(ports, { ...asked, subscriptionId: 'another' })).toMatchObject({ code: 'notFound' });
    expect(await explainLine(ports, asked)).toEqual(whole);
    expect(opened).toHaveLength(1);
  });

  it('tells of a daily row of legacy usage that it costs nothing', async () => {
    expect(await explain({ fileId: await fileOf('usage'), lineId: '1-1' })).toMatchObject({
      kind: 'explained',
      explanation: { outcome: 'withoutMoney' },
    });
  });

  it('goes by the catalogue that the file was made from', async () => {
    const fileId = await fileOf('onetime');
    const before = await explain({ fileId });
    const present = await world.ports.catalogue.get('margins', 'ten');
    const record = rule('ten', { value: '0.2' });
    expect(await putRecord(world.ports, 'margins', { record, etag: present?.etag, principalId })).toMatchObject({
      kind: 'done',
    });
    expect(await explain({ fileId })).toEqual(before);
    expect(await explain({ fileId: await fileOf('onetime') })).not.toEqual(before);
    const changed = await world.ports.catalogue.get('margins', 'ten');
    await putRecord(world.ports, 'margins', {
      record: rule('ten', { value: '0.1' }),
      etag: changed?.etag,
      principalId,
    });
  });

  it('tells why a line has no price, of a file that failed', async () => {
    const seats = rule('seats', { kind: 'erpMinusDiscount', productType: 'license' });
    await putRecord(world.ports, 'margins', { record: seats, etag: undefined, principalId });
    const fileId = await fileOf('license');
    const record = await world.ports.files.get(fileId);
    expect(record).toMatchObject({ state: 'failed', reason: expect.stringMatching(/^Part 0, line 1: /) });
    const outcome = await explain({ fileId });
    expect(outcome).toMatchObject({
      kind: 'explained',
      explanation: { outcome: 'refused', refusal: { code: 'noListPrice', ruleId: 'seats' } },
    });
    if (outcome.kind === 'explained') lineExplanation.parse(outcome.explanation);
    const present = await world.ports.catalogue.get('margins', 'seats');
    await world.ports.catalogue.remove('margins', 'seats', { etag: present?.etag ?? '' });
  });

  it.each(['', '0-99', '7-1', '0', '0-1-1', 'Part 0, line 1', '-1-1', '99999999999999999999-1'])(
    'finds no line %j',
    async (lineId) => {
      expect(await explain({ fileId: await fileOf('onetime'), lineId })).toMatchObject({
        kind: 'refused',
        code: 'notFound',
      });
    },
  );

  it('finds no file, none of the CSP for a reseller, and tells a customer nothing', async () => {
    expect(await explain({ fileId: 'nothing' })).toMatchObject({ code: 'notFound' });
    const fileId = await fileOf('onetime');
    expect(await explain({ fileId, audience: 'reseller' })).toMatchObject({ code: 'notFound' });
    const own = await fileOf('onetime', { audience: 'customer', customerId });
    expect(await explain({ fileId: own, audience: 'customer' })).toMatchObject({ code: 'notForAudience' });
    expect(await explain({ fileId: own })).toMatchObject({ kind: 'explained' });
  });
});
