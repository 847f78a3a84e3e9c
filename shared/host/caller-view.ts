import type { Caller } from '../domain/caller.ts';
import type { LineView, LineViewOutcome, Refusal } from '../domain/caller-scope.ts';
import { HttpError } from './http-error.ts';

/** @throws HttpError 403 for what is not open to the caller's role, 400 where it does not say whose eyes are meant */
export function viewOrThrow(caller: Caller, outcome: LineViewOutcome): LineView {
  if (outcome.kind === 'view') return outcome.view;
  throw refusalError(caller, outcome);
}

/** The same for whatever a caller asks for somebody. */
export function refusalError({ role }: Caller, { kind, parameter }: Refusal): HttpError {
  if (kind === 'notOpen')
    return new HttpError(403, 'Forbidden', `This ${parameter} is not open to the role ${role}`, parameter);
  return new HttpError(400, 'MissingParameter', `${parameter} is missing; it says for whom`, parameter);
}
