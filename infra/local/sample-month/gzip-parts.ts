import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/** One gzip file being written. Text is collected into large chunks, because a row at a time is slow to compress. */
export type GzipPart = {
  /** Answers a promise only when the caller must wait for the disk; most rows need none. */
  readonly write: (text: string) => Promise<void> | undefined;
  readonly close: () => Promise<{ readonly byteCount: number; readonly rows: number }>;
};

const chunkLength = 262_144;

/**
 * `head` is text before the first row (the header of a CSV file) and does not count as a row. Node writes no time
 * stamp into a gzip header, so the same text gives the same bytes.
 */
export function openGzipPart(path: string, head: string): GzipPart {
  const gzip = createGzip();
  const done = pipeline(gzip, createWriteStream(path));
  // A failure is thrown by `write` or `close`, whichever comes first; until then it must not end the process.
  done.catch(() => undefined);
  let buffered = head;
  let rows = 0;

  function flush(): Promise<void> | undefined {
    const chunk = buffered;
    buffered = '';
    // A failing disk ends the race through `done`; `drain` alone would wait for ever.
    return gzip.write(chunk) ? undefined : Promise.race([once(gzip, 'drain').then(() => undefined), done]);
  }

  return {
    write(text) {
      buffered += text;
      rows += 1;
      return buffered.length < chunkLength ? undefined : flush();
    },
    async close() {
      gzip.end(buffered);
      await done;
      return { byteCount: (await stat(path)).size, rows };
    },
  };
}
