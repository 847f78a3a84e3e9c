import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExactJson } from '../../shared/formats/exact-json.ts';
import { JsonLineScanner } from '../../shared/formats/json-line-scan.ts';
import { jsonValueEnd } from '../../shared/formats/json-value.ts';
import { mutatedBytes } from './mutated-bytes.ts';

const names = ['Cost', 'Name', 'MeterId'] as const;
const scanner = new JsonLineScanner(names);

/** The tokens of the names; undefined when the scanner leaves the line to JSON.parse. Other bytes stand around it. */
function scanned(line: Uint8Array): readonly (string | undefined)[] | undefined {
  const bytes = Buffer.concat([Buffer.from('"}'), line, Buffer.from('\n}"')]);
  if (!scanner.scan(viewOf(bytes), 2, bytes.length - 3)) return undefined;
  return names.map((_, slot) => {
    const [start = -1, end = -1] = scanner.spans.subarray(2 * slot, 2 * slot + 2);
    return start === -1 ? undefined : bytes.toString('utf8', start, end);
  });
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function parsed(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const number = fc.constantFrom(
  '0',
  '-0',
  '1.50',
  '1E-28',
  '12345678901234567890.123',
  '1e+3',
  '01',
  '1.',
  '.5',
  '-',
  '1e',
);
const string = fc.string({ unit: fc.constantFrom('a', 'é', '🙂', '"', '\\', '\n', '\t', '/', '\u0001', '\ud800') });
const token = fc.oneof(
  number,
  string.map((text) => JSON.stringify(text)),
  fc.constantFrom('true', 'null', 'nul', '"\\u00e9"'),
  fc.json(),
);
const key = fc.constantFrom('Cost', 'cOST', 'Name', 'MeterId', 'Other', 'prototype', '__proto__', '', 'é');
const blank = fc.constantFrom('', '', '', ' ', '\t', '\r');
const line = fc
  .tuple(fc.array(fc.tuple(key, token), { maxLength: 5 }), blank, blank)
  .map(([members, before, after]) =>
    Buffer.from(
      `${before}{${members.map(([name, value]) => `${after}"${name}"${before}:${after}${value}`).join(',')}}${after}`,
      'utf8',
    ),
  );
const text = mutatedBytes(line).filter((bytes) => Buffer.from(Buffer.from(bytes).toString('utf8')).equals(bytes));

describe('a scan of a JSON line', () => {
  it('accepts only what JSON.parse accepts, and picks the same values', () => {
    let accepted = 0;
    fc.assert(
      fc.property(text, (bytes) => {
        const tokens = scanned(bytes);
        if (tokens === undefined) return;
        accepted += 1;
        const record = parsed(Buffer.from(bytes).toString('utf8'));
        expect(record).toBeTypeOf('object');
        const entries = Object.entries(record as Record<string, unknown>);
        for (const [slot, name] of names.entries()) {
          const found = entries.find(([candidate]) => candidate.toLowerCase() === name.toLowerCase());
          const token = tokens[slot];
          expect(token === undefined ? undefined : parsed(token)).toEqual(found?.[1]);
        }
      }),
      { numRuns: 5000 },
    );
    expect(accepted).toBeGreaterThan(500);
  });

  it('accepts every object that JSON.stringify writes, unless a known key is there twice', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: fc.constantFrom('a', 'é', '🙂', ' ') }), fc.jsonValue({ maxDepth: 4 })),
        (record) => {
          expect(scanned(Buffer.from(JSON.stringify({ ...record, Cost: 1.5 }), 'utf8'))).toEqual([
            '1.5',
            undefined,
            undefined,
          ]);
        },
      ),
    );
  });

  it('leaves a known key that is there twice, in any letter case, to JSON.parse', () => {
    expect(scanned(Buffer.from('{"Cost":1,"other":2,"other":3}'))).toEqual(['1', undefined, undefined]);
    expect(scanned(Buffer.from('{"Cost":1,"Cost":2}'))).toBeUndefined();
    expect(scanned(Buffer.from('{"Cost":1,"cost":2}'))).toBeUndefined();
    expect(scanned(Buffer.from('{"\\u0043ost":1}'))).toBeUndefined();
  });
});

describe('the end of a JSON value', () => {
  it('is found for what JSON.parse accepts, and for nothing else', () => {
    fc.assert(
      fc.property(mutatedBytes(token.map((value) => Buffer.from(value, 'utf8'))), (bytes) => {
        const content = Buffer.from(bytes).toString('utf8');
        if (!Buffer.from(content).equals(bytes) || content !== content.trim()) return;
        expect(jsonValueEnd(viewOf(bytes), 0, bytes.length) === bytes.length).toBe(parsed(content) !== undefined);
      }),
      { numRuns: 5000 },
    );
  });

  it('is left to JSON.parse where values are nested deeper than any file has them', () => {
    const nested = (depth: number) => Buffer.from('['.repeat(depth) + ']'.repeat(depth));
    expect(jsonValueEnd(viewOf(nested(60)), 0, 120)).toBe(120);
    expect(jsonValueEnd(viewOf(nested(100_000)), 0, 200_000)).toBe(-1);
  });
});
