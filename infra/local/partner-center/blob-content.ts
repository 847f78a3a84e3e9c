import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { stampOf } from './data-folder.ts';
import { jsonObjectMembers, jsonObjectOf } from './json-parts.ts';
import type { BilledData } from './script.ts';

export type AttributeSet = 'full' | 'basic';

/** A line blob as it is served: the file itself, or, for the basic attribute set, the bytes made of it. */
export type BlobContent = {
  readonly source:
    | { readonly kind: 'file'; readonly path: string }
    | { readonly kind: 'bytes'; readonly bytes: Buffer };
  readonly sizeBytes: number;
  readonly md5: Buffer;
  readonly modifiedAt: Date;
};

export type BlobReader = (
  path: string,
  data: BilledData,
  attributeSet: AttributeSet,
) => Promise<BlobContent | undefined>;

/**
 * What `basic` keeps of daily rated usage. No meter, no resource group and no unit: who asks for it by mistake shall
 * notice here. Source: "attributeSet values", Microsoft Graph, partners billing.
 */
const BASIC_USAGE_ATTRIBUTES: ReadonlySet<string> = new Set(
  [
    'PartnerId PartnerName CustomerId CustomerName InvoiceNumber ProductId SkuId SkuName PublisherName SubscriptionId',
    'ChargeStartDate ChargeEndDate UsageDate ResourceURI ChargeType UnitPrice Quantity UnitType BillingPreTaxTotal',
    'BillingCurrency PricingPreTaxTotal PricingCurrency AdditionalInfo EffectiveUnitPrice PCToBCExchangeRate',
    'EntitlementId CreditPercentage CreditType BenefitOrderId BenefitType',
  ].flatMap((line) => line.toLowerCase().split(' ')),
);

/** Reads line blobs; what has to be computed of a file is kept for as long as the file does not change. */
export function createBlobReader(): BlobReader {
  const contents = new Map<string, { readonly stamp: string; readonly content: BlobContent }>();
  return async (path, data, attributeSet) => {
    const stamp = await stampOf(path);
    if (stamp === undefined) return undefined;
    const key = `${attributeSet} ${data} ${path}`;
    const kept = contents.get(key);
    if (kept?.stamp === stamp) return kept.content;
    // Which attributes of the reconciliation are basic is not published: it is served whole.
    const isReduced = attributeSet === 'basic' && data === 'dailyratedusage';
    const content = isReduced ? await basicContent(path) : await fileContent(path);
    contents.set(key, { stamp, content });
    return content;
  };
}

async function fileContent(path: string): Promise<BlobContent> {
  const facts = await stat(path);
  const md5 = createHash('md5');
  for await (const chunk of createReadStream(path)) md5.update(chunk);
  return { source: { kind: 'file', path }, sizeBytes: facts.size, md5: md5.digest(), modifiedAt: facts.mtime };
}

async function basicContent(path: string): Promise<BlobContent> {
  const lines = gunzipSync(await readFile(path))
    .toString('utf8')
    .split('\n');
  const text = lines.map((line) => (line.trim() === '' ? line : basicLine(line))).join('\n');
  const bytes = gzipSync(Buffer.from(text, 'utf8'));
  return {
    source: { kind: 'bytes', bytes },
    sizeBytes: bytes.length,
    md5: createHash('md5').update(bytes).digest(),
    modifiedAt: (await stat(path)).mtime,
  };
}

function basicLine(line: string): string {
  return jsonObjectOf(jsonObjectMembers(line).filter(([name]) => BASIC_USAGE_ATTRIBUTES.has(name.toLowerCase())));
}
