import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { readOds } from 'hucre/ods';

/** LibreOffice takes two to five seconds; a machine under load has this long. */
const timeoutMs = 90_000;

/** The values of the first sheet of each file, as LibreOffice has them after opening it: text, number, day, nothing. */
export type OpenedSheet = readonly (readonly (string | number | null)[])[];

export type Opening = {
  /** The region for which the system of the person is set up. */
  readonly locale: string;
  readonly fileName: string;
  readonly bytes: Uint8Array;
  /** What the dialog on opening a CSV file is told; the region is not among it, it comes from the system. */
  /** Which sheet is wanted; without it, the first. */
  readonly sheet?: string;
  /** Whether formulas are calculated again, whatever value stands beside them. */
  readonly recalculate?: boolean;
  readonly csv?: { readonly separator: string; readonly quotedIsText: boolean };
};

/**
 * Opens a file as a person of that region does who clicks on it: a new profile, the system's region, no other setting.
 * What LibreOffice made of the cells is read from the ODS that it saves, where numbers and days have one form.
 */
export async function openInLibreOffice({
  locale,
  fileName,
  bytes,
  csv,
  sheet,
  recalculate = false,
}: Opening): Promise<OpenedSheet> {
  const folder = await mkdtemp(join(tmpdir(), 'libreoffice-'));
  try {
    const profile = join(folder, 'profile');
    await mkdir(join(profile, 'user'), { recursive: true });
    await writeFile(join(profile, 'user', 'registrymodifications.xcu'), settingsFor(locale, recalculate));
    const file = join(folder, fileName);
    await writeFile(file, bytes);
    const filter = csv === undefined ? [] : [`--infilter=CSV:${csvOptions(csv.separator, csv.quotedIsText)}`];
    const profileArgument = `-env:UserInstallation=${pathToFileURL(profile).href}`;
    const out = join(folder, 'out');
    const args = [
      '--headless',
      '--norestore',
      profileArgument,
      ...filter,
      '--convert-to',
      'ods',
      '--outdir',
      out,
      file,
    ];
    const { stdout, stderr } = await promisify(execFile)('soffice', args, {
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    const saved = await readFile(join(out, fileName.replace(/\.\w+$/, '.ods'))).catch((cause: unknown) => {
      throw new Error(`LibreOffice did not save ${fileName}: ${stdout}${stderr}`, { cause });
    });
    const book = await readOds(saved);
    const wanted = sheet === undefined ? book.sheets[0] : book.sheets.find(({ name }) => name === sheet);
    return (wanted?.rows ?? []).map((row) => row.map(toCell));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function toCell(value: unknown): string | number | null {
  if (value === null || value === undefined || value === '') return null;
  if (value instanceof Date) return value.toISOString().slice(0, 10);
  if (typeof value === 'string' || typeof value === 'number') return value;
  throw new Error(`LibreOffice made a ${typeof value} of a cell`);
}

/** Separator, quote, UTF-8, first line, no columns of a given type, region of the system, whether quoted cells are text. */
function csvOptions(separator: string, quotedIsText: boolean): string {
  return [separator.charCodeAt(0), 34, 76, 1, '', 0, quotedIsText].join(',');
}

function settingsFor(locale: string, recalculate: boolean): string {
  // 0: always, 1: never, 2: asks.
  const recalculation = recalculate
    ? '\n<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>'
    : '';
  return `<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" oor:op="fuse"><value>${locale}</value></prop></item>${recalculation}
</oor:items>
`;
}
