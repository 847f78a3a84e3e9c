import { parseMicrosoftDay } from '../domain/calendar.ts';
import { type CultureName, cultureNames } from '../domain/culture-names.ts';

/** `d` and `M` are written without a leading zero, `dd` and `MM` with one. */
type DayForm = 'yyyy-MM-dd' | 'M/d/yyyy' | 'dd/MM/yyyy' | 'dd.MM.yyyy' | 'd.M.yyyy' | 'dd-MM-yyyy';

type Conventions = {
  readonly decimalMark: '.' | ',';
  readonly dayForm: DayForm;
  /** The list separator of the region: what its spreadsheets take for the end of a column. */
  readonly columnSeparator: ',' | ';';
  readonly hasByteOrderMark: boolean;
};

const spreadsheet = { hasByteOrderMark: true } as const;
const pointAndComma = { ...spreadsheet, decimalMark: '.', columnSeparator: ',' } as const;
const pointAndSemicolon = { ...spreadsheet, decimalMark: '.', columnSeparator: ';' } as const;
const commaAndSemicolon = { ...spreadsheet, decimalMark: ',', columnSeparator: ';' } as const;

/**
 * The regional formats in which files are offered: the conventions of Windows' regional settings, which is what Excel
 * opens a CSV file by; LibreOffice reads every one of them in the same way (tests/spreadsheets). In all of them minus is
 * the ASCII one, digits are not grouped, and rows end with CRLF. There is no `sep=` line: readers other than Excel take
 * it for data.
 */
const conventions = {
  invariant: { decimalMark: '.', dayForm: 'yyyy-MM-dd', columnSeparator: ',', hasByteOrderMark: false },
  'da-DK': { ...commaAndSemicolon, dayForm: 'dd-MM-yyyy' },
  'de-AT': { ...commaAndSemicolon, dayForm: 'dd.MM.yyyy' },
  'de-CH': { ...pointAndSemicolon, dayForm: 'dd.MM.yyyy' },
  'de-DE': { ...commaAndSemicolon, dayForm: 'dd.MM.yyyy' },
  'en-AU': { ...pointAndComma, dayForm: 'dd/MM/yyyy' },
  'en-GB': { ...pointAndComma, dayForm: 'dd/MM/yyyy' },
  'en-IE': { ...pointAndComma, dayForm: 'dd/MM/yyyy' },
  'en-US': { ...pointAndComma, dayForm: 'M/d/yyyy' },
  'es-ES': { ...commaAndSemicolon, dayForm: 'dd/MM/yyyy' },
  'fi-FI': { ...commaAndSemicolon, dayForm: 'd.M.yyyy' },
  'fr-BE': { ...commaAndSemicolon, dayForm: 'dd/MM/yyyy' },
  'fr-FR': { ...commaAndSemicolon, dayForm: 'dd/MM/yyyy' },
  'it-IT': { ...commaAndSemicolon, dayForm: 'dd/MM/yyyy' },
  'nb-NO': { ...commaAndSemicolon, dayForm: 'dd.MM.yyyy' },
  'nl-BE': { ...commaAndSemicolon, dayForm: 'dd/MM/yyyy' },
  'nl-NL': { ...commaAndSemicolon, dayForm: 'dd-MM-yyyy' },
  'pl-PL': { ...commaAndSemicolon, dayForm: 'dd.MM.yyyy' },
  'pt-BR': { ...commaAndSemicolon, dayForm: 'dd/MM/yyyy' },
  // Windows writes a slash here, and reads a hyphen as well; LibreOffice reads hyphens only.
  'pt-PT': { ...commaAndSemicolon, dayForm: 'dd-MM-yyyy' },
  'sv-SE': { ...commaAndSemicolon, dayForm: 'yyyy-MM-dd' },
} as const satisfies Record<CultureName, Conventions>;

/** A regional format by its name. */
export type Culture = Conventions & { readonly name: CultureName };

/** Thrown when somebody asks for a regional format that is not offered; the message names those that are. */
export class UnknownCultureError extends Error {
  override readonly name = 'UnknownCultureError';

  constructor(text: string) {
    super(`There is no regional format '${text.slice(0, 40)}'; offered are ${cultureNames.join(', ')}`);
  }
}

/** The regional format named `text`, without regard to letter case. @throws UnknownCultureError */
export function cultureNamed(text: string): Culture {
  const name = cultureNames.find((candidate) => candidate.toLowerCase() === text.toLowerCase());
  if (name === undefined) throw new UnknownCultureError(text);
  return { name, ...conventions[name] };
}

/** The day `YYYY-MM-DD` in the form of `culture`. @throws Error for anything else: that is our own bug, not bad input */
export function dayIn(culture: Culture, day: string): string {
  if (parseMicrosoftDay(day) !== day) throw new Error(`Not a day: '${day.slice(0, 40)}'; expected YYYY-MM-DD`);
  const [year = '', month = '', date = ''] = day.split('-');
  const parts: Readonly<Record<string, string>> = {
    yyyy: year,
    MM: month,
    dd: date,
    M: month.replace(/^0/, ''),
    d: date.replace(/^0/, ''),
  };
  return culture.dayForm.replace(/[a-zA-Z]+/g, (part) => parts[part] ?? part);
}
