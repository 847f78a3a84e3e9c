import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { causeNames } from '../../shared/domain/cause.ts';
import { type DigestBreak, type DigestTotals, noNews, type RunDigest } from '../../shared/domain/run-digest.ts';
import { teamsMessage } from '../../shared/formats/teams-card.ts';
import { workflowMessage } from '../support/adaptive-card.ts';
import { fullDigest, subscriptionId } from '../support/digests.ts';

function cardOf(digest: RunDigest) {
  const [attachment] = workflowMessage.parse(JSON.parse(teamsMessage(digest))).attachments;
  if (attachment === undefined) throw new Error('a message has one attachment');
  return attachment.content;
}

/** The lines that a reader sees. */
function linesOf(digest: RunDigest): readonly string[] {
  return cardOf(digest).body.map(({ inlines }) => inlines.map(({ text }) => text).join(''));
}

const [firstBreak, secondBreak] = fullDigest.breaks?.largest ?? [];
if (firstBreak === undefined || secondBreak === undefined) throw new Error('the digest has two breaks');

function withMeter(names: Partial<DigestBreak>): RunDigest {
  return { ...fullDigest, breaks: { ...noNews, largest: [{ ...firstBreak, ...names } as DigestBreak] } };
}

describe('the card of a digest', () => {
  it('says what the run came to', () => {
    expect(linesOf(fullDigest)).toEqual([
      'Invoice G000000001: not comparable, or not all of it',
      '2026-10, usage against the cost export',
      'The two sides are in different currencies.',
      'Variance 20.5 EUR (invoice 1200.5, other side 1180)',
      'Match rate 98.75 % of lines (790 of 800), 99.12 % of the amount',
      '18.5 EUR quantity: The two sides measured different quantities.',
      '3 EUR missingDays: One side has no rows at all for some days on which the other has.',
      '-1 EUR rounding: What is left is no more than rounding the rows can come to.',
      'Variance 0 USD (invoice 0, other side 0)',
      'Nothing comparable',
      'Breaks: 4 new, 1 worsened, 10 open in all',
      `new 12.5 EUR D2 v3/D2s v3, westeurope, subscription ${subscriptionId}`,
      'worsened -3 EUR m2, for 4 months, no subscription',
      'Run 0123456789abcdef0123456789abcdef',
    ]);
    expect(cardOf(fullDigest).actions).toEqual([
      { type: 'Action.OpenUrl', title: 'Open the run', url: fullDigest.link },
    ]);
  });

  it('tells a run that does not match', () => {
    const { gate: _, ...digest } = fullDigest;
    expect(linesOf(digest)[0]).toBe('Invoice G000000001: mismatched');
  });

  it('is short where all matches and there is nowhere to look', () => {
    const { gate: _, link: __, breaks: ___, ...rest } = fullDigest;
    const digest: RunDigest = { ...rest, isMatched: true, totals: [], comparedWith: 'invoicetotal' };
    expect(linesOf(digest)).toEqual([
      'Invoice G000000001: matched',
      '2026-10, invoice lines against the invoice total',
      'Run 0123456789abcdef0123456789abcdef',
    ]);
    expect(cardOf(digest)).not.toHaveProperty('actions');
  });

  it.each([
    ['Markdown, which text runs do not know', '[here](a) **b** _c_ # d', '[here](a) **b** _c_ # d'],
    ['an address that a client may make a link of', 'see https://evil.example/x', 'see https: //evil.example/x'],
    ['a date function', '{{DATE(2026-11-08T06:00:00Z, SHORT)}}', '{ {DATE(2026-11-08T06:00:00Z, SHORT)}}'],
    ['many braces', '{{{{{TIME(x)}}', '{ { { { {TIME(x)}}'],
    ['line ends and control characters', 'a\r\n- b\u0000\u001b[31m\u2028c', 'a - b [31m c'],
    ['characters that turn the direction', 'a\u202Eb\u2066c\u200Fd', 'a b c d'],
    ['half a character', 'a\uD800b', 'a\uFFFDb'],
    ['a name without end', 'x'.repeat(5_000), `${'x'.repeat(79)}…`],
    ['characters of two halves, cut between them', '🧾'.repeat(100), `${'🧾'.repeat(79)}…`],
  ])('shows names with %s as plain text', (_what, meterName, shown) => {
    const line = linesOf(withMeter({ meterName })).find((each) => each.includes('westeurope'));
    expect(line).toBe(`new 12.5 EUR ${shown}, westeurope, subscription ${subscriptionId}`);
  });

  it('leaves out breaks, then currencies, rather than outgrow what Teams takes', () => {
    const totals = Array.from({ length: 200 }, (_, at): DigestTotals => {
      const [first] = fullDigest.totals;
      return { ...first, currency: `C${at}` } as DigestTotals;
    });
    const largest = totals.flatMap(({ currency }) =>
      [1, 2, 3].map((): DigestBreak => ({ ...firstBreak, currency, meterName: '漢'.repeat(200) })),
    );
    const huge: RunDigest = { ...fullDigest, totals, breaks: { open: 600, new: 600, worsened: 0, largest } };
    const lines = linesOf(huge);
    expect(lines).toContain('Breaks: 600 new, 0 worsened, 600 open in all');
    expect(lines).toContain('197 more currencies are in the run.');
    const shown = lines.filter((line) => line.startsWith('new '));
    expect(shown.map((line) => line.slice(0, 11))).toEqual(
      ['C0', 'C1', 'C2'].flatMap((c) => Array(3).fill(`new 12.5 ${c}`)),
    );
    expect(Buffer.byteLength(teamsMessage(huge))).toBeLessThan(14 * 1024);
  });

  it('keeps the schema and the size whatever the names and numbers are', () => {
    const name = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.string({ unit: fc.constantFrom('{', '}', ':', '/', '[', ']', '(', '*', '_', '<', '\n', '\u202E', '\uD800') }),
    );
    const amount = fc.bigInt({ min: -(10n ** 60n), max: 10n ** 60n }).map(String);
    const totals = fc.record({
      currency: name,
      invoice: amount,
      other: amount,
      variance: amount,
      matchedLines: fc.nat(),
      comparableLines: fc.nat(),
      matchRateByCount: fc.constant('99.99'),
      largestCauses: fc.array(fc.record({ cause: fc.constantFrom(...causeNames), amount }), { maxLength: 3 }),
    });
    const oneBreak = fc.record({
      breakId: name,
      trend: fc.constantFrom('new' as const, 'worsened' as const),
      subscriptionId: name,
      meterId: name,
      meterName: name,
      region: name,
      currency: name,
      variance: amount,
      ageMonths: fc.nat(),
    });
    const breaks = fc.record({
      open: fc.nat(),
      new: fc.nat(),
      worsened: fc.nat(),
      largest: fc.array(oneBreak, { maxLength: 20 }),
    });
    const names = fc.record({ runId: name, invoiceId: name, billingCycle: name });
    fc.assert(
      fc.property(names, fc.array(totals, { maxLength: 12 }), breaks, (given, all, news) => {
        const digest: RunDigest = { ...fullDigest, ...given, totals: all, breaks: news };
        expect(Buffer.byteLength(teamsMessage(digest))).toBeLessThanOrEqual(14 * 1024);
        for (const { inlines } of cardOf(digest).body)
          for (const { text } of inlines) {
            expect(text.isWellFormed()).toBe(true);
            expect(text).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]|\{\{|:\/\//u);
          }
      }),
      { numRuns: 100 },
    );
  });
});
