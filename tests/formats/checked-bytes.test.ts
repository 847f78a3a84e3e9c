import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkedBytes } from '../../shared/formats/checked-bytes.ts';
import { FileRefusedError } from '../../shared/formats/file-refused-error.ts';
import { chunksOf, mutatedBytes } from './mutated-bytes.ts';
import { fileOf } from './source-files.ts';

async function checked(bytes: Uint8Array, longest: number) {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of checkedBytes(fileOf('a.csv', ...chunksOf(bytes, longest)), () => 7)) chunks.push(chunk);
  } catch (error) {
    if (!(error instanceof FileRefusedError)) throw error;
    return { good: Buffer.concat(chunks), problem: error.problem };
  }
  return { good: Buffer.concat(chunks), problem: undefined };
}

const text = fc.string({ unit: 'grapheme', maxLength: 20 }).map((value) => Buffer.from(value, 'utf8'));

describe('checked bytes', () => {
  it('are handed out as they are, up to the first that is no text, wherever they are cut', async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(mutatedBytes(text), fc.nat({ max: 5 }), async (bytes, longest) => {
        const { good, problem } = await checked(bytes, longest);
        expect(good.equals(bytes.subarray(0, good.length))).toBe(true);
        expect(() => new TextDecoder('utf-8', { fatal: true }).decode(good)).not.toThrow();
        expect(good.includes(0)).toBe(false);
        if (problem === undefined) {
          expect(good.length).toBe(bytes.length);
          return;
        }
        refused += 1;
        expect(problem).toMatchObject({ code: 'badEncoding', file: 'a.csv', line: 7 });
        expect(problem.message).toContain(`byte ${good.length} `);
        // The byte that was named is the first bad one: with all that follows up to a whole character it is no text.
        const decoder = new TextDecoder('utf-8', { fatal: true });
        const next = [1, 2, 3, 4].some((length) => {
          const character = bytes.subarray(good.length, good.length + length);
          if (character.length < length || character[0] === 0) return false;
          try {
            return decoder.decode(character) !== '';
          } catch {
            return false;
          }
        });
        expect(next).toBe(false);
      }),
      { numRuns: 2000 },
    );
    expect(refused).toBeGreaterThan(100);
  });
});
