import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { TerminalError } from '../../shared/domain/terminal-error.ts';
import { CONTOSO, GRAPH_SCOPE, PARTNER_CENTER_SCOPE, startSample } from '../infra/partner-center-sample.ts';
import { contosoTokens, failureOf } from './microsoft-fixture.ts';

it('asks once for each scope and keeps the token', async () => {
  const { standIn } = await startSample();
  const tokens = contosoTokens(standIn.loginUrl);
  const first = await tokens.token(GRAPH_SCOPE);
  expect(await tokens.token(GRAPH_SCOPE)).toBe(first);
  expect(await tokens.token(PARTNER_CENTER_SCOPE)).not.toBe(first);
  expect(standIn.requests).toHaveLength(2);
});

it('asks anew for a token that is about to run out', async () => {
  const { standIn, script } = await startSample();
  script.tokenLifeSeconds = 59;
  const tokens = contosoTokens(standIn.loginUrl);
  const first = await tokens.token(GRAPH_SCOPE);
  expect(await tokens.token(GRAPH_SCOPE)).not.toBe(first);
});

it('fails on a wrong secret without showing it, and goes on once it is right', async () => {
  const { standIn } = await startSample();
  const error = await failureOf(contosoTokens(standIn.loginUrl, 'wr0ng-secret').token(GRAPH_SCOPE));
  expect(error.message).toBe('The token endpoint answered 401');
  expect(inspect(error, { depth: 10 })).not.toMatch(/wr0ng-secret/);
  // A secret is renewed by people while messages wait: not the end of the work.
  expect(error).not.toBeInstanceOf(TerminalError);
  await expect(contosoTokens(standIn.loginUrl, CONTOSO.clientSecret).token(GRAPH_SCOPE)).resolves.toMatch(/.+/);
});

it('keeps nothing of a failed request', async () => {
  const { standIn, script } = await startSample();
  script.failNext('token', 1, 503);
  const tokens = contosoTokens(standIn.loginUrl);
  await expect(tokens.token(GRAPH_SCOPE)).rejects.toThrow('The token endpoint answered 503');
  await expect(tokens.token(GRAPH_SCOPE)).resolves.toMatch(/.+/);
});
