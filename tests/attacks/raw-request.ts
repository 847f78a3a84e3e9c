import { connect } from 'node:net';

/** What came back over a connection, as far as it came. */
export type RawAnswer = {
  readonly text: string;
  /** Of each answer on the connection, in order. */
  readonly statuses: readonly number[];
  readonly tookMs: number;
};

/** A connection that stays open without an end is given up after this. */
const quietAfterMs = 2_000;

/**
 * Sends bytes as they are, which no HTTP client would. Ends when the other side closes the connection, or when it has
 * answered and says nothing more for a moment, or is silent for too long.
 */
export function sendRaw(apiUrl: string, pieces: readonly (string | Buffer)[]): Promise<RawAnswer> {
  const { hostname, port } = new URL(apiUrl);
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    const chunks: Buffer[] = [];
    let quiet = setTimeout(() => socket.destroy(), quietAfterMs);
    const end = () => {
      clearTimeout(quiet);
      const text = Buffer.concat(chunks).toString('latin1');
      const statuses = [...text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map((match) => Number(match[1]));
      resolve({ text, statuses, tookMs: performance.now() - started });
    };
    socket.on('connect', () => {
      for (const piece of pieces) socket.write(piece, 'latin1');
    });
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      clearTimeout(quiet);
      quiet = setTimeout(() => socket.destroy(), 150);
    });
    socket.on('error', (error) => {
      // A refusal may reach us as a reset while we still write.
      if ('code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')) return;
      clearTimeout(quiet);
      reject(error);
    });
    socket.on('close', end);
  });
}

/** The head of a request, its lines ended as HTTP wants. */
export function headOf(...lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** A body that never ends: a byte now and then. @returns the answer, or what there was when the connection closed */
export function sendSlowly(apiUrl: string, head: string, everyMs: number): Promise<RawAnswer> {
  const { hostname, port } = new URL(apiUrl);
  const started = performance.now();
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    const chunks: Buffer[] = [];
    const drip = setInterval(() => socket.write('1\r\n \r\n'), everyMs);
    const end = () => {
      clearInterval(drip);
      socket.destroy();
      const text = Buffer.concat(chunks).toString('latin1');
      const statuses = [...text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map((match) => Number(match[1]));
      resolve({ text, statuses, tookMs: performance.now() - started });
    };
    socket.on('connect', () => socket.write(head, 'latin1'));
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      end();
    });
    socket.on('error', end);
    socket.on('close', end);
  });
}
