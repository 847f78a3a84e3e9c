import { causeTexts } from '../domain/cause-texts.ts';
import type { GateReason } from '../domain/gates.ts';
import type { BreakNews, DigestBreak, DigestTotals, RunDigest } from '../domain/run-digest.ts';
import type { ComparedWith } from '../domain/tolerance.ts';

/**
 * Of 28 KB that Teams takes, half: it is said to count two bytes for each character.
 * Source: "Create an Incoming Webhook" (message size), Microsoft Teams.
 */
const messageBytesMax = 14 * 1024;

type Run = {
  readonly type: 'TextRun';
  readonly text: string;
  readonly weight?: 'bolder';
  readonly size?: 'large';
  readonly isSubtle?: true;
  readonly color?: 'good' | 'warning' | 'attention';
};

type RichTextBlock = {
  readonly type: 'RichTextBlock';
  readonly inlines: readonly Run[];
  readonly separator?: true;
  readonly spacing?: 'none' | 'small';
};

/** How much is told; what does not fit the size is left out from the end of these. */
type Extent = { readonly currencies: number; readonly breaks: boolean };

const extents: readonly Extent[] = [
  { currencies: 6, breaks: true },
  { currencies: 3, breaks: true },
  { currencies: 3, breaks: false },
  { currencies: 1, breaks: false },
];

/**
 * A digest as the message that a Teams workflow takes: an Adaptive Card among its attachments, version 1.4, since the
 * workflows' action shows nothing of a later one. Everything stands in text runs, which know no Markdown: no name of a
 * meter can become a link or a heading.
 * @throws Error when it does not fit even in its shortest form
 */
export function teamsMessage(digest: RunDigest): string {
  for (const extent of extents) {
    const text = JSON.stringify(toMessage(digest, extent));
    if (Buffer.byteLength(text) <= messageBytesMax) return text;
  }
  throw new Error(`The digest of run ${digest.runId} does not fit a message of ${messageBytesMax} bytes`);
}

function toMessage(digest: RunDigest, extent: Extent) {
  const { link } = digest;
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    fallbackText: 'A reconciliation run was published.',
    body: cardBody(digest, extent),
    ...(link === undefined ? {} : { actions: [{ type: 'Action.OpenUrl', title: 'Open the run', url: link }] }),
  };
  return {
    type: 'message',
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }],
  };
}

const comparedWithWords = {
  costexport: 'usage against the cost export',
  invoicelines: 'usage against the invoice lines',
  invoicetotal: 'invoice lines against the invoice total',
} as const satisfies Record<ComparedWith, string>;

const gateWords = {
  usageMissing: 'The usage of the invoice is missing.',
  otherMissing: 'The other side is missing.',
  notSealed: 'One side is not complete.',
  retailScope: 'The cost export shows retail prices: it is of a subscription or resource group.',
  otherMonth: 'One side is of another month.',
  otherCurrency: 'The two sides are in different currencies.',
  noPlans: 'The usage names no plans that the invoice lines could be found by.',
} as const satisfies Record<GateReason, string>;

function verdictOf({ isMatched, gate }: RunDigest): string {
  if (gate !== undefined) return 'not comparable, or not all of it';
  return isMatched ? 'matched' : 'mismatched';
}

function cardBody(digest: RunDigest, extent: Extent): readonly RichTextBlock[] {
  const { invoiceId, billingCycle, comparedWith, isMatched, gate, totals, breaks, runId } = digest;
  const shown = totals.slice(0, extent.currencies);
  const more = totals.length - shown.length;
  return [
    block([
      { ...text(`Invoice ${plain(invoiceId)}: `), weight: 'bolder', size: 'large' },
      { ...text(verdictOf(digest)), weight: 'bolder', size: 'large', color: isMatched ? 'good' : 'warning' },
    ]),
    line(`${plain(billingCycle)}, ${comparedWithWords[comparedWith]}`),
    ...(gate === undefined ? [] : [line(gateWords[gate])]),
    ...shown.flatMap((own) => currencyBlocks(own)),
    ...(more > 0 ? [line(`${more} more currencies are in the run.`)] : []),
    ...(breaks === undefined ? [] : breakBlocks(breaks, extent.breaks ? shown : [])),
    { ...block([{ ...text(`Run ${plain(runId)}`), isSubtle: true }]), separator: true },
  ];
}

function currencyBlocks(totals: DigestTotals): readonly RichTextBlock[] {
  const { variance, invoice, other, matchedLines, comparableLines, matchRateByCount, matchRateByAmount } = totals;
  const currency = plain(totals.currency);
  const rates =
    matchRateByCount === undefined
      ? [text('Nothing comparable')]
      : [
          text('Match rate '),
          { ...text(`${matchRateByCount} %`), weight: 'bolder' as const },
          text(` of lines (${matchedLines} of ${comparableLines})`),
          ...(matchRateByAmount === undefined ? [] : [text(`, ${matchRateByAmount} % of the amount`)]),
        ];
  return [
    {
      ...block([
        text('Variance '),
        { ...text(`${plain(variance)} ${currency}`), weight: 'bolder' },
        text(` (invoice ${plain(invoice)}, other side ${plain(other)})`),
      ]),
      separator: true,
    },
    block(rates, 'none'),
    ...totals.largestCauses.map(({ cause, amount }) =>
      block(
        [text(`${plain(amount)} ${currency} ${cause}: `), { ...text(causeTexts[cause].sentence), isSubtle: true }],
        'small',
      ),
    ),
  ];
}

/** The largest breaks in the currencies of `shown`. */
function breakBlocks(news: BreakNews, shown: readonly DigestTotals[]): readonly RichTextBlock[] {
  const currencies = new Set(shown.map(({ currency }) => currency));
  const counts = `Breaks: ${news.new} new, ${news.worsened} worsened, ${news.open} open in all`;
  return [
    { ...block([{ ...text(counts), weight: 'bolder' }]), separator: true },
    ...news.largest.filter(({ currency }) => currencies.has(currency)).map((one) => breakBlock(one)),
  ];
}

function breakBlock(one: DigestBreak): RichTextBlock {
  const { trend, variance, currency, meterName, meterId, region, subscriptionId, ageMonths, severity } = one;
  const head = text(`${trend} ${plain(variance)} ${plain(currency)}`);
  const age = ageMonths > 1 ? `, for ${ageMonths} months` : '';
  const whose = subscriptionId === '' ? 'no subscription' : `subscription ${plain(subscriptionId)}`;
  const meter = plain(meterName === '' ? meterId : meterName);
  return block(
    [
      severity === 'contactSupport' ? { ...head, color: 'attention' } : head,
      text(` ${meter}${region === '' ? '' : `, ${plain(region)}`}${age}, `),
      { ...text(whose), isSubtle: true },
    ],
    'small',
  );
}

function line(words: string): RichTextBlock {
  return block([text(words)], 'none');
}

function block(inlines: readonly Run[], spacing?: RichTextBlock['spacing']): RichTextBlock {
  return { type: 'RichTextBlock', inlines, ...(spacing === undefined ? {} : { spacing }) };
}

function text(words: string): Run {
  return { type: 'TextRun', text: words };
}

const plainLengthMax = 80;

/**
 * A name or number from the data as text of a card. Control characters, and those that turn the direction of writing,
 * become blanks. `{{` would begin a date function, and `://` an address that a client may make a link of.
 */
function plain(value: string): string {
  const visible = value
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .replace(/\{(?=\{)/g, '{ ')
    .replaceAll('://', ': //')
    .trim();
  const characters = [...visible];
  return characters.length <= plainLengthMax ? visible : `${characters.slice(0, plainLengthMax - 1).join('')}…`;
}
