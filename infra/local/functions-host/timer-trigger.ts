import { Cron } from 'croner';
import { describeFunction } from './function-app.ts';
import { invoke } from './invocation.ts';
import { runWithRetries } from './retry-policy.ts';
import { triggerText } from './settings.ts';
import { NEVER, type ScheduleStatus, type TimerStatusStore } from './timer-status.ts';
import type { Trigger, TriggerContext } from './trigger.ts';

/** Node's timers end at 24.8 days; a longer wait is made of pieces. */
const LONGEST_WAIT_MS = 60 * 60 * 1000;
/** Azure remembers schedules that run at most once a minute and takes the others as they come. */
const MONITORED_INTERVAL_MS = 60_000;

type Run = { readonly reason: string; readonly isPastDue: boolean };

export class TimerTrigger implements Trigger {
  readonly #context: TriggerContext;
  readonly #schedule: Cron;
  readonly #status: TimerStatusStore | undefined;
  readonly #stopping = new AbortController();
  #last = NEVER;
  #lastUpdated = NEVER;
  #timer: NodeJS.Timeout | undefined;
  /** The end of the latest run: runs never overlap. */
  #tail: Promise<void> = Promise.resolve();
  #isRunning = false;

  /** `status` is where the schedule is remembered; a schedule of less than a minute is not. */
  constructor(context: TriggerContext, status: TimerStatusStore) {
    this.#context = context;
    this.#schedule = parseSchedule(context);
    this.#status = isMonitored(context, this.#schedule) ? status : undefined;
  }

  async start(): Promise<void> {
    const remembered = await this.#status?.read();
    const now = new Date();
    if (remembered !== undefined) {
      this.#last = remembered.last;
      this.#lastUpdated = remembered.lastUpdated;
    }
    const isPastDue = remembered !== undefined && Date.parse(remembered.next) < now.getTime();
    const isRunOnStartup = this.#context.registration.trigger['runOnStartup'] === true;
    if (isPastDue || isRunOnStartup) {
      this.#runScheduled({ reason: isPastDue ? 'Timer was past due at startup' : 'Timer runs on startup', isPastDue });
    } else if (remembered === undefined) {
      await this.#remember();
    }
    this.#arm(this.#next(now));
  }

  stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#stopping.abort();
    return Promise.resolve();
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }

  /** Runs now, after a run that is under way; rejects when the function fails. */
  runNow(): Promise<void> {
    return this.#enqueue({ reason: 'This function was programmatically called via the host APIs.', isPastDue: false });
  }

  #arm(next: Date | undefined): void {
    if (next === undefined || this.#stopping.signal.aborted) {
      return;
    }
    const waitMs = next.getTime() - Date.now();
    if (waitMs > LONGEST_WAIT_MS) {
      this.#timer = setTimeout(() => this.#arm(next), LONGEST_WAIT_MS);
      return;
    }
    this.#timer = setTimeout(
      () => {
        if (!this.#isRunning) {
          this.#runScheduled({ reason: `Timer fired at ${new Date().toISOString()}`, isPastDue: false });
        }
        // A timer may fire a millisecond early; the same occurrence must not come twice.
        this.#arm(this.#next(new Date(Math.max(Date.now(), next.getTime()))));
      },
      Math.max(waitMs, 0),
    );
  }

  /** A failure is in the log already, and the next occurrence is the next try. */
  #runScheduled(run: Run): void {
    this.#enqueue(run).catch(() => undefined);
  }

  /** A run that waits for another is under way already: closing waits for both. */
  #enqueue(run: Run): Promise<void> {
    const previous = this.#tail;
    const result = this.#context.work.run(async () => {
      await previous;
      await this.#run(run);
    });
    this.#tail = result.catch(() => undefined);
    return result;
  }

  async #run({ reason, isPastDue }: Run): Promise<void> {
    const { app, registration } = this.#context;
    this.#isRunning = true;
    try {
      await runWithRetries(registration.retry, this.#stopping.signal, async (retryContext) => {
        const data = { json: JSON.stringify(this.#timerArgument(isPastDue)) };
        await invoke(app, registration, { reason, data, ...(retryContext === undefined ? {} : { retryContext }) });
      });
    } finally {
      this.#isRunning = false;
      this.#last = new Date().toISOString();
      await this.#rememberOrWarn();
    }
  }

  /** The library lowers the first letters; the host writes them in .NET's way. */
  #timerArgument(isPastDue: boolean): object {
    const { last, next, lastUpdated } = this.#scheduleStatus();
    return {
      Schedule: { AdjustForDST: true },
      ScheduleStatus: { Last: last, LastUpdated: lastUpdated, Next: next },
      IsPastDue: isPastDue,
    };
  }

  #scheduleStatus(): ScheduleStatus {
    const next = this.#next(new Date())?.toISOString() ?? NEVER;
    return { last: this.#last, next, lastUpdated: this.#lastUpdated };
  }

  /** A run that is not remembered is at worst repeated as past due after a restart; it has not failed. */
  async #rememberOrWarn(): Promise<void> {
    try {
      await this.#remember();
    } catch (error) {
      const { app, registration } = this.#context;
      const message = 'The status of the schedule could not be written';
      app.onLog({ level: 'warning', functionName: registration.name, message, args: [error] });
    }
  }

  async #remember(): Promise<void> {
    this.#lastUpdated = new Date().toISOString();
    await this.#status?.write(this.#scheduleStatus());
  }

  #next(after: Date): Date | undefined {
    return this.#schedule.nextRun(after) ?? undefined;
  }
}

function parseSchedule(context: TriggerContext): Cron {
  const { registration, settings } = context;
  const text = triggerText(registration, 'schedule', settings);
  const where = `${describeFunction(registration)}: the schedule '${text}'`;
  let schedule: Cron;
  try {
    // Day of month and day of week must both hold, as in NCRONTAB.
    schedule = new Cron(text, { timezone: 'UTC', domAndDow: true, mode: '6-part', paused: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${where} is not a cron expression of six fields: ${reason}`, { cause });
  }
  if (schedule.nextRun() === null) {
    throw new Error(`${where} never comes due`);
  }
  return schedule;
}

function isMonitored(context: TriggerContext, schedule: Cron): boolean {
  const wish = context.registration.trigger['useMonitor'];
  const [first, second] = schedule.nextRuns(2);
  const intervalMs = first === undefined || second === undefined ? Infinity : second.getTime() - first.getTime();
  return wish !== false && intervalMs >= MONITORED_INTERVAL_MS;
}
