import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { catalogueRecords } from '../../shared/contracts/catalogue.ts';
import { fileRequestBody } from '../../shared/contracts/http.ts';
import type { MarginRule } from '../../shared/domain/catalogue.ts';
import { importFiles, putRecord } from '../../shared/pipeline/edit-catalogue.ts';
import { type FileRequest, requestFile } from '../../shared/pipeline/request-file.ts';
import { rule } from '../domain/sold-lines.ts';
import { customerId, invoiceId, tenantId } from '../support/tiny-month.ts';
import { bytesOf, createWorld, tinySource, type World } from '../support/world.ts';

/* What a person can ask wrongly of files and catalogue: a clear answer each, and nothing half-made. */

const legacyId = 'D000000001';
const principalId = 'tenant/person';

let world: World;
beforeEach(async () => {
  world = createWorld({ costExportFiles: [] });
  await world.startTimer();
  await world.untilQuiet();
});

const made = { format: 'csv', culture: 'invariant' } as const;

describe('the body of a request for a file', () => {
  it.each([
    ['no audience', {}, 'audience'],
    ['an unknown audience', { audience: 'auditor' }, 'audience'],
    ['an unknown culture', { audience: 'csp', culture: 'xx-XX' }, 'culture'],
    ['an unknown format', { audience: 'csp', format: 'pdf' }, 'format'],
    ['a reseller without its id', { audience: 'reseller' }, 'resellerMpnId'],
    ['a reseller of no such id', { audience: 'reseller', resellerMpnId: '-1' }, 'resellerMpnId'],
    ['a customer without its tenant', { audience: 'customer' }, 'customerId'],
    ['a customer of no such tenant', { audience: 'customer', customerId: 'contoso' }, 'customerId'],
    ['a customer through no such reseller', { audience: 'customer', customerId, resellerMpnId: 'x' }, 'resellerMpnId'],
    ['the scope of another audience', { audience: 'csp', customerId }, 'customerId'],
    ['a word that nobody knows', { audience: 'csp', colour: 'red' }, 'colour'],
  ])('is refused with %s, which is named', (_, body, named) => {
    const read = fileRequestBody.safeParse(body);
    expect(read.success).toBe(false);
    expect(read.error === undefined ? '' : z.prettifyError(read.error)).toContain(named);
  });
});

type Whose =
  | { readonly audience: 'csp' }
  | { readonly audience: 'reseller'; readonly resellerMpnId: string }
  | { readonly audience: 'customer'; readonly customerId: string; readonly resellerMpnId?: string };

describe('a request for a file', () => {
  const customer: Whose = { audience: 'customer', customerId };
  const stranger = 'ffffffff-0000-4000-8000-000000000000';

  it.each<readonly [string, FileRequest['kind'], string, Whose, string, string]>([
    ['usage for a customer', 'usage', legacyId, customer, 'notForAudience', 'Customers get no usage file'],
    [
      'daily usage for a customer',
      'dailyratedusage',
      invoiceId,
      customer,
      'notForAudience',
      'expected onetime or license',
    ],
    ['an unknown invoice', 'onetime', 'G999', { audience: 'csp' }, 'notFound', 'invoice G999'],
    ['a kind that the invoice has not', 'license', invoiceId, { audience: 'csp' }, 'notFound', 'no license lines'],
    ['an unknown customer', 'onetime', invoiceId, { audience: 'customer', customerId: stranger }, 'notFound', stranger],
    [
      'an unknown reseller',
      'onetime',
      invoiceId,
      { audience: 'reseller', resellerMpnId: '9' },
      'notFound',
      'reseller 9',
    ],
    [
      'a reseller of none',
      'onetime',
      invoiceId,
      { audience: 'reseller', resellerMpnId: '0' },
      'notFound',
      'reseller 0',
    ],
    ['a stranger’s reseller', 'onetime', invoiceId, { ...customer, resellerMpnId: '9' }, 'notFound', 'reseller 9'],
  ])('of %s is refused, and no job is there', async (_, kind, id, whose, code, words) => {
    const before = world.dump();
    const outcome = await requestFile(world.ports, { ...made, ...whose, invoiceId: id, kind });
    expect(outcome).toMatchObject({ kind: 'refused', code, message: expect.stringContaining(words) });
    await world.untilQuiet();
    expect(world.dump()).toBe(before);
  });
});

describe('a margin below cost', () => {
  const low: MarginRule = rule('low', { value: '-0.1' });

  it('is refused when it is entered, where it can be told', async () => {
    expect(catalogueRecords.margins.safeParse({ version: 1, ...low }).error?.issues).toMatchObject([
      { path: ['guards'], message: expect.stringContaining('below cost') },
    ]);
    const before = world.dump();
    expect(await putRecord(world.ports, 'margins', { record: low, etag: undefined, principalId })).toMatchObject({
      kind: 'refused',
      faults: [{ code: 'badMargin', id: 'low', column: 'guards' }],
    });
    const text =
      'id,buyer,level,kind,value,from\nfine,customer,default,markup,0.1,2020-01-01\nlow,reseller,default,markup,-0.1,2020-01-01\n';
    const imported = await importFiles(world.ports, [{ kind: 'margins', name: 'm.csv', text }], {
      isDryRun: false,
      principalId,
    });
    expect(imported.problems).toMatchObject([{ file: 'm.csv', line: 3, column: 'guards', code: 'badMargin' }]);
    expect(world.dump()).toBe(before);
  });

  it.each([
    [{ kind: 'erpMinusDiscount', value: '0.2' }, 'failed'],
    [{ kind: 'erpMinusDiscount', value: '0.2', guards: ['discountLimit'] }, 'available'],
    [{ kind: 'erpMinusDiscount', value: '0.2', guards: ['belowCostAllowed'] }, 'available'],
  ] as const)(
    'fails the file by line and rule where only a line can tell, and goes with a word: %j',
    async (margin, state) => {
      await putRecord(world.ports, 'margins', { record: rule('offer', margin), etag: undefined, principalId });
      const outcome = await requestFile(world.ports, { ...made, audience: 'csp', invoiceId, kind: 'onetime' });
      if (outcome.kind === 'refused') throw new Error(outcome.message);
      await world.untilQuiet();
      const record = await world.ports.files.get(outcome.record.fileId);
      expect(record?.state).toBe(state);
      if (record === undefined || state === 'available') return;
      expect(record.reason).toBe(
        "Part 0, line 1: Margin rule 'offer' sells the line to the customer below cost; expected another margin, the guard discountLimit, or belowCostAllowed where that is meant",
      );
      expect(await world.ports.files.openContent(record)).toBeUndefined();
    },
  );
});

describe('a subscription without a customer', () => {
  it.each([
    ['an empty one', 's1,', 'missingValue', 'customerId'],
    ['one that nobody knows', 's1,nobody', 'unknownCustomer', "customer 'nobody'"],
  ])('is refused in an import with %s, and nothing is written', async (_, line, code, words) => {
    const before = world.dump();
    const files = [{ kind: 'subscriptions', name: 's.csv', text: `id,customerId\n${line}\n` }] as const;
    const { problems } = await importFiles(world.ports, files, { isDryRun: false, principalId });
    expect(problems).toMatchObject([{ file: 's.csv', line: 2, code, message: expect.stringContaining(words) }]);
    expect(world.dump()).toBe(before);
  });

  it('does not come into the catalogue by a line, and fails the file that it is in by name', async () => {
    const line = { partnerId: tenantId, subscriptionId: 'lost', resourceGuid: 'meter', consumedQuantity: 1 };
    const money = { pretaxCharges: 1, taxAmount: 0, postTaxTotal: 1, currency: 'EUR' };
    const text = `${JSON.stringify({ ...line, ...money })}\n`;
    world = createWorld({
      costExportFiles: [],
      source: {
        openPart: async (request) =>
          request.manifest.manifestUrl.includes('-usage') && request.part === 0
            ? { kind: 'open', bytes: bytesOf(Buffer.from(text)) }
            : tinySource().openPart(request),
      },
    });
    await world.startTimer();
    await world.untilQuiet();
    const { catalogue } = await world.ports.catalogue.read();
    expect(catalogue.subscriptions.map(({ id }) => id)).not.toContain('lost');
    const outcome = await requestFile(world.ports, { ...made, audience: 'csp', invoiceId: legacyId, kind: 'usage' });
    if (outcome.kind === 'refused') throw new Error(outcome.message);
    await world.untilQuiet();
    const record = await world.ports.files.get(outcome.record.fileId);
    expect(record).toMatchObject({
      state: 'failed',
      reason: 'Part 0, line 1: The line names no customer; expected the tenant that it is billed for',
    });
  });
});
