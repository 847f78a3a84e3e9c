import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NotificationChannel, SendNotificationMessage } from '../../shared/contracts/messages.ts';
import { addMilliseconds } from '../../shared/domain/calendar.ts';
import { followRun } from '../../shared/pipeline/follow-run.ts';
import { failureIdOf, recordFailure } from '../../shared/pipeline/record-failure.ts';
import { request } from '../../shared/pipeline/requests.ts';
import type { Notification, NotificationOutcome, Notifier } from '../../shared/pipeline/send-notification.ts';
import { type FaultKind, Faults, InjectedFault } from '../support/faults.ts';
import { publishRunOf, type RunOfOneMeter } from '../support/published-run.ts';
import { Turns } from '../support/turns.ts';
import { listRuns } from '../support/whole-lists.ts';
import { createWorld, type World, type WorldOptions } from '../support/world.ts';

type Posts = { readonly channel: NotificationChannel; readonly notification: Notification; readonly at: string }[];

const channels = ['teams', 'webhook'] as const;

/** Two channels that keep what they are given and answer as `answer` says; the n-th post counts from 0 on each. */
function recordingNotifiers(
  posts: Posts,
  answer: (channel: NotificationChannel, count: number) => NotificationOutcome = () => ({ kind: 'sent' }),
): { readonly teams: Notifier; readonly webhook: Notifier } {
  const of = (channel: NotificationChannel): Notifier => ({
    notify: async (notification) => {
      const count = posts.filter((post) => post.channel === channel).length;
      posts.push({ channel, notification, at: notification.postedAt });
      return answer(channel, count);
    },
  });
  return { teams: of('teams'), webhook: of('webhook') };
}

/** A month whose messages stay until they are due, with a run of which nobody was told. */
async function worldWithRun(options: WorldOptions, run: Partial<RunOfOneMeter> = {}): Promise<World> {
  const world = createWorld({ waitAtMostMs: 0, withoutEvents: true, recordsFailures: true, ...options });
  await followRun(world.ports, await publishRunOf(world, { runId: 'run-1', ...run }));
  return world;
}

function ask(world: World, body: Omit<SendNotificationMessage, 'version'> = { runId: 'run-1' }): Promise<void> {
  return request(world.ports.outbox, 'sendNotification', [body]);
}

/** Lets so much time go by in steps of ten minutes, in each of which is done what is due. */
async function letGoBy(world: World, hours: number): Promise<void> {
  await world.untilQuiet();
  for (let step = 0; step < hours * 6; step += 1) {
    world.advanceClock(addMilliseconds(world.ports.clock.now(), 600_000));
    await world.untilQuiet();
  }
}

async function failures(world: World) {
  return (await listRuns(world.ports)).filter((item) => item.kind === 'failure');
}

function idsOn(posts: Posts, channel: NotificationChannel): readonly string[] {
  return posts.filter((post) => post.channel === channel).map(({ notification }) => notification.id);
}

describe('the digest of a published run', () => {
  it('goes to each channel once, however often it is asked for', async () => {
    const posts: Posts = [];
    const world = await worldWithRun({ notifiers: recordingNotifiers(posts), deliveries: 3 });
    for (let times = 0; times < 3; times += 1) {
      await ask(world);
      await letGoBy(world, 2);
    }
    expect(posts.map(({ channel }) => channel)).toEqual(['teams', 'webhook']);
    const [teams, webhook] = posts;
    expect(teams?.notification.digest).toEqual(webhook?.notification.digest);
    expect(teams?.notification.id).not.toBe(webhook?.notification.id);
    expect(teams?.notification.id).toMatch(/^[0-9a-f]{32}$/);
    expect(teams?.notification.digest).toMatchObject({
      runId: 'run-1',
      invoiceId: 'G-2026-10',
      totals: [{ currency: 'EUR', variance: '3', matchRateByCount: '0.00' }],
      breaks: { open: 1, new: 1, worsened: 0, largest: [{ variance: '3' }] },
    });
    expect(await failures(world)).toEqual([]);
  });

  it('names no customer and no subscription by its name', async () => {
    const posts: Posts = [];
    const world = await worldWithRun({ notifiers: recordingNotifiers(posts) });
    await ask(world);
    await letGoBy(world, 1);
    expect(JSON.stringify(posts)).not.toMatch(/of a person|a-customer/);
    expect(posts).toHaveLength(2);
  });

  it('goes to the one channel that is set up', async () => {
    const posts: Posts = [];
    const { webhook } = recordingNotifiers(posts);
    const world = await worldWithRun({ notifiers: { webhook } });
    await ask(world);
    await letGoBy(world, 1);
    expect(posts.map(({ channel }) => channel)).toEqual(['webhook']);
    const nowhere = await worldWithRun({});
    const sent = nowhere.sentCount();
    await ask(nowhere);
    await letGoBy(nowhere, 1);
    expect(nowhere.sentCount()).toBe(sent + 1);
  });

  it('is not sent of a run that another has taken the place of, nor of usage that is not billed yet', async () => {
    const posts: Posts = [];
    const world = await worldWithRun({ notifiers: recordingNotifiers(posts) });
    const unbilled = { runId: 'run-2', invoiceId: 'UNBILLED-TENANT' };
    await followRun(world.ports, await publishRunOf(world, unbilled));
    await followRun(world.ports, await publishRunOf(world, { runId: 'run-3', order: '2' }));
    for (const runId of ['run-1', 'run-2', 'run-3']) await ask(world, { runId });
    await ask(world, { runId: 'run-1', channel: 'teams', attempt: 3 });
    await letGoBy(world, 2);
    expect(posts.map(({ notification }) => notification.digest.runId)).toEqual(['run-3', 'run-3']);
  });

  it('is not sent again of a newer run that changes nothing, however many there are', async () => {
    const posts: Posts = [];
    const world = await worldWithRun({ notifiers: recordingNotifiers(posts) });
    await ask(world);
    await letGoBy(world, 1);
    for (const [runId, order, off] of [
      ['run-2', '2', 3],
      ['run-3', '3', 3],
      ['run-4', '4', 2],
      ['run-5', '5', 2],
    ] as const) {
      await followRun(world.ports, await publishRunOf(world, { runId, order, off }));
      await ask(world, { runId });
      await letGoBy(world, 1);
      await world.sweep();
      await letGoBy(world, 1);
    }
    const told = ['run-1', 'run-4'].flatMap((runId) => channels.map((channel) => `${channel} ${runId}`));
    expect(posts.map(({ channel, notification }) => `${channel} ${notification.digest.runId}`)).toEqual(told);
  });

  it('is sent of a newer run that changes nothing where the one before was not told of', async () => {
    const posts: Posts = [];
    const { teams, webhook } = recordingNotifiers(posts, (channel) =>
      channel === 'teams' ? { kind: 'sent' } : { kind: 'refused', reason: 'r' },
    );
    const world = await worldWithRun({ notifiers: { teams, webhook } });
    await ask(world);
    await letGoBy(world, 1);
    await followRun(world.ports, await publishRunOf(world, { runId: 'run-2', order: '2' }));
    await ask(world, { runId: 'run-2' });
    await letGoBy(world, 1);
    const told = posts.map(({ channel, notification }) => `${channel} ${notification.digest.runId}`);
    expect(told).toEqual(['teams run-1', 'webhook run-1', 'webhook run-2']);
  });

  it('tells what is worse than in the month before', async () => {
    const posts: Posts = [];
    const world = await worldWithRun({ notifiers: recordingNotifiers(posts) }, { cycle: '2026-09', off: 1 });
    await followRun(world.ports, await publishRunOf(world, { runId: 'run-2', cycle: '2026-10', off: 4 }));
    await ask(world, { runId: 'run-2' });
    await letGoBy(world, 1);
    expect(posts[0]?.notification.digest.breaks).toMatchObject({ new: 0, worsened: 1, largest: [{ ageMonths: 2 }] });
  });

  it('has no breaks where the invoice total is compared, which has none', async () => {
    const posts: Posts = [];
    const world = await worldWithRun({ notifiers: recordingNotifiers(posts) }, { comparedWith: 'invoicetotal' });
    await ask(world);
    await letGoBy(world, 1);
    expect(posts).toHaveLength(2);
    for (const { notification } of posts) expect(notification.digest).not.toHaveProperty('breaks');
  });

  it('is a visible failure of a run that there is not, and no failure of any run', async () => {
    const world = await worldWithRun({ notifiers: recordingNotifiers([]) });
    await ask(world, { runId: 'none' });
    await letGoBy(world, 1);
    expect(await failures(world)).toMatchObject([{ step: 'sendNotification', subject: { runId: 'none' } }]);
  });
});

describe('a channel that fails', () => {
  it('for good is a failure of its own, and the other channel and the run go on', async () => {
    const posts: Posts = [];
    const refusing = recordingNotifiers(posts, (channel) =>
      channel === 'teams'
        ? { kind: 'refused', reason: 'The address in TeamsWebhookUrl answered 404' }
        : { kind: 'sent' },
    );
    const world = await worldWithRun({ notifiers: refusing });
    for (let times = 0; times < 3; times += 1) {
      await ask(world);
      await letGoBy(world, 1);
      await world.sweep();
      await letGoBy(world, 1);
      if (times === 0) expect(posts.map(({ channel }) => channel)).toEqual(['teams', 'webhook']);
    }
    expect(idsOn(posts, 'webhook')).toHaveLength(1);
    expect(new Set(idsOn(posts, 'teams')).size).toBe(1);
    expect(await failures(world)).toMatchObject([
      {
        state: 'permanent',
        step: 'sendNotification',
        subject: { runId: 'run-1', channel: 'teams' },
        reason: 'The address in TeamsWebhookUrl answered 404',
      },
    ]);
    expect((await world.ports.runs.get('run-1'))?.state).toBe('published');
  });

  it('is tried again ever more rarely, as it asks, and the failure that it left goes', async () => {
    const posts: Posts = [];
    const busy = recordingNotifiers(posts, (channel, count) => {
      if (channel === 'webhook' || count === 4) return { kind: 'sent' };
      const asked = count === 2 ? { retryAfterMs: 4 * 3_600_000 } : {};
      return { kind: 'busy', reason: 'The address in TeamsWebhookUrl answered 429', ...asked };
    });
    const world = await worldWithRun({ notifiers: busy });
    await ask(world);
    await recordFailure(world.ports, {
      step: 'sendNotification',
      kind: 'exhausted',
      message: { version: 1, runId: 'run-1', channel: 'teams', attempt: 2 },
      reason: 'Given up by the queue',
    });
    await letGoBy(world, 10);
    const moments = posts.filter(({ channel }) => channel === 'teams').map(({ at }) => Date.parse(at));
    expect(moments).toHaveLength(5);
    expect((moments[3] ?? 0) - (moments[2] ?? 0)).toBeGreaterThanOrEqual(4 * 3_600_000);
    expect(new Set(idsOn(posts, 'teams')).size).toBe(1);
    expect(
      new Set(posts.filter(({ channel }) => channel === 'teams').map((post) => post.notification.askedAt)).size,
    ).toBe(1);
    expect(idsOn(posts, 'webhook')).toHaveLength(1);
    expect(await failures(world)).toEqual([]);
  });

  it('for a day is given up, visibly; taking the failure away has it tried once more', async () => {
    const posts: Posts = [];
    let isBusy = true;
    const busy = recordingNotifiers(posts, () =>
      isBusy ? { kind: 'busy', reason: 'The address in TeamsWebhookUrl answered 503' } : { kind: 'sent' },
    );
    const world = await worldWithRun({ notifiers: { teams: busy.teams } });
    await ask(world);
    await letGoBy(world, 48);
    expect(posts).toHaveLength(28);
    const reason = 'The address in TeamsWebhookUrl answered 503, and so at the last of 28 tries';
    expect(await failures(world)).toMatchObject([{ state: 'permanent', reason }]);
    await world.sweep();
    await letGoBy(world, 1);
    expect(posts).toHaveLength(28);
    isBusy = false;
    await world.ports.failures.remove(failureIdOf('sendNotification', { runId: 'run-1', channel: 'teams' }));
    await world.sweep();
    await letGoBy(world, 1);
    expect(posts).toHaveLength(29);
    expect(await failures(world)).toEqual([]);
  });

  it('is tried at the same distances for the same run, and not at the same moment for all', async () => {
    const waits = async (runId: string) => {
      const posts: Posts = [];
      const busy = recordingNotifiers(posts, () => ({ kind: 'busy', reason: 'busy' }));
      const world = await worldWithRun({ notifiers: { teams: busy.teams } }, { runId });
      await ask(world, { runId });
      await world.untilQuiet();
      const record = await world.ports.notifications.get({ runId, channel: 'teams' });
      return Date.parse(record?.until ?? '') - Date.parse(world.ports.clock.now());
    };
    const all = await Promise.all(Array.from({ length: 12 }, (_, at) => waits(`run-${at}`)));
    for (const wait of all) {
      expect(wait).toBeGreaterThanOrEqual(5_000);
      expect(wait).toBeLessThanOrEqual(6_250);
    }
    expect(new Set(all).size).toBeGreaterThan(6);
    expect(await waits('run-3')).toBe(all[3]);
  });
});

describe('a crash', () => {
  async function disturbed(faults: Faults): Promise<{ readonly world: World; readonly posts: Posts }> {
    const posts: Posts = [];
    const world = await worldWithRun({ notifiers: recordingNotifiers(posts), faults });
    for (let tries = 0; tries < 2; tries += 1) {
      faults.revive();
      try {
        await ask(world);
        break;
      } catch (error) {
        if (!(error instanceof InjectedFault)) throw error;
      }
    }
    await letGoBy(world, 1);
    return { world, posts };
  }

  async function callsBefore(): Promise<number> {
    const faults = new Faults();
    await worldWithRun({ notifiers: recordingNotifiers([]), faults });
    return faults.calls;
  }

  it('at any call has the digest sent once, or again under the same id where the receipt was not written', async () => {
    const undisturbed = new Faults();
    await disturbed(undisturbed);
    const first = (await callsBefore()) + 1;
    expect(undisturbed.calls - first).toBeGreaterThan(15);
    const kinds: readonly FaultKind[] = ['refused', 'lost', 'crash'];
    const again: string[] = [];
    for (let call = first; call <= undisturbed.calls; call += 1) {
      for (const kind of kinds) {
        const { world, posts } = await disturbed(new Faults({ call, kind }));
        for (const channel of channels) {
          const ids = idsOn(posts, channel);
          expect(new Set(ids).size, `${kind} at call ${call}`).toBe(1);
          expect(ids.length, `${kind} at call ${call}`).toBeLessThanOrEqual(2);
          if (ids.length === 2) again.push(`${channel} ${kind}`);
          expect(await world.ports.notifications.get({ runId: 'run-1', channel })).toMatchObject({ state: 'sent' });
        }
        expect(await failures(world), `${kind} at call ${call}`).toEqual([]);
      }
    }
    // Posted and the answer lost; posted and dead; posted and the receipt refused. Nowhere else.
    expect(again.sort()).toEqual(
      channels.flatMap((channel) => ['crash', 'lost', 'refused'].map((kind) => `${channel} ${kind}`)),
    );
  }, 60_000);

  it.each([
    ['at first', 0],
    ['after a receiver that was busy', 1],
  ])(
    'never has two send at once, whoever asks at the same time, %s',
    async (_what, busyPosts) => {
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 }), async (seed) => {
          const posts: Posts = [];
          const notifiers = recordingNotifiers(posts, (_, count) =>
            count < busyPosts ? { kind: 'busy', reason: 'busy' } : { kind: 'sent' },
          );
          const world = await worldWithRun({ notifiers, turns: new Turns(seed) });
          for (let times = 0; times < 3; times += 1) await ask(world);
          for (const channel of channels) await ask(world, { runId: 'run-1', channel, attempt: 0 });
          await letGoBy(world, 1);
          const once = channels.flatMap((channel) => Array<string>(1 + busyPosts).fill(channel));
          expect(posts.map(({ channel }) => channel).sort()).toEqual(once);
        }),
        { numRuns: 30 },
      );
    },
    60_000,
  );

  it('while posting has the digest asked for by another message than the one that duplicate detection knows', async () => {
    const ids: string[] = [];
    const posts: Posts = [];
    const { teams } = recordingNotifiers(posts);
    let isDead = true;
    const dying: Notifier = {
      notify: async (notification) => {
        if (isDead) throw new InjectedFault('the process dies');
        return teams.notify(notification);
      },
    };
    const world = await worldWithRun({
      notifiers: { teams: dying },
      loses: (queue, { id }) => {
        if (queue === 'sendNotification') ids.push(id);
        // As duplicate detection does it, within its window.
        return ids.indexOf(id) < ids.length - 1;
      },
    });
    await ask(world);
    await world.untilQuiet();
    isDead = false;
    await letGoBy(world, 1);
    expect(ids.length).toBeGreaterThan(2);
    expect(new Set(ids).size).toBe(ids.length);
    expect(posts).toHaveLength(1);
  });
});

describe('the sweep', () => {
  async function sweepAt(world: World, hours: number): Promise<void> {
    await letGoBy(world, hours);
    await world.sweep();
    await letGoBy(world, 1);
  }

  it.each([
    ['the message that a run was published', 1],
    ['the message to the first channel', 2],
    ['the message to the second channel', 3],
  ])('makes up for %s, when it was lost', async (_what, lost) => {
    const posts: Posts = [];
    let count = 0;
    const world = await worldWithRun({
      notifiers: recordingNotifiers(posts),
      loses: (queue) => {
        if (queue === 'sendNotification') count += 1;
        return queue === 'sendNotification' && count === lost;
      },
    });
    await ask(world);
    await sweepAt(world, 1);
    expect(posts.map(({ channel }) => channel).sort()).toEqual(['teams', 'webhook']);
    const { length } = posts;
    await sweepAt(world, 1);
    expect(posts).toHaveLength(length);
  });

  it('makes up for the message of a repeat', async () => {
    const posts: Posts = [];
    const once = recordingNotifiers(posts, (_, count) =>
      count === 0 ? { kind: 'busy', reason: 'busy' } : { kind: 'sent' },
    );
    const world = await worldWithRun({
      notifiers: { teams: once.teams },
      loses: (_queue, { notBefore }) => notBefore !== undefined,
    });
    await ask(world);
    await letGoBy(world, 5);
    expect(posts).toHaveLength(1);
    await sweepAt(world, 1);
    expect(posts).toHaveLength(2);
  });

  it('has the breaks written before anybody is told of them', async () => {
    const posts: Posts = [];
    const world = createWorld({ waitAtMostMs: 0, withoutEvents: true, notifiers: recordingNotifiers(posts) });
    await publishRunOf(world, { runId: 'run-1' });
    await sweepAt(world, 1);
    expect(posts).toHaveLength(2);
    for (const { notification } of posts) expect(notification.digest.breaks).toMatchObject({ open: 1, new: 1 });
  });

  it('leaves runs alone that are no news any more, are not seen, or wait for their time', async () => {
    const posts: Posts = [];
    const notifiers = recordingNotifiers(posts, () => ({ kind: 'busy', reason: 'busy', retryAfterMs: 5 * 3_600_000 }));
    const old = { runId: 'run-1', plannedAt: '2026-11-05T05:59:00.000Z' };
    const world = await worldWithRun({ notifiers }, old);
    await followRun(world.ports, await publishRunOf(world, { runId: 'run-2', cycle: '2026-08' }));
    await followRun(world.ports, await publishRunOf(world, { runId: 'run-3', cycle: '2026-08', order: '2' }));
    await followRun(world.ports, await publishRunOf(world, { runId: 'run-4', invoiceId: 'UNBILLED-TENANT' }));
    await sweepAt(world, 1);
    for (let hour = 0; hour < 3; hour += 1) await sweepAt(world, 0);
    expect(posts.map(({ channel, notification }) => `${channel} ${notification.digest.runId}`)).toEqual([
      'teams run-3',
      'webhook run-3',
    ]);
  });

  it('leaves a run alone that was given up before anything was recorded of it', async () => {
    const posts: Posts = [];
    const world = await worldWithRun({ notifiers: recordingNotifiers(posts) });
    for (const channel of channels) {
      const message = { version: 1, runId: 'run-1', channel, attempt: 0 };
      await recordFailure(world.ports, { step: 'sendNotification', kind: 'permanent', message, reason: 'r' });
    }
    await sweepAt(world, 1);
    expect(posts).toEqual([]);
    await world.ports.failures.remove(failureIdOf('sendNotification', { runId: 'run-1', channel: 'teams' }));
    await sweepAt(world, 1);
    // The channel that is asked for anew goes by the run, so the other hears of it as well.
    expect(posts.map(({ channel }) => channel)).toContain('teams');
  });

  it('asks nobody where no channel is set up', async () => {
    const asked: string[] = [];
    const loses: WorldOptions['loses'] = (queue) => {
      asked.push(queue);
      return false;
    };
    await sweepAt(await worldWithRun({ loses }), 1);
    expect(asked.filter((queue) => queue === 'publishRun' || queue === 'sendNotification')).toEqual([]);
    await sweepAt(await worldWithRun({ loses, notifiers: recordingNotifiers([]) }), 1);
    expect(asked).toContain('publishRun');
  });
});

describe('the digests of a whole month', () => {
  it('are one for each run that readers see, if it says anything new, and each channel, in any order of delivery', async () => {
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.nat()), fc.integer({ min: 1, max: 2 }), async (choices, deliveries) => {
        const posts: Posts = [];
        const pick = (count: number) => (choices.next().value ?? 0) % count;
        const world = createWorld({ notifiers: recordingNotifiers(posts), pick, deliveries });
        await world.startTimer();
        await world.untilQuiet();
        const told = posts.map(({ channel, notification }) => `${channel} ${notification.digest.runId}`);
        expect(new Set(told).size).toBe(told.length);
        const runs = (await listRuns(world.ports)).filter((item) => item.kind === 'comparison');
        const seen = runs.filter((item) => item.kind === 'comparison' && item.isCurrent).map(({ id }) => id);
        expect(seen.length).toBeGreaterThan(2);
        for (const runId of seen) {
          for (const channel of channels) {
            const record = await world.ports.notifications.get({ runId, channel });
            expect(record?.state).toBe(told.includes(`${channel} ${runId}`) ? 'sent' : 'unchanged');
          }
        }
        expect(told.length).toBeGreaterThanOrEqual(6);
      }),
      { numRuns: 6 },
    );
  }, 120_000);
});
