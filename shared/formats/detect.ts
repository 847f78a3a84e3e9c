import type { ColumnTable } from './columns.ts';
import { costDetailsColumns } from './cost-details.ts';
import { type Agreement, costExportSchemas, focusSchemas } from './cost-export-schemas.ts';
import type { FileHead, SampleRow } from './file-head.ts';
import { FileRefusedError } from './file-refused-error.ts';
import { focusColumns } from './focus.ts';
import { bindHeader, foldColumnName, foldHeader } from './header.ts';
import { invoiceLineColumns } from './invoice-lines.ts';
import { legacyUsageLineColumns } from './legacy-usage-lines.ts';
import { licenseLineColumns } from './license-lines.ts';
import { passedOverColumns } from './passed-over-columns.ts';
import { usageRowColumns } from './usage-rows.ts';

/** What kind of data a file holds: the words of the reconciliation files, and `costexport`. */
export type FileDataset = 'dailyratedusage' | 'onetime' | 'license' | 'usage' | 'costexport';

/** Whose prices a file shows: `billing` the invoice's, `retail` the public ones; `unknown` where no row can tell. */
export type PriceScope = 'billing' | 'retail' | 'unknown';

/** What a file is, as its header and first rows tell. */
export type Detection = {
  readonly dataset: FileDataset;
  readonly format: Format;
  /** `portal`, `portal-2022`, `v1`, `graph`; for exports the version of Cost Management's schema. */
  readonly schemaVersion: string;
  readonly agreement?: Agreement;
  readonly scope: PriceScope;
  /** Columns that no format of ours knows, as the file writes them. */
  readonly unknownColumns: readonly string[];
  /** What to do instead, where the file cannot be compared with an invoice. */
  readonly advice?: string;
};

/** What is read by one set of tables. */
export type Format = 'dailyratedusage' | 'onetime' | 'license' | 'usage' | 'costdetails' | 'focus';

const formats = {
  dailyratedusage: { dataset: 'dailyratedusage', tables: [usageRowColumns] },
  onetime: { dataset: 'onetime', tables: [invoiceLineColumns] },
  license: { dataset: 'license', tables: [licenseLineColumns] },
  usage: { dataset: 'usage', tables: [legacyUsageLineColumns] },
  costdetails: { dataset: 'costexport', tables: Object.values(costDetailsColumns) },
  focus: { dataset: 'costexport', tables: [focusColumns] },
} as const satisfies Record<Format, { dataset: FileDataset; tables: readonly ColumnTable[] }>;

const formatNames = Object.keys(formats) as readonly Format[];

/** Every name that a format knows, folded. */
const vocabularies: ReadonlyMap<Format, ReadonlySet<string>> = new Map(
  formatNames.map((format) => [format, vocabularyOf(format)]),
);

function vocabularyOf(format: Format): ReadonlySet<string> {
  const fromTables = formats[format].tables.flatMap((table: ColumnTable) =>
    Object.values(table).flatMap((column) => column.names),
  );
  const fromSchemas =
    format === 'costdetails'
      ? costExportSchemas.flatMap((schema) => schema.columns)
      : format === 'focus'
        ? focusSchemas.flatMap((schema) => schema.columns)
        : [];
  return new Set([...fromTables, ...fromSchemas, ...passedOverColumns[format]].map((name) => name.toLowerCase()));
}

/**
 * Tells what a file is. The format is the one of whose own columns, those that no other format has, most are there;
 * agreement and version follow from the columns, and what they cannot tell from the first rows.
 * @throws FileRefusedError when the columns fit no format, when a required one is missing, or when two fold to one name
 */
export function detect(fileName: string, head: FileHead): Detection {
  const folded = head.columns.map(foldColumnName);
  const names = new Set(folded);
  const format = formatOf(names);
  if (format === undefined) throw unknownDataset(fileName, head);
  if (head.layout === 'csv' || head.layout === 'parquet') foldHeader(fileName, head.columns);
  const unknownColumns = head.columns.filter((_, index) => !vocabularies.get(format)?.has(folded[index] ?? ''));
  const told = { dataset: formats[format].dataset, format, unknownColumns };
  const detection =
    format === 'costdetails'
      ? { ...told, ...detectDetails(names, head.columns) }
      : format === 'focus'
        ? { ...told, ...detectFocus(names, head.rows) }
        : { ...told, schemaVersion: spellingOf(head), scope: 'billing' as const };
  // In JSON a row may leave out what is null: there only the whole file can tell that a column is missing.
  if (head.layout === 'csv' || head.layout === 'parquet') bindHeader(fileName, tableOf(detection), head.columns);
  const advice = adviceOf(detection);
  return advice === undefined ? detection : { ...detection, advice };
}

/** The table by which a detected file is read. */
export function tableOf(detection: Pick<Detection, 'format' | 'agreement'>): ColumnTable {
  return detection.format === 'costdetails'
    ? costDetailsColumns[detection.agreement ?? 'mpa']
    : formats[detection.format].tables[0];
}

/** How many columns of its own a format must show. */
const ownColumnsMin = 2;

function formatOf(names: ReadonlySet<string>): Format | undefined {
  let best: Format | undefined;
  let most = ownColumnsMin - 1;
  for (const format of formatNames) {
    const own = [...names].filter((name) => isOwn(format, name)).length;
    if (own <= most) continue;
    best = format;
    most = own;
  }
  return best;
}

function isOwn(format: Format, name: string): boolean {
  return formatNames.every((candidate) => (vocabularies.get(candidate)?.has(name) ?? false) === (candidate === format));
}

function unknownDataset(fileName: string, head: FileHead): FileRefusedError {
  const [only = ''] = head.columns;
  if (head.columns.length === 1 && /[;\t|]/.test(only)) bindHeader(fileName, usageRowColumns, head.columns);
  const shown = head.columns.slice(0, 3).join(', ').slice(0, 80);
  const found = head.columns.length === 0 ? 'no columns' : `${head.columns.length} columns (${shown} …)`;
  return new FileRefusedError({
    code: 'unknownDataset',
    file: fileName,
    line: 1,
    message: `${fileName}, line 1: ${found} that fit no dataset; expected daily rated usage, invoice line items or a cost export`,
  });
}

function spellingOf(head: FileHead): string {
  const first = head.columns.find((name) => /^[A-Za-z]/.test(name)) ?? '';
  if (/^[a-z]/.test(first)) return 'v1';
  if (head.layout !== 'csv') return 'graph';
  return head.columns.some((name) => name === 'MPNID' || name === 'ResellerMPNID') ? 'portal-2022' : 'portal';
}

function detectDetails(
  names: ReadonlySet<string>,
  columns: readonly string[],
): Pick<Detection, 'schemaVersion' | 'scope'> & { readonly agreement: Agreement } {
  const agreement = agreementOf(names);
  const schema = nearestSchema(
    costExportSchemas.filter((candidate) => candidate.agreement === agreement),
    columns,
  );
  return { agreement, schemaVersion: schema?.version ?? '', scope: scopes[agreement] };
}

/** A subscription of a partner's customer shows public prices, and pay-as-you-go has no others. */
const scopes = {
  mpa: 'billing',
  cspSubscription: 'retail',
  mca: 'billing',
  ea: 'billing',
  payAsYouGo: 'retail',
} as const satisfies Record<Agreement, PriceScope>;

/** Columns by which agreements are told apart and which no table of ours names. */
export const agreementColumns: readonly string[] = [
  'partnerEarnedCreditApplied',
  'accountOwnerId',
  'accountName',
  'departmentName',
  'costAllocationRuleName',
  'servicePeriodStartDate',
  'partnerName',
  'serviceTier',
  'serviceName',
];

/** Each agreement's exports have columns that the others' lack; the first rule that fits decides. */
function agreementOf(names: ReadonlySet<string>): Agreement {
  const has = (...wanted: readonly string[]) => wanted.some((name) => names.has(name));
  if (has('partnertenantid', 'partnerearnedcreditrate', 'partnerearnedcreditapplied')) return 'mpa';
  if (
    has('accountownerid', 'accountname', 'departmentname', 'costallocationrulename') &&
    !has('serviceperiodstartdate')
  )
    return 'ea';
  if (has('customertenantid', 'partnername')) return has('invoiceid') ? 'mpa' : 'cspSubscription';
  if (has('billingprofileid', 'invoiceid', 'costinpricingcurrency')) return 'mca';
  if (has('servicetier', 'servicename', 'usagedatetime')) return 'payAsYouGo';
  return 'mpa';
}

/** The schema that shares most columns with the header; of equals the one in the file's own order and spelling. */
function nearestSchema<S extends { readonly columns: readonly string[] }>(
  schemas: readonly S[],
  columns: readonly string[],
): S | undefined {
  const names = new Set(columns.map(foldColumnName));
  let nearest: S | undefined;
  let best = -1;
  for (const schema of schemas) {
    const shared = schema.columns.filter((name) => names.has(name.toLowerCase())).length;
    const inPlace = schema.columns.filter((name, index) => columns[index]?.trim() === name).length;
    const likeness = (2 * shared) / (schema.columns.length + names.size) + inPlace / 1e6;
    if (likeness <= best) continue;
    nearest = schema;
    best = likeness;
  }
  return nearest;
}

function detectFocus(
  names: ReadonlySet<string>,
  rows: readonly SampleRow[],
): Pick<Detection, 'schemaVersion' | 'scope'> & { readonly agreement?: Agreement } {
  const version = nearestSchema(focusSchemas, [...names])?.version ?? '';
  const isNewest = version === '1.0' || version === '1.0r2';
  const schemaVersion = isNewest ? (writesSeconds(rows) ? '1.0r2' : '1.0') : version;
  const agreement = focusAgreementOf(rows);
  return {
    schemaVersion,
    scope: agreement === undefined ? 'unknown' : scopes[agreement],
    ...(agreement === undefined ? {} : { agreement }),
  };
}

/** 1.0 writes moments as `2024-01-01T00:00Z`, 1.0r2 as `2024-01-01T00:00:00Z`. */
function writesSeconds(rows: readonly SampleRow[]): boolean {
  return rows.some((row) => /T\d\d:\d\d:\d\d/.test(row.get('chargeperiodstart') ?? ''));
}

/**
 * FOCUS has one header for all scopes, so its rows must tell: at a subscription of a partner's customer the billing
 * profile is empty and the billing account ends with `/billingProfiles/`.
 */
function focusAgreementOf(rows: readonly SampleRow[]): Agreement | undefined {
  const told = rows.map((row) => {
    const of = (name: string) => row.get(name)?.trim().toLowerCase() ?? '';
    const account = of('billingaccountid');
    const profile = of('x_billingprofileid');
    if (profile === '' && account.endsWith('/billingprofiles/')) return 'cspSubscription';
    if (profile !== '' && of('x_customerid') !== '') return 'mpa';
    if (of('billingaccounttype') === 'billing account' || of('x_accountownerid') !== '') return 'ea';
    return profile === '' ? undefined : 'mca';
  });
  return told.find((agreement) => agreement !== undefined);
}

function adviceOf(detection: Pick<Detection, 'dataset' | 'agreement' | 'scope'>): string | undefined {
  if (detection.dataset !== 'costexport') return undefined;
  switch (detection.agreement) {
    case 'cspSubscription':
      return 'This export was made at a subscription or resource group of a customer and shows retail prices, not those of your invoice. Create it in your partner tenant at the billing account, a billing profile or a customer.';
    case 'mca':
    case 'ea':
    case 'payAsYouGo':
      return 'This export belongs to an agreement that is not a partner’s, so no CSP invoice has its prices. Create one in your partner tenant at the billing account, a billing profile or a customer.';
    default:
      return undefined;
  }
}
