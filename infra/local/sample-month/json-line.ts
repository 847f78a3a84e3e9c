import { type Exact, formatExact } from './exact-decimal.ts';
import type { Random } from './random.ts';

/** A column name and its value as JSON text. Text, because a JSON number passed through a double loses digits. */
export type Column = readonly [name: string, token: string];

export function jsonLine(columns: readonly Column[]): string {
  return `{${columns.map(([name, token]) => `"${name}":${token}`).join(',')}}\n`;
}

export function textToken(text: string): string {
  return JSON.stringify(text);
}

/** A JSON number with every digit of the amount. */
export function amountToken(value: Exact): string {
  return formatExact(value);
}

export function dateToken(day: string, hasZone: boolean): string {
  return day === '' ? '""' : `"${day}T00:00:00${hasZone ? 'Z' : ''}"`;
}

/** Now and then in capitals, whole or in part, as in Microsoft's own files; ids are compared regardless of case. */
export function mixedCase(id: string, random: Random): string {
  switch (random.integer(0, 19)) {
    case 0:
      return id.toUpperCase();
    case 1:
      return id.slice(0, 8).toUpperCase() + id.slice(8);
    default:
      return id;
  }
}
