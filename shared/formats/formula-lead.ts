/*
 * A spreadsheet runs a cell that begins with one of these as a formula. Some trim blanks, control characters or quotes
 * first, so those count as part of the lead; the full-width forms are read as their narrow ones by East Asian versions.
 */
const formulaLead = /^[\s\p{Z}\p{C}"']*[=+\-@\t\r\n＝＋－＠]/u;

/** Whether a spreadsheet might run `text` as a formula when it finds it in a CSV file. */
export function hasFormulaLead(text: string): boolean {
  const first = text.charCodeAt(0);
  // A letter, a digit, or punctuation that is no lead: nearly every cell.
  if (first > 0x2f && first < 0x7f && first !== 0x3d && first !== 0x40) return false;
  return formulaLead.test(text);
}

/**
 * `text` as a cell of a CSV file that no spreadsheet runs: with an apostrophe before a formula lead. It can be undone:
 * an apostrophe goes where what follows it has a formula lead.
 */
export function neutralised(text: string): string {
  return hasFormulaLead(text) ? `'${text}` : text;
}
