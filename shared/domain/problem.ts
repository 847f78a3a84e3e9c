/**
 * Something that is wrong with an input, said so that a person can find it: which file, and where known which line,
 * column and value. `code` is stable; `message` is a sentence.
 */
export type Problem = {
  readonly code: string;
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: string;
  readonly value?: string;
};

/** How many problems a record shows; the count beside them tells how many there are. */
export const shownProblemsMax = 20;
