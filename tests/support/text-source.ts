import { gzipSync } from 'node:zlib';
import type { InvoiceSource } from '../../shared/pipeline/ports.ts';
import { bytesOf, tinySource } from './world.ts';

/** The tiny month with other contents of its invoice of new commerce: the texts of the parts of each kind. */
export function textSource(parts: {
  readonly dailyratedusage: readonly string[];
  readonly onetime: readonly string[];
}): Pick<InvoiceSource, 'openPart'> {
  return {
    openPart: async (request) => {
      const { manifestUrl } = request.manifest;
      const kind = (['dailyratedusage', 'onetime'] as const).find((each) => manifestUrl.includes(`-${each}`));
      if (kind === undefined) return tinySource().openPart(request);
      return { kind: 'open', bytes: bytesOf(gzipSync(parts[kind][request.part] ?? '')) };
    },
  };
}
