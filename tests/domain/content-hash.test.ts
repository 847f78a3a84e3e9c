import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { identityOf, sha256, uuidOf } from '../../shared/domain/content-hash.ts';

const lists = fc.array(fc.string({ unit: 'binary', maxLength: 4 }), { maxLength: 4 });

describe('content hashes', () => {
  it('are SHA-256 over UTF-8', () => {
    expect(sha256('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(sha256('é')).toBe(
      createHash('sha256')
        .update(Buffer.from([0xc3, 0xa9]))
        .digest('hex'),
    );
  });

  it('are the same for the same list and differ for every other list', () => {
    fc.assert(
      fc.property(lists, lists, (left, right) => {
        const same = left.length === right.length && left.every((part, index) => part === right[index]);
        expect(identityOf(left)).toMatch(/^[0-9a-f]{32}$/);
        expect(identityOf(left) === identityOf(right)).toBe(same);
        expect(uuidOf(left) === uuidOf(right)).toBe(same);
      }),
    );
  });

  it.each<readonly [readonly string[], readonly string[]]>([
    [[], ['']],
    [['ab'], ['a', 'b']],
    [
      ['a', ''],
      ['', 'a'],
    ],
    [['a,b'], ['a', 'b']],
    [['a","b'], ['a', 'b']],
    [['a\\'], ['a\\\\']],
    [['\ud800'], ['\udfff']],
    [['\ud800'], ['\\ud800']],
    [
      ['a', 'b'],
      ['b', 'a'],
    ],
  ])('tells %j from %j', (left, right) => {
    expect(identityOf(left)).not.toBe(identityOf(right));
  });

  it('written as UUIDs are of version 8 and of the RFC variant, all of them', () => {
    fc.assert(
      fc.property(lists, (parts) => {
        expect(uuidOf(parts)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      }),
    );
    const variants = new Set(Array.from({ length: 64 }, (_, index) => uuidOf([String(index)]).charAt(19)));
    expect([...variants].sort().join('')).toBe('89ab');
  });

  it('never change: stored names depend on them', () => {
    expect(identityOf(['G000000001', 'onetime', '0', '1'])).toBe(
      createHash('sha256').update('["G000000001","onetime","0","1"]').digest('hex').slice(0, 32),
    );
  });
});
