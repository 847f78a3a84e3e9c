import { createHash, createHmac } from 'node:crypto';
import type { PartnerCenterScript } from './script.ts';

/** What every route needs of the running stand-in. */
export type StandInContext = {
  readonly folder: string;
  readonly script: PartnerCenterScript;
  readonly now: () => Date;
  readonly url: string;
  readonly graphUrl: string;
  /** GUIDs that differ within a run and between runs, and are the same under the same clock and port. */
  readonly nextId: (purpose: string) => string;
  /** A signature that only this run of the stand-in can make. */
  readonly sign: (text: string) => Buffer;
};

/** The clock's first reading is the seed: ids of an earlier run, still in somebody's queue, must not name new things. */
export function createContext(options: {
  readonly folder: string;
  readonly script: PartnerCenterScript;
  readonly now: () => Date;
  readonly url: string;
}): StandInContext {
  const seed = `${options.now().toISOString()} ${options.url}`;
  let issued = 0;
  return {
    ...options,
    graphUrl: `${options.url}/graph/v1.0`,
    nextId: (purpose) => {
      issued += 1;
      return guidOf(`${seed} ${purpose} ${issued}`);
    },
    sign: (text) => createHmac('sha256', seed).update(text).digest(),
  };
}

function guidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
