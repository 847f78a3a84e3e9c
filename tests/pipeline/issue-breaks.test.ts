import { describe, expect, it } from 'vitest';
import type { IssueTarget } from '../../shared/contracts/issues.ts';
import { meterKeyOf } from '../../shared/domain/comparison.ts';
import { identityOf } from '../../shared/domain/content-hash.ts';
import { changeIssue } from '../../shared/pipeline/edit-issue.ts';
import { toIssueDetail } from '../../shared/pipeline/issue-items.ts';
import { publishRun } from '../../shared/pipeline/publish-run.ts';
import { reportIssue } from '../../shared/pipeline/report-issue.ts';
import { totalOf } from '../domain/meters.ts';
import { type FaultKind, Faults } from '../support/faults.ts';
import { compareRunOf } from '../support/published-run.ts';
import { createWorld, type World, type WorldOptions } from '../support/world.ts';

/* An issue ages and closes with its break: months are published by hand, so that each is off by what the test says. */

const subscriptionId = totalOf().subscriptionId;
type Month = { readonly cycle: string; readonly off: number; readonly order?: string };

const runIdOf = ({ cycle, order = '1' }: Month) => identityOf([cycle, order]);

/** A run of a month, compared and not published yet. */
async function compared(world: World, month: Month): Promise<string> {
  const { run } = await compareRunOf(world, { runId: runIdOf(month), ...month });
  return run.runId;
}

async function publish(world: World, month: Month): Promise<void> {
  await publishRun(world.ports, { version: 1, runId: await compared(world, month), attempt: 0 });
}

function targetOf(month: Month): IssueTarget {
  return { kind: 'meter', runId: runIdOf(month), subscriptionId, meterKey: meterKeyOf(totalOf()) };
}

async function report(world: World, month: Month): Promise<string> {
  const reported = await reportIssue(world.ports, { target: targetOf(month) }, 'tenant/operator');
  if (reported === undefined) throw new Error('There is no such line');
  return reported.issue.issueId;
}

async function issueOf(world: World, issueId: string) {
  const issue = await world.ports.issues.get(issueId);
  if (issue === undefined) throw new Error('There is no such issue');
  return issue;
}

async function detailOf(world: World, issueId: string) {
  return toIssueDetail(world.ports, await issueOf(world, issueId));
}

/** Messages for evidence are lost: these runs have no rows behind them. */
const withoutEvidence: WorldOptions = { loses: (queue) => queue === 'attachEvidence' || queue === 'sendNotification' };

const october = { cycle: '2026-10', off: 3 } as const;
const november = { cycle: '2026-11', off: 4 } as const;
const right = { cycle: '2026-12', off: 0 } as const;
const again = { cycle: '2027-01', off: 2 } as const;

describe('an issue that is linked to a break', () => {
  it('ages with it, is resolved with it, and says when it is back', async () => {
    const world = createWorld(withoutEvidence);
    await publish(world, october);
    const issueId = await report(world, october);
    await publish(world, november);
    expect(await detailOf(world, issueId)).toMatchObject({
      state: 'open',
      break: { state: 'open', trend: 'worsened', ageMonths: 2, firstCycle: '2026-10' },
    });
    await publish(world, right);
    expect(await detailOf(world, issueId)).toMatchObject({
      state: 'resolved',
      break: { state: 'closed', trend: 'closed', open: 0, isOpenAnew: false },
      history: [{ kind: 'created' }, { kind: 'breakClosed', by: 'system', from: 'open', state: 'resolved' }],
    });
    await publish(world, again);
    expect(await detailOf(world, issueId)).toMatchObject({
      state: 'resolved',
      break: { state: 'open', isOpenAnew: true, ageMonths: 1 },
      history: [{}, {}, { kind: 'breakReopened', by: 'system', state: 'resolved' }],
    });
  });

  it('is not resolved because its break had closed before it was reported', async () => {
    const world = createWorld(withoutEvidence);
    for (const month of [october, right]) await publish(world, month);
    const issueId = await report(world, october);
    await publish(world, { ...right, order: '2' });
    await world.sweep();
    expect(await detailOf(world, issueId)).toMatchObject({ state: 'open', break: { state: 'closed' } });
  });

  it('is resolved by the sweep where the run did not come to it', async () => {
    const world = createWorld(withoutEvidence);
    await publish(world, october);
    const issueId = await report(world, october);
    const list = async () => [];
    const blind = { ...world.ports, issues: { ...world.ports.issues, list } };
    await publishRun(blind, { version: 1, runId: await compared(world, right), attempt: 0 });
    expect((await issueOf(world, issueId)).state).toBe('open');
    await world.sweep();
    await world.sweep();
    expect(await issueOf(world, issueId)).toMatchObject({ state: 'resolved', changes: 2 });
  });

  it('counts a break that is not known yet as open', async () => {
    const world = createWorld(withoutEvidence);
    const runId = await compared(world, october);
    const run = await world.ports.runs.get(runId);
    const [result] = await world.ports.runs.listSubscriptions(runId);
    if (run === undefined || result === undefined) throw new Error('No run');
    await world.ports.runs.finish({ ...run, state: 'published', summary: result.summary });
    const issueId = await report(world, october);
    expect(await issueOf(world, issueId)).toMatchObject({ breaks: { seen: 'open' } });
    expect(await detailOf(world, issueId)).not.toHaveProperty('break');
  });
});

describe('two who change an issue at once', () => {
  it('are told apart: one comes too late, and the history has both kinds of entries in order', async () => {
    const world = createWorld(withoutEvidence);
    await publish(world, october);
    const issueId = await report(world, october);
    const edit = (changes: number, note: string) =>
      changeIssue(world.ports, { issueId, changes, edit: { note }, by: 'tenant/a' });
    const outcomes = await Promise.all([edit(1, 'one'), edit(1, 'two')]);
    expect(outcomes.map((outcome) => outcome?.kind).sort()).toEqual(['conflict', 'done']);
    await publish(world, right);
    expect((await edit(2, 'late'))?.kind).toBe('conflict');
    expect((await edit(3, 'in time'))?.kind).toBe('done');
    const { history } = await detailOf(world, issueId);
    expect(history.map(({ kind }) => kind)).toEqual(['created', 'changed', 'breakClosed', 'changed']);
    expect(
      await changeIssue(world.ports, { issueId: '0'.repeat(32), changes: 1, edit: { note: 'x' }, by: 'a' }),
    ).toBeUndefined();
  });
});

describe('publishing the run that closes a break', () => {
  it('resolves the issue once, whatever call fails, however', async () => {
    const prepared = async (options: WorldOptions) => {
      const world = createWorld({ ...withoutEvidence, ...options });
      await publish(world, october);
      const issueId = await report(world, october);
      const runId = await compared(world, right);
      return { world, issueId, runId };
    };
    const finish = async ({ world, runId }: Awaited<ReturnType<typeof prepared>>) => {
      for (let tries = 0; tries < 3; tries += 1) {
        world.faults.revive();
        try {
          return await publishRun(world.ports, { version: 1, runId, attempt: 0 });
        } catch (error) {
          if (!(error instanceof Error) || error.name !== 'InjectedFault') throw error;
        }
      }
      throw new Error('failed too often');
    };
    const undisturbed = await prepared({});
    const before = undisturbed.world.faults.calls;
    await finish(undisturbed);
    const expected = undisturbed.world.dump();
    expect((await issueOf(undisturbed.world, undisturbed.issueId)).state).toBe('resolved');
    const calls = undisturbed.world.faults.calls;
    expect(calls - before).toBeGreaterThan(15);
    for (let call = before + 1; call <= calls; call += 1) {
      for (const kind of ['refused', 'lost', 'crash'] satisfies readonly FaultKind[]) {
        const disturbed = await prepared({ faults: new Faults({ call, kind }) });
        await finish(disturbed);
        expect(disturbed.world.dump(), `${kind} at call ${call}`).toBe(expected);
      }
    }
  }, 60_000);
});
