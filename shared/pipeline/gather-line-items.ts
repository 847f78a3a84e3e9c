import type { DatasetSeal } from '../contracts/datasets.ts';
import type { IssueRecord } from '../contracts/issues.ts';
import { meterKeyOf } from '../domain/comparison.ts';
import type { DetailRow } from '../domain/detail-row.ts';
import type { EvidenceLimits } from '../domain/evidence.ts';
import type { LineItem } from '../domain/line-item.ts';
import { meterLineKey } from '../domain/meter-totals.ts';
import { totalsOfLines } from '../domain/plan-lines.ts';
import { lineItemChecks } from '../domain/support-checks.ts';
import { TerminalError } from '../domain/terminal-error.ts';
import { isParquetName } from '../formats/detected-file.ts';
import { type RowsAtLines, readRowsAtLines } from '../formats/rows-at-lines.ts';
import {
  type EvidenceUnit,
  filesOf,
  type GatherEvidencePorts,
  type GatheredEvidence,
  type GatheredSides,
  headOf,
} from './evidence-parts.ts';
import { EvidenceRows, type FoundRow } from './evidence-rows.ts';
import { archiveOf } from './ingest-part.ts';
import { isInvoiceLine, readLineItem, verdictOf } from './issue-target.ts';
import { sealOf } from './seal-of.ts';

/**
 * The line items that lines of one plan stand on, from Microsoft's own file. Rows of usage are kept by Azure subscription
 * and not by plan, so of that side there are the figures, and the files that hold its rows.
 */
export async function gatherPlanRows(
  ports: GatherEvidencePorts,
  { run, subscriptionId: planId, lines }: EvidenceUnit,
  { invoice, other }: GatheredSides,
): Promise<void> {
  const { billingCycle, invoiceDatasetIds, otherDatasetIds } = run;
  invoice.remark(
    'Rows of usage are kept by Azure subscription and not by plan: of this side there are the figures, and its files.',
  );
  const usage = (await Promise.all(invoiceDatasetIds.map((id) => ports.plans.readUsage(id, planId)))).flat();
  const keyOf = new Map(lines.map((line) => [meterLineKey(line), meterKeyOf(line)]));
  for (const datasetId of otherDatasetIds) {
    const seal = await sealOf(ports.datasets, datasetId);
    const own = await ports.plans.readLines(datasetId, planId);
    const totals = totalsOfLines(own, usage, billingCycle);
    const byPart = new Map<number, Map<number, FoundRow>>();
    for (const [index, line] of own.entries()) {
      const total = totals[index];
      const meterKey = total === undefined ? undefined : keyOf.get(meterLineKey(total));
      if (total === undefined || meterKey === undefined) continue;
      const source = { file: seal.files[line.part]?.name ?? '', line: line.line };
      if (!other.asks(source)) continue;
      const { chargeEndDate, chargeType, effectiveUnitPrice } = line;
      const detail = { usageDate: chargeEndDate, quantity: total.quantity, cost: total.cost, chargeType };
      const row = { source, ...detail, resourceKey: '', unitPrice: effectiveUnitPrice };
      const found = byPart.get(line.part) ?? new Map<number, FoundRow>();
      byPart.set(line.part, found.set(line.line, { detail: row, meterKey }));
    }
    for (const [part, wanted] of byPart) await takeFromFile(ports, { seal, part, wanted }, other);
  }
}

/** Shows rows by their lines in the file itself; where it has none, says so. */
async function takeFromFile(
  ports: GatherEvidencePorts,
  {
    seal,
    part,
    wanted,
  }: {
    readonly seal: DatasetSeal;
    readonly part: number;
    readonly wanted: ReadonlyMap<number, FoundRow>;
  },
  side: EvidenceRows,
): Promise<void> {
  const found = await readFileRows(ports, { seal, part, lines: new Set(wanted.keys()) });
  if (found === undefined) {
    for (const { detail } of wanted.values()) side.leaveOut(detail.source);
    const name = seal.files[part]?.name ?? '';
    side.remark(`The file ${name} is no text of one row a line, so its rows cannot be shown as they stand in it.`);
    return;
  }
  await side.take({ seal, part, layout: found.layout }, wanted, found.rows);
}

async function readFileRows(
  ports: GatherEvidencePorts,
  { seal, part, lines }: { readonly seal: DatasetSeal; readonly part: number; readonly lines: ReadonlySet<number> },
): Promise<RowsAtLines | undefined> {
  const definition = await ports.datasets.readDefinition(seal.datasetId);
  const blobName = definition?.parts[part]?.blobName;
  if (definition === undefined || blobName === undefined)
    throw new TerminalError(`Part ${part} of dataset ${seal.datasetId} is not in its definition`);
  if (isParquetName(blobName)) return undefined;
  const bytes = await archiveOf(ports, definition.container).open(blobName);
  if (bytes === undefined) throw new TerminalError(`The file ${blobName} is not there any more`);
  return readRowsAtLines({ name: blobName, bytes }, lines);
}

/** The evidence of one line item: the line as it stands in the file, and what its own arithmetic comes to. */
export async function gatherLineItem(
  ports: GatherEvidencePorts,
  issue: IssueRecord,
  limits: EvidenceLimits,
): Promise<GatheredEvidence> {
  const { target, subject, issueId } = issue;
  if (target.kind !== 'lineItem' || subject.datasetId === undefined)
    throw new TerminalError(`Issue ${issueId} does not say which line item it is about`);
  const { part, line } = target;
  const seal = await sealOf(ports.datasets, subject.datasetId);
  const item = await readLineItem(ports.datasets, seal, target);
  if (item === undefined) throw new TerminalError(`Dataset ${seal.datasetId} has no line ${line} in part ${part}`);
  const side = new EvidenceRows('invoice', limits);
  const detail = detailOf(item, { file: seal.files[part]?.name ?? '', line });
  if (side.asks(detail.source)) {
    await takeFromFile(ports, { seal, part, wanted: new Map([[line, { detail, meterKey: '' }]]) }, side);
  }
  const verdict = verdictOf(item);
  const quantity = isInvoiceLine(item) ? item.billableQuantity : detail.quantity;
  const files = await filesOf(ports.datasets, { side: 'invoice', ids: [seal.datasetId] });
  return {
    evidence: {
      ...headOf(issue),
      sides: {
        invoice: side.told(
          'Line items of the invoice',
          files.filter((file) => file.part === part),
        ),
      },
      lines: [],
      linesLeftOut: 0,
      causes: [],
      checks: lineItemChecks(side.details.length === 0 ? undefined : side.ids, { quantity, verdict }),
      lineItem: { line: item, ...(verdict === undefined ? {} : { verdict }) },
      limits,
    },
    rows: side.details,
    entries: side.entries(),
  };
}

function detailOf(item: LineItem, source: DetailRow['source']): DetailRow {
  const common = { source, resourceKey: '', usageDate: item.chargeEndDate };
  if (isInvoiceLine(item)) {
    const { billableQuantity, effectiveUnitPrice, exchangeRate, subtotal, chargeType } = item;
    const rate = exchangeRate === '' ? {} : { exchangeRate };
    return {
      ...common,
      quantity: billableQuantity,
      unitPrice: effectiveUnitPrice,
      ...rate,
      cost: subtotal,
      chargeType,
    };
  }
  if ('pretaxCharges' in item) {
    const { consumedQuantity, listPrice, pretaxCharges, chargeType } = item;
    const [quantity, unitPrice, cost] = [consumedQuantity || '0', listPrice || '0', pretaxCharges || '0'];
    return { ...common, quantity, unitPrice, cost, chargeType };
  }
  const { quantity, unitPrice, subtotal, chargeType } = item;
  return { ...common, quantity, unitPrice, cost: subtotal, chargeType };
}
