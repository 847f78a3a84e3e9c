import { timingSafeEqual } from 'node:crypto';
import type { StandInContext } from './context.ts';

/** Why Azure Storage refuses a SAS; the status is 403 for all of them. */
export type SasRefusal = 'missing' | 'malformed' | 'mismatch' | 'expired';

/** The parts that are signed, besides the directory. */
const SIGNED = ['skoid', 'sktid', 'skt', 'ske', 'sks', 'skv', 'sv', 'scid', 'se', 'sr', 'sp', 'sdd'] as const;

/**
 * A user-delegation SAS for a directory, made like the one in Microsoft's example: no leading `?`, `sr=d`, read and
 * list. `scid` carries the generation a script counts up to end all tokens at once.
 */
export function issueSas(context: StandInContext, directoryPath: string): string {
  const nowMs = context.now().getTime();
  // Azure writes whole seconds; rounded up, or a SAS of one second would be born expired.
  const expiresAt = isoSeconds(new Date(Math.ceil((nowMs + context.script.sasLifeSeconds * 1000) / 1000) * 1000));
  const query = new URLSearchParams({
    skoid: '0c414a25-fd23-4785-815f-1258467f9ab7',
    sktid: '975f013f-7f24-47e8-a7d3-abc4752bf346',
    skt: isoSeconds(new Date(nowMs)),
    ske: isoSeconds(new Date(nowMs + 86_400_000)),
    sks: 'b',
    skv: '2021-08-06',
    sv: '2021-08-06',
    scid: `00000000-0000-4000-8000-${String(context.script.sasGeneration).padStart(12, '0')}`,
    se: expiresAt,
    sr: 'd',
    sp: 'rl',
    sdd: String(directoryPath.split('/').length - 3),
  });
  query.set('sig', signatureOf(context, directoryPath, query).toString('base64'));
  return query.toString();
}

/** Whether the SAS in `query` opens `directoryPath` now. */
export function checkSas(
  context: StandInContext,
  directoryPath: string,
  query: URLSearchParams,
): { readonly kind: 'open' } | { readonly kind: 'refused'; readonly why: SasRefusal; readonly expiry: string } {
  const expiry = query.get('se') ?? '';
  const given = query.get('sig');
  if (given === null) return { kind: 'refused', why: 'missing', expiry };
  const expiresAtMs = new Date(expiry).getTime();
  if (Number.isNaN(expiresAtMs)) return { kind: 'refused', why: 'malformed', expiry };
  const expected = signatureOf(context, directoryPath, query);
  const actual = Buffer.from(given, 'base64');
  if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) {
    return { kind: 'refused', why: 'mismatch', expiry };
  }
  const generation = Number(query.get('scid')?.slice(-12));
  if (context.now().getTime() >= expiresAtMs || generation !== context.script.sasGeneration) {
    return { kind: 'refused', why: 'expired', expiry };
  }
  return { kind: 'open' };
}

function signatureOf(context: StandInContext, directoryPath: string, query: URLSearchParams): Buffer {
  return context.sign([directoryPath, ...SIGNED.map((name) => query.get(name) ?? '')].join('\n'));
}

function isoSeconds(moment: Date): string {
  return `${moment.toISOString().slice(0, 19)}Z`;
}
