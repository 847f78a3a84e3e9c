/**
 * What goes wrong, and when. Settings are plain fields to assign; what is used up (the next three requests …) is told
 * by a method. Nothing here is random: the same script and the same requests give the same answers.
 */

/** Requests that can be disturbed together. `any` means all of them. */
export type RouteGroup = 'token' | 'export' | 'operation' | 'manifest' | 'blob' | 'invoices' | 'line-items';

/** How a finished operation names its manifest: the documentation, a sample and a client in use disagree. */
export type ResourceLocationShape = 'navigation-link' | 'embedded' | 'url';

export type BilledData = 'dailyratedusage' | 'onetime';

export type Fault =
  | { readonly kind: 'throttle'; readonly retryAfterSeconds: number }
  | { readonly kind: 'fail'; readonly status: number };

export type OperationFailure = { readonly code: string; readonly message: string };

type BlobBreak = { readonly afterBytes: number; readonly tries: number; readonly name?: string };

/** A later version of the data of an export; the first is the folder's own and has version 1. */
type DataVersion = { readonly invoiceId: string; readonly data: BilledData; readonly folder: string };

type FaultRule = {
  readonly group: RouteGroup | 'any';
  readonly fault: Fault;
  readonly every: number | undefined;
  remaining: number;
  seen: number;
};

export class PartnerCenterScript {
  /** Polls that answer "running" before an operation ends. */
  runningPolls = 1;
  /** Whether the first of them says `notStarted` instead. */
  startsAsNotStarted = false;
  /** Retry-After of a running operation. */
  pollAgainAfterSeconds = 0;
  /** How throttled answers say when to come back; Partner Center and Graph send seconds, HTTP allows a date. */
  retryAfterForm: 'seconds' | 'date' | 'absent' = 'seconds';
  /** Taken in turn, one per export. */
  locationShapes: readonly ResourceLocationShape[] = ['navigation-link', 'embedded', 'url'];
  /** Graph documents `Location`; the beta before it sent `Operation-Location`. */
  operationHeader: 'Location' | 'Operation-Location' = 'Location';
  /** The property table says `compressedJSONLines`, the example `compressedJSON`. */
  dataFormat: 'compressedJSONLines' | 'compressedJSON' = 'compressedJSONLines';
  tokenLifeSeconds = 3599;
  /** Twelve hours in the documented example. */
  sasLifeSeconds = 43_200;
  /** How long operations and manifests can be asked for; Microsoft calls it server-controlled. */
  linkLifeSeconds = Number.POSITIVE_INFINITY;
  /** The documented example of the invoice list has no billingPeriod… dates, only the invoice itself has. */
  omitsBillingPeriodsInList = false;

  #rules: FaultRule[] = [];
  #notReadyExports: { invoiceId: string | undefined; remaining: number }[] = [];
  #failures = new Map<string, OperationFailure>();
  #blobBreaks: { readonly wanted: BlobBreak; remaining: number }[] = [];
  #missingBlobs = new Set<string>();
  #versions: DataVersion[] = [];
  #tokenGeneration = 0;
  #sasGeneration = 0;
  #linkGeneration = 0;

  /** The next `count` requests of `group` are throttled: 429, or 503 ServerBusy for blobs, as Azure Storage says it. */
  throttleNext(group: RouteGroup | 'any', count: number, retryAfterSeconds = 1): void {
    this.#addRule(group, { kind: 'throttle', retryAfterSeconds }, count, undefined);
  }

  /** Every `every`th request of `group` is throttled, counted from now. */
  throttleEvery(group: RouteGroup | 'any', every: number, retryAfterSeconds = 1): void {
    this.#addRule(group, { kind: 'throttle', retryAfterSeconds }, Number.POSITIVE_INFINITY, every);
  }

  /** The next `count` requests of `group` answer `status` (400 to 599). */
  failNext(group: RouteGroup | 'any', count: number, status: number): void {
    this.#addRule(group, failure(status), count, undefined);
  }

  failEvery(group: RouteGroup | 'any', every: number, status: number): void {
    this.#addRule(group, failure(status), Number.POSITIVE_INFINITY, every);
  }

  /** Ends throttling and failing. */
  clearFaults(): void {
    this.#rules = [];
  }

  /** The next `count` exports (of `invoiceId`, or of any invoice) end failed with "not available yet", code 5000. */
  notReadyNext(count: number, invoiceId?: string): void {
    this.#notReadyExports.push({ invoiceId, remaining: count });
  }

  /** Every export of `invoiceId` ends failed with this. */
  failExportsOf(invoiceId: string, reason: OperationFailure): void {
    this.#failures.set(invoiceId, reason);
  }

  /** Tokens issued so far are refused. */
  revokeTokens(): void {
    this.#tokenGeneration += 1;
  }

  /** SAS tokens issued so far are refused; a manifest read again carries a fresh one. */
  expireSas(): void {
    this.#sasGeneration += 1;
  }

  /** Operations and manifests made so far are gone (410): only a new export helps. */
  expireLinks(): void {
    this.#linkGeneration += 1;
  }

  /** Manifests from now on name a blob that is not there. */
  addMissingBlob(name: string): void {
    this.#missingBlobs.add(name);
  }

  /** The next `tries` reads of the blob (of any blob, without a name) break off after `afterBytes`. */
  breakBlobs(wanted: BlobBreak): void {
    this.#blobBreaks.push({ wanted, remaining: wanted.tries });
  }

  /** From now on, manifests of this export name the blobs of another folder, with another eTag. */
  replaceData(version: DataVersion): void {
    this.#versions.push(version);
  }

  takeFault(group: RouteGroup): Fault | undefined {
    let taken: Fault | undefined;
    for (const rule of this.#rules) {
      if (rule.group !== 'any' && rule.group !== group) continue;
      rule.seen += 1;
      if (taken !== undefined || rule.remaining === 0) continue;
      if (rule.every !== undefined && rule.seen % rule.every !== 0) continue;
      rule.remaining -= 1;
      taken = rule.fault;
    }
    return taken;
  }

  takeNotReady(invoiceId: string): boolean {
    const found = this.#notReadyExports.find(
      (one) => one.remaining > 0 && (one.invoiceId === undefined || one.invoiceId === invoiceId),
    );
    if (found === undefined) return false;
    found.remaining -= 1;
    return true;
  }

  takeBlobBreak(name: string): number | undefined {
    const found = this.#blobBreaks.find(
      (one) => one.remaining > 0 && (one.wanted.name === undefined || one.wanted.name === name),
    );
    if (found === undefined) return undefined;
    found.remaining -= 1;
    return found.wanted.afterBytes;
  }

  failureOf(invoiceId: string): OperationFailure | undefined {
    return this.#failures.get(invoiceId);
  }

  replacementsOf(invoiceId: string, data: BilledData): readonly DataVersion[] {
    return this.#versions.filter((one) => one.invoiceId === invoiceId && one.data === data);
  }

  get missingBlobs(): readonly string[] {
    return [...this.#missingBlobs];
  }

  get tokenGeneration(): number {
    return this.#tokenGeneration;
  }

  get sasGeneration(): number {
    return this.#sasGeneration;
  }

  get linkGeneration(): number {
    return this.#linkGeneration;
  }

  #addRule(group: RouteGroup | 'any', fault: Fault, remaining: number, every: number | undefined): void {
    if (every !== undefined && !(Number.isInteger(every) && every > 0)) {
      throw new RangeError(`Every how many requests? Expected a whole number above 0, found ${every}`);
    }
    this.#rules.push({ group, fault, every, remaining, seen: 0 });
  }
}

function failure(status: number): Fault {
  if (!(Number.isInteger(status) && status >= 400 && status <= 599)) {
    throw new RangeError(`Expected an HTTP error status, found ${status}`);
  }
  return { kind: 'fail', status };
}
