import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { continuations } from '../../shared/host/continuation.ts';

const key = new Uint8Array(32).fill(7);
const now = '2026-11-22T10:30:00.000Z';
const binding = JSON.stringify(['GET', 'files', [], [['kind', 'onetime']], { role: 'csp.reader' }]);

describe('a continuation token', () => {
  it('gives back any position, to whoever asks the same', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), fc.string(), (position, bound) => {
        const { seal, open } = continuations(key, now);
        expect(open(bound, seal(bound, position))).toBe(position);
      }),
    );
  });

  it('is the same for the same page within an hour, so that the page has the same ETag', () => {
    const { seal } = continuations(key, now);
    expect(continuations(key, '2026-11-22T10:59:59.999Z').seal(binding, 'a')).toBe(seal(binding, 'a'));
    expect(continuations(key, '2026-11-22T11:00:00.000Z').seal(binding, 'a')).not.toBe(seal(binding, 'a'));
    expect(seal(binding, 'b')).not.toBe(seal(binding, 'a'));
  });

  it('does not show the position that it stands for', () => {
    const token = continuations(key, now).seal(binding, 'G000123456-of-somebody-else');
    expect(Buffer.from(token, 'base64url').toString('latin1')).not.toContain('G000123456');
  });

  it('is nothing to another list, another key or another day', () => {
    const token = continuations(key, now).seal(binding, 'position');
    expect(continuations(key, now).open(`${binding} `, token)).toBeUndefined();
    expect(continuations(new Uint8Array(32).fill(8), now).open(binding, token)).toBeUndefined();
    expect(continuations(key, '2026-11-23T10:00:00.000Z').open(binding, token)).toBe('position');
    expect(continuations(key, '2026-11-23T11:00:00.000Z').open(binding, token)).toBeUndefined();
    expect(continuations(key, '2026-11-22T09:00:00.000Z').open(binding, token)).toBeUndefined();
  });

  it('is nothing with any bit of it changed, anything cut off or added', () => {
    const { seal, open } = continuations(key, now);
    const token = seal(binding, '["2026-10","G1"]');
    const bytes = Buffer.from(token, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(open(binding, changed.toString('base64url'))).toBeUndefined();
    }
    for (let length = 0; length < bytes.length; length += 1)
      expect(open(binding, bytes.subarray(0, length).toString('base64url'))).toBeUndefined();
    expect(open(binding, `${token}AAAA`)).toBeUndefined();
  });

  it.each(['', '100', '{"skip":1}', '../..', '=', 'x'.repeat(3_000), 'ü', '%00'])('is not made up: %j', (token) => {
    expect(continuations(key, now).open(binding, token)).toBeUndefined();
  });
});
