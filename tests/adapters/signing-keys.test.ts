import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  KeysUnavailableError,
  keyTimes,
  remoteSigningKeys,
  type SigningKeys,
} from '../../shared/adapters/signing-keys.ts';
import { type EntraStandIn, startEntra } from '../support/entra-stand-in.ts';

let entra: EntraStandIn;
let nowMs: number;
let keys: SigningKeys;
beforeEach(async () => {
  entra = await startEntra();
  nowMs = 1_000_000;
  keys = remoteSigningKeys(entra.keysUrl, () => nowMs);
});
afterEach(() => entra.close());

describe('signing keys', () => {
  it('are read once, however many ask at the same time', async () => {
    const found = await Promise.all(Array.from({ length: 50 }, () => keys.find('key-1')));
    expect(found.every((key) => key?.key.algorithm.name === 'RSASSA-PKCS1-v1_5')).toBe(true);
    expect(found[0]?.issuer).toBe(`${entra.authorityUrl}/{tenantid}/v2.0`);
    expect(entra.reads()).toBe(1);
  });

  it('that are not known have them read again, but forged ids do not hammer', async () => {
    await keys.find('key-1');
    await entra.rotate('key-2');
    for (let tries = 0; tries < 100; tries += 1) expect(await keys.find(`forged-${tries}`)).toBeUndefined();
    expect(entra.reads()).toBe(1);
    nowMs += keyTimes.coolDownMs + 1;
    expect(await keys.find('key-2')).toBeDefined();
    expect(entra.reads()).toBe(2);
    expect(await keys.find('key-1')).toBeUndefined();
  });

  it('that were withdrawn are gone when they are read again', async () => {
    expect(await keys.find('key-1')).toBeDefined();
    await entra.rotate('key-2');
    nowMs += keyTimes.freshMs + 1;
    expect(await keys.find('key-1')).toBeUndefined();
  });

  it('go on working through an outage, and not for ever', async () => {
    await keys.find('key-1');
    entra.behave('fails');
    nowMs += keyTimes.freshMs + 1;
    expect(await keys.find('key-1')).toBeDefined();
    nowMs += keyTimes.trustedMs - keyTimes.freshMs - 2;
    expect(await keys.find('key-1')).toBeDefined();
    nowMs += 2;
    await expect(keys.find('key-1')).rejects.toThrow(KeysUnavailableError);
    entra.behave('answers');
    nowMs += keyTimes.failurePauseMs + 1;
    expect(await keys.find('key-1')).toBeDefined();
  });

  it('cannot be told while none were ever read, and a failing address is left alone for a while', async () => {
    entra.behave('fails');
    await expect(keys.find('key-1')).rejects.toMatchObject({ retryAfterMs: keyTimes.failurePauseMs });
    nowMs += 1_000;
    for (let tries = 0; tries < 20; tries += 1) await expect(keys.find('key-1')).rejects.toThrow(KeysUnavailableError);
    expect(entra.reads()).toBe(1);
  });

  it.each(['redirects', 'talksNonsense'] as const)('are not taken from an address that %s', async (behaviour) => {
    entra.behave(behaviour);
    await expect(keys.find('key-1')).rejects.toThrow(KeysUnavailableError);
    expect(entra.reads()).toBe(1);
  });

  it('of other kinds than RSA are none', async () => {
    expect(await keys.find('other')).toBeUndefined();
  });

  it.each(['__proto__', 'constructor', '../key-1', 'key-1\u0000', ''])('have no key of the id %j', async (kid) => {
    expect(await keys.find(kid)).toBeUndefined();
  });
});
