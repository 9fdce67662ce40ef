import { DomainError } from '../../src/platform/errors/domain.error';
import type { Replica } from '../property/support/replica';
import { ALL_BUCKETS, type CastDevice, type CastRollout } from '../property/support/cast';
import { setStage } from '../property/support/set-stage';
import type { Stage } from '../property/support/stage';
import { BEGINNING_MS, type Theatre } from '../property/support/theatre';

export interface BadReleaseWish {
  readonly devices: number;
  readonly cap: number;
  /** In hundredths of a percent. */
  readonly failureShare: number;
  readonly sample: number;
  /** Devices that are at it at the same time. */
  readonly atOnce: number;
}

export interface BadReleaseFigures {
  /** Failures until the line is crossed. */
  readonly needed: number;
  readonly admitted: number;
  readonly sawIt: number;
  readonly failed: number;
  readonly state: string;
  readonly seconds: number;
}

const DEVICE: CastDevice = {
  ...{ model: 'board', version: '1.0.0', client: 'unknown', timezone: undefined, feed: 0, tags: [] },
};

/** A release that fails on every device that installs it, offered to a fleet that polls as fast as it can. */
export async function rollOutBadRelease(theatre: Theatre, wish: BadReleaseWish): Promise<BadReleaseFigures> {
  const startedMs = performance.now();
  const { cap, failureShare, sample } = wish;
  const rollout: CastRollout = {
    ...{ release: 0, feed: 0, tag: undefined, priority: 0, cap, offersPerMinute: undefined },
    ...{ mostDevices: undefined, attempts: 1, allowsDowngrade: false, confirms: 'version', silentPolls: 0 },
    ...{ whenTripped: 'pause', windows: [], isStarted: true },
    waves: [
      {
        ...{ buckets: ALL_BUCKETS, members: [], mostDevices: undefined },
        gate: { successShare: 9000, failureShare, sample, soakMs: 0, isManual: false },
      },
    ],
  };
  theatre.nowMs = BEGINNING_MS;
  const cast = { devices: new Array<CastDevice>(wish.devices).fill(DEVICE), rollouts: [rollout] };
  const stage = await setStage(theatre, cast, BEGINNING_MS);
  const [console] = theatre.consoles;
  const id = await console.createRollout(stage.operator, stage, rollout, 'bad');
  await console.say(stage.operator, id, 'start');
  const sawIt = new Set<string>();
  let next = 0;
  const work = async (worker: number): Promise<void> => {
    for (let at = next++; at < stage.devices.length; at = next++) {
      const replica = theatre.replicas[(at + worker) % 2]!;
      if (await failsOn(replica, stage, at)) sawIt.add(stage.devices[at]!.id);
    }
  };
  await Promise.all(Array.from({ length: wish.atOnce }, (_unused, worker) => work(worker)));
  const shown = await console.rollout(stage.operator, id);
  return {
    needed: Math.floor((failureShare / ALL_BUCKETS) * sample) + 1,
    ...{ admitted: shown.admitted, sawIt: sawIt.size, failed: shown.devices.failed ?? 0, state: shown.state },
    seconds: Math.round((performance.now() - startedMs) / 100) / 10,
  };
}

/** The device polls, and when it is offered the update it installs it and fails. True: it was shown the update. */
async function failsOn(replica: Replica, stage: Stage, at: number): Promise<boolean> {
  const name = { tenantKey: stage.tenantKey, controllerId: stage.devices[at]!.controllerId };
  const { actionId } = await replica.poll(name);
  if (actionId === undefined) return false;
  try {
    await replica.fetch(name, actionId);
    await replica.feedback(name, actionId, { execution: 'proceeding', finished: 'none' });
    await replica.feedback(name, actionId, { execution: 'closed', finished: 'failure' });
  } catch (error) {
    // Taken back before it was fetched.
    if (!(error instanceof DomainError)) throw error;
  }
  return true;
}
