import type { Problem } from '../domain/problem.ts';

/**
 * Thrown when a whole file cannot be used: a damaged container, a missing or doubled column, a ragged row, bytes that
 * are not text. Nothing of the file may be used. It carries the problem as the user will see it.
 */
export class FileRefusedError extends Error {
  override readonly name = 'FileRefusedError';
  readonly problem: Problem;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(problem.message, options);
    this.problem = problem;
  }
}
