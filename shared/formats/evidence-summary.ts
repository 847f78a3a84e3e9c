import type { Evidence, EvidenceFile, EvidenceLine, EvidenceSide } from '../domain/evidence.ts';

/** Meter lines and files that the page shows; all are in the tables beside it. */
const shownMax = 100;

/** A text as it is, in HTML that is made of strings. */
class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** HTML whose values are escaped unless they are HTML themselves. */
function html(parts: TemplateStringsArray, ...values: readonly (string | number | Html | readonly Html[])[]): Html {
  const texts = values.map((value) => {
    if (value instanceof Html) return value.text;
    if (typeof value === 'object') return value.map(({ text }) => text).join('');
    return escaped(String(value));
  });
  return new Html(parts.map((part, at) => part + (texts[at] ?? '')).join(''));
}

const references = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' } as const;

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => references[mark as keyof typeof references]);
}

const style =
  'body{font:15px/1.45 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}' +
  'table{border-collapse:collapse;margin:.5rem 0 1rem}th,td{border:1px solid #bbb;padding:.25rem .5rem;text-align:left;vertical-align:top}' +
  'td.n{text-align:right;font-variant-numeric:tabular-nums}code{overflow-wrap:anywhere}.note{white-space:pre-wrap;border-left:3px solid #888;padding-left:.75rem}';

/**
 * The page that a person reads first: what was charged, what was to be expected, why they differ, what Microsoft's
 * support asks for, and where every row stands. It loads nothing and runs nothing; whatever comes from files or people is
 * escaped.
 */
export function evidenceSummary(evidence: Evidence): string {
  const { subject, note } = evidence;
  const policy = `default-src 'none'; style-src 'unsafe-inline'`;
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><title>${subject.title}</title><style>${new Html(style)}</style></head><body>
<h1>${subject.title}</h1>
${note === undefined ? [] : [html`<h2>What was reported</h2><p class="note">${note}</p>`]}
${factsOf(evidence)}
${amountsOf(evidence)}
${checksOf(evidence)}
${lineItemOf(evidence)}
${linesOf(evidence)}
${causesOf(evidence)}
<h2>Source rows</h2>
${sideOf(evidence.sides.invoice)}
${evidence.sides.other === undefined ? [] : [sideOf(evidence.sides.other)]}
${guide}
</body></html>
`;
  return page.text;
}

function factsOf({ issueId, reportedAt, subject, run, engineVersion }: Evidence): Html {
  const facts: readonly (readonly [string, string])[] = [
    ['Issue', issueId],
    ['Reported', reportedAt],
    ['Invoice', subject.invoiceId],
    ['Billing cycle', subject.billingCycle],
    ['Partner tenant', subject.tenantId],
    ...(subject.customerId === undefined ? [] : [['Customer tenant', subject.customerId] as const]),
    ...(subject.severity === undefined ? [] : [['Severity', subject.severity] as const]),
    ...(run === undefined
      ? [['Rules (engine)', engineVersion] as const]
      : [
          ['Comparison run', run.runId] as const,
          ['Compared with', run.comparedWith] as const,
          ['Tolerance policy', run.policyVersion] as const,
          ['Rules (engine)', run.engineVersion] as const,
        ]),
  ];
  return html`<table>${facts.map(([name, value]) => html`<tr><th>${name}</th><td><code>${value}</code></td></tr>`)}</table>`;
}

function amountsOf({ subject }: Evidence): Html {
  const rows = subject.amounts.map(
    ({ currency, charged, expected = 'not known', difference = 'not known' }) =>
      html`<tr><td>${currency}</td><td class="n">${charged}</td><td class="n">${expected}</td><td class="n">${difference}</td></tr>`,
  );
  return html`<h2>Charged against expected</h2><table><tr><th>Currency</th><th>Charged</th><th>Expected</th><th>Difference</th></tr>${rows}</table>`;
}

const findings = {
  agrees: 'agrees',
  differs: 'DIFFERS',
  notOnBothSides: 'not on both sides',
  notTold: 'see text',
} as const;

const checkNames = {
  billableQuantity: 'Billable quantity',
  customerId: 'Customer id',
  productId: 'Product id',
  skuId: 'SKU id',
  subscriptionId: 'Subscription id',
  threeToFivePercent: 'Difference of 3 % to 5 %',
} as const;

function checksOf({ checks }: Evidence): Html {
  const rows = checks.map(
    ({ check, finding, sentence }) =>
      html`<tr><th>${checkNames[check]}</th><td>${findings[finding]}</td><td>${sentence}</td></tr>`,
  );
  return html`<h2>What Microsoft's support asks to be checked first</h2><table>${rows}</table>`;
}

function lineItemOf({ lineItem }: Evidence): readonly Html[] {
  if (lineItem === undefined) return [];
  const { verdict } = lineItem;
  const cells = Object.entries(lineItem.line)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => html`<tr><th>${name}</th><td>${String(value)}</td></tr>`);
  const told =
    verdict === undefined
      ? html`<p>Line items of this kind do not say what their amounts are made of: nothing is recomputed.</p>`
      : html`<p>The line's own arithmetic (${verdict.check}): <b>${verdict.verdict}</b>${verdict.reason === undefined ? '' : `, ${verdict.reason}`}. <code>${verdict.formula}</code>; charged ${verdict.charged} ${verdict.currency}, tolerance ${verdict.tolerance ?? 'none'}.</p>`;
  return [html`<h2>The line item</h2>${told}<table>${cells}</table>`];
}

function linesOf({ lines, linesLeftOut, run }: Evidence): readonly Html[] {
  if (run === undefined) return [];
  const rest = lines.length - Math.min(lines.length, shownMax);
  const more = rest === 0 ? '' : `${rest} more stand in lines.csv. `;
  const aside = lines.filter(({ status }) => status === 'excluded').length;
  const excluded =
    aside === 0 ? '' : `${aside} of them are excluded: a rule sets them aside, and they do not count in the totals. `;
  const out = linesLeftOut === 0 ? '' : `${linesLeftOut} more lines are not shown here at all; the run has them.`;
  return [
    html`<h2>Meter lines</h2><table><tr><th>Meter</th><th>Status</th><th>Charged</th><th>Expected</th><th>Difference</th><th>How it comes about</th></tr>${lines
      .slice(0, shownMax)
      .map(lineRow)}</table><p>${more}${excluded}${out}</p>`,
  ];
}

function lineRow(line: EvidenceLine): Html {
  const { meterName, meterId, region, unit, currency, status, severity, charged, expected, difference } = line;
  const formulas = [
    ...(line.formulas.invoice === undefined ? [] : [html`<br>invoice: <code>${line.formulas.invoice}</code>`]),
    ...(line.formulas.other === undefined ? [] : [html`<br>other: <code>${line.formulas.other}</code>`]),
  ];
  const causes = line.causes.map(({ cause, amount }) => `${cause} ${amount}`).join(', ') || 'no causes';
  return html`<tr><td>${meterName}<br><code>${meterId}</code><br>${region} ${unit}</td><td>${status}${severity === undefined ? '' : `, ${severity}`}</td><td class="n">${charged} ${currency}</td><td class="n">${expected}</td><td class="n">${difference}</td><td>${causes}${formulas}</td></tr>`;
}

function causesOf({ causes }: Evidence): readonly Html[] {
  if (causes.length === 0) return [];
  const rows = causes.map(
    ({ cause, sentence, link }) => html`<li><b>${cause}</b>: ${sentence}${link === undefined ? '' : ` ${link}`}</li>`,
  );
  return [html`<h2>Causes</h2><ul>${rows}</ul><p>The causes of a line add up to invoice side minus other side.</p>`];
}

function sideOf(side: EvidenceSide): Html {
  const rest = side.files.length - Math.min(side.files.length, shownMax);
  return html`<h3>${side.name}</h3>
<p>${side.listed} rows are in this zip; their quantities come to ${side.quantity}, their costs to ${side.cost}.</p>
${side.remarks.map((remark) => html`<p>${remark}</p>`)}
${side.leftOut.map(
  ({ file, rows, firstLine, lastLine }) =>
    html`<p><b>${rows} more rows are not in this zip</b>: <code>${file}</code>, lines ${firstLine} to ${lastLine}.</p>`,
)}
<table><tr><th>File</th><th>Rows</th><th>Bytes</th><th>SHA-256</th><th>In this zip</th></tr>${side.files.slice(0, shownMax).map(fileRow)}</table>
${rest === 0 ? [] : [html`<p>${rest} more files stand in evidence.json.</p>`]}`;
}

function fileRow({ name, rows, sizeBytes, sha256, entry, isVerbatim }: EvidenceFile): Html {
  const words =
    entry === undefined
      ? 'no rows'
      : `${entry}${isVerbatim === false ? ' (values as text: the file has no lines)' : ''}`;
  return html`<tr><td><code>${name}</code></td><td class="n">${rows}</td><td class="n">${sizeBytes}</td><td><code>${sha256}</code></td><td>${words}</td></tr>`;
}

const guide = html`<h2>How to check this</h2>
<ul><li>Files below invoice/ and other/ hold rows exactly as Microsoft wrote them, after the header of their file; nothing in them is changed, so open them as text: a cell may begin with =.</li>
<li>rows.csv names the file and line of each of these rows, and multiplies it out: quantity × unit price × exchange rate.</li>
<li>lines.csv has the meter lines; evidence.json has everything, for machines.</li>
<li>The SHA-256 above is that of the file as it was delivered. manifest.sha256 has those of the files in this zip: sha256sum -c manifest.sha256.</li></ul>`;
