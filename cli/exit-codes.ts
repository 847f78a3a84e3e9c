/** 0 done, 1 refused input or failure, 2 mismatches with `--fail-on mismatch`, 64 wrong usage. */
export const exitCodes = { refused: 1, mismatch: 2, usage: 64 } as const;
