import { createHash } from 'node:crypto';
import { type FaultKind, Faults } from './faults.ts';
import { createWorld, type World, type WorldOptions, type WorldState } from './world.ts';

/** What happens to a world, step by step; after each step it comes to rest. */
export type Story = {
  /** Nothing that counts or chooses by itself, as `pick`, `turns` and `loseMessage`: the state of a world knows nothing of it. */
  readonly options?: WorldOptions;
  /** A step has to get over one fault by itself. */
  readonly steps: readonly ((world: World) => Promise<void>)[];
  /** What of the end must be the same, whatever fails. */
  readonly ending: (world: World) => string;
};

export type Fault = { readonly call: number; readonly kind: FaultKind };

/** How a story ends when `fault` comes in its way. */
type Told = { readonly fault: Fault; readonly ending: string };

/** A moment of the undisturbed story between two invocations, or before a step. */
type Moment = {
  readonly step: number;
  readonly isStepBegun: boolean;
  readonly calls: number;
  readonly state: WorldState;
};

const kinds: readonly FaultKind[] = ['refused', 'lost', 'crash'];

/**
 * Tells `story` once for each call of the outside world, from the step `fromStep` on, and each way in which it can go
 * wrong. Nothing is told twice. What comes before the fault is taken over from the undisturbed story. And a story that
 * has got over its fault, all work that failed being done, and then comes between two invocations to a state that
 * another has gone on from, ends as that one: an invocation depends on nothing but the state. `tellWholly` does not take
 * these ways; a test compares.
 */
export async function* everyFault(story: Story, fromStep = 0): AsyncGenerator<Told> {
  const endings = new Map<string, string>();
  const { moments, world } = await undisturbed(story, endings);
  const first = moments.find(({ step }) => step === fromStep)?.calls ?? 0;
  let at = 0;
  for (let call = first + 1; call <= world.faults.calls; call += 1) {
    while ((moments[at + 1]?.calls ?? call) < call) at += 1;
    const moment = moments[at];
    if (moment === undefined) throw new Error('unreachable: every call comes after a moment');
    for (const kind of kinds) {
      if (kind === 'lost' && world.faults.isRead[call - 1] === true) continue;
      const fault = { call, kind };
      yield { fault, ending: await tellFrom(story, { moment, fault, endings }) };
    }
  }
}

/** From the beginning to the end. */
export async function tellWholly(story: Story, fault?: Fault): Promise<World> {
  const world = createWorld({ ...story.options, faults: new Faults(fault) });
  for (const step of story.steps) {
    await step(world);
    await world.untilQuiet();
  }
  return world;
}

async function undisturbed(story: Story, endings: Map<string, string>) {
  const world = createWorld({ ...story.options, faults: new Faults() });
  const moments: Moment[] = [];
  const passed: string[] = [];
  const remember = (step: number, isStepBegun: boolean) =>
    moments.push({ step, isStepBegun, calls: world.faults.calls, state: world.state() });
  for (const [step, begin] of story.steps.entries()) {
    remember(step, false);
    await begin(world);
    await world.untilQuiet(() => {
      remember(step, true);
      passed.push(keyOf(step, world));
      return false;
    });
  }
  const ending = story.ending(world);
  for (const key of passed) endings.set(key, ending);
  return { moments, world };
}

async function tellFrom(
  story: Story,
  { moment, fault, endings }: { readonly moment: Moment; readonly fault: Fault; readonly endings: Map<string, string> },
): Promise<string> {
  const call = fault.call - moment.calls;
  const world = createWorld({ ...story.options, from: moment.state, faults: new Faults({ ...fault, call }) });
  const passed: string[] = [];
  let known: string | undefined;
  const isKnown = (step: number): boolean => {
    if (world.faults.calls < call || !world.isWhole()) return false;
    const key = keyOf(step, world);
    known = endings.get(key);
    passed.push(key);
    return known !== undefined;
  };
  for (const [step, begin] of story.steps.entries()) {
    if (step < moment.step) continue;
    if (step > moment.step || !moment.isStepBegun) await begin(world);
    await world.untilQuiet(() => isKnown(step));
    if (known !== undefined) break;
  }
  if (world.faults.calls < call) throw new Error(`The story has no call ${fault.call}`);
  const ending = known ?? story.ending(world);
  for (const key of passed) endings.set(key, ending);
  return ending;
}

function keyOf(step: number, world: World): string {
  return `${step} ${createHash('sha256').update(world.stateText()).digest('base64')}`;
}
