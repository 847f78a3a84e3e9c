import { createHash } from 'node:crypto';

/**
 * A repeatable source of choices. Each concern takes a stream of its own by label, so that a change in one
 * (say, one more seat line) does not shift what all the others draw.
 */
export type Random = {
  /** An integer from `low` to `high`, both included. */
  readonly integer: (low: number, high: number) => number;
  /** True in about `percent` of 100 calls. */
  readonly chance: (percent: number) => boolean;
  readonly pick: <T>(choices: readonly T[]) => T;
  /** A lower-case GUID of version 4. */
  readonly guid: () => string;
  /** Text of `length` characters out of 0-9 and A-Z. */
  readonly code: (length: number) => string;
};

const codeAlphabet = '0123456789BCDFGHJKLMNPQRSTVWXZ';

export function createRandom(seed: number, label: string): Random {
  const next = smallFastCounter(createHash('sha256').update(`${seed}/${label}`).digest());
  const integer = (low: number, high: number): number => low + (next() % (high - low + 1));
  const pick = <T>(choices: readonly T[]): T => {
    const choice = choices[integer(0, choices.length - 1)];
    if (choice === undefined) {
      throw new Error('There is nothing to pick from');
    }
    return choice;
  };
  return {
    integer,
    chance: (percent) => next() % 100 < percent,
    pick,
    guid: () => guidFrom([next(), next(), next(), next()]),
    code: (length) => Array.from({ length }, () => pick([...codeAlphabet])).join(''),
  };
}

/** The generator sfc32 (PractRand): four words of state, period at least 2^32. */
function smallFastCounter(state: Buffer): () => number {
  let a = state.readUInt32LE(0);
  let b = state.readUInt32LE(4);
  let c = state.readUInt32LE(8);
  let counter = state.readUInt32LE(12);
  return () => {
    const result = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + result;
    return result >>> 0;
  };
}

function guidFrom(words: readonly number[]): string {
  const hex = words.map((word) => word.toString(16).padStart(8, '0')).join('');
  const variant = '89ab'[(words[2] ?? 0) & 3];
  const groups = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `${variant}${hex.slice(17, 20)}`];
  return [...groups, hex.slice(20, 32)].join('-');
}
