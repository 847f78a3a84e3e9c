import { DuckDBInstance } from '@duckdb/node-api';
import { costChargeColumns } from '../../shared/formats/cost-details.ts';
import { usageChargeColumns } from '../../shared/formats/usage-rows.ts';

/* What DuckDB does for comparison, as well as we know how: text columns, only those that are needed, one query. */

async function runQuery(threads: number, sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: String(threads) });
  const connection = await instance.connect();
  await connection.run(sql);
  connection.closeSync();
  instance.closeSync();
}

const usageColumns = Object.values(usageChargeColumns).map(({ names }) => names[0]);

function csvSource(path: string): string {
  return `read_csv('${path}', header = true, all_varchar = true)`;
}

function jsonSource(path: string): string {
  const columns = usageColumns.map((name) => `"${name}": 'VARCHAR'`).join(', ');
  return `read_json('${path}', format = 'newline_delimited', columns = {${columns}})`;
}

/** Reads the columns that `readPart` reads, on one thread, and no more than counts their values. */
export function readUsage(path: string): Promise<void> {
  const counts = usageColumns.map((name) => `count("${name}")`).join(', ');
  return runQuery(1, `select ${counts} from ${path.includes('.json') ? jsonSource(path) : csvSource(path)}`);
}

/** The same with the work of `readPart`: exact sums by meter line. */
export function sumUsage(path: string): Promise<void> {
  return runQuery(1, `select * from (${meterLines(path, usageChargeColumns)})`);
}

type NamedColumns = Readonly<
  Record<
    | 'subscriptionId'
    | 'meterId'
    | 'meterRegion'
    | 'unit'
    | 'currency'
    | 'meterName'
    | 'meterCategory'
    | 'meterSubCategory'
    | 'quantity'
    | 'unitPrice'
    | 'cost',
    { readonly names: readonly string[] }
  >
>;

function meterLines(path: string, table: NamedColumns): string {
  const name = (field: keyof NamedColumns) => `"${table[field].names[0]}"`;
  const exact = (field: keyof NamedColumns) => `cast(${name(field)} as decimal(38, 18))`;
  const folded = (field: keyof NamedColumns) => `lower(trim(${name(field)}))`;
  return `select ${folded('subscriptionId')} as s, ${folded('meterId')} as m, ${folded('meterRegion')} as r,
      trim(${name('unit')}) as u, ${name('currency')} as c, sum(${exact('quantity')}) as quantity,
      sum(${exact('cost')}) as cost, min(${name('unitPrice')}) as low, max(${name('unitPrice')}) as high,
      min(${name('meterName')}) as name, min(${name('meterCategory')}) as category,
      min(${name('meterSubCategory')}) as sub_category, count(*) as n
    from ${csvSource(path)} group by all`;
}

/** The whole comparison on two threads: both sides, outer join, status, written out. */
export function compare(usagePath: string, costPath: string, outPath: string): Promise<void> {
  return runQuery(
    2,
    `copy (
      select s, m, r, u, c, i.quantity as q, i.cost as a, i.low, i.high, i.name, i.category, i.sub_category, i.n,
        o.quantity as oq, o.cost as oa, o.low as olow, o.high as ohigh, o.name as oname, o.n as onr,
        i.cost - o.cost as variance,
        case when o.cost is null then 'invoiceOnly' when i.cost is null then 'otherOnly'
          when i.cost = o.cost then 'matched' when abs(i.cost - o.cost) <= 0.01 then 'withinTolerance'
          else 'mismatched' end as status
      from (${meterLines(usagePath, usageChargeColumns)}) i
      full join (${meterLines(costPath, costChargeColumns.mpa)}) o using (s, m, r, u, c)
      order by s, m, r, u, c
    ) to '${outPath}' (format json)`,
  );
}
