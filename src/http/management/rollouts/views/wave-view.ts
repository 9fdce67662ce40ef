import { ApiSchema } from '@nestjs/swagger';
import { percentOf } from '../../../../modules/rollouts/checks/percentage';
import type { Ramp } from '../../../../modules/rollouts/rollout/conduct';
import type { RolloutWindow } from '../../../../modules/rollouts/rollout/rollout-window';
import type { CountedRollout } from '../../../../modules/rollouts/rollouts.service';
import type { Gate, Wave } from '../../../../modules/rollouts/rollout/wave';
import { durationText } from '../../../../platform/config/units';
import {
  ShowsCount,
  ShowsDuration,
  ShowsFlag,
  ShowsInstant,
  ShowsMap,
  ShowsPart,
  ShowsPercent,
  ShowsText,
  ShowsWord,
  type Shown,
} from '../../../shared/shown-field';
import { MEANING, WEEKDAYS, type Weekday } from '../rollout-meaning';

/** What opens the next wave, and what stops the rollout. */
@ApiSchema({ name: 'Gate' })
export class GateView {
  @ShowsPercent({ description: MEANING.successShare })
  successShare!: number;

  @ShowsPercent({ description: MEANING.failureShare })
  failureShare!: number;

  @ShowsCount({ description: MEANING.sample })
  sample!: number;

  @ShowsDuration({ description: MEANING.soak })
  soak!: string;

  @ShowsFlag({ description: MEANING.manual })
  manual!: boolean;
}

/** Devices by name. */
@ApiSchema({ name: 'Members' })
export class MembersView {
  @ShowsText({ isList: true })
  controllerIds!: readonly string[];

  @ShowsText({ isList: true })
  tags!: readonly string[];

  @ShowsText({ optional: true })
  filter?: string | undefined;
}

/** A wave, and how far it is. */
@ApiSchema({ name: 'Wave' })
export class WaveView {
  @ShowsCount({ description: 'From 1.' })
  position!: number;

  @ShowsText({ optional: true })
  name?: string | undefined;

  @ShowsPercent({ description: MEANING.percentage })
  percentage!: number;

  @ShowsPart(MembersView, { description: MEANING.members })
  members!: MembersView;

  @ShowsCount({ optional: true, description: MEANING.mostDevices })
  mostDevices?: number | undefined;

  @ShowsPart(GateView)
  gate!: GateView;

  @ShowsInstant({ optional: true, description: 'Since when all holds that its gate wants.' })
  soakSince?: Date | undefined;

  @ShowsInstant({ optional: true })
  passedAt?: Date | undefined;

  @ShowsText({ optional: true, description: '`gate`, or who advanced it.' })
  passedBy?: string | undefined;

  @ShowsMap('integer', { description: 'How many of its devices are in which state. Exact.' })
  devices!: Readonly<Record<string, number>>;
}

/** When something may be offered. */
@ApiSchema({ name: 'RolloutWindow' })
export class WindowView {
  @ShowsWord(WEEKDAYS, { isList: true, schemaName: 'Weekday' })
  days!: readonly Weekday[];

  @ShowsText({ example: '22:00' })
  from!: string;

  @ShowsText({ example: '06:00', description: 'On the next day, if it is not after `from`.' })
  to!: string;

  @ShowsText({ optional: true, description: MEANING.timezone })
  timezone?: string | undefined;
}

/** A pace that doubles. */
@ApiSchema({ name: 'Ramp' })
export class RampView {
  @ShowsCount()
  startPerMinute!: number;

  @ShowsDuration()
  doubling!: string;
}

export function wavesView({ waves, progress, devicesByWave }: CountedRollout): Shown<WaveView>[] {
  return waves.map((wave, index) => {
    const { soakSince, passedAt, passedBy } = progress[index] ?? {};
    return { ...waveView(wave), soakSince, passedAt, passedBy, devices: devicesByWave[index] ?? {} };
  });
}

function waveView(wave: Wave): Omit<Shown<WaveView>, 'soakSince' | 'passedAt' | 'passedBy' | 'devices'> {
  const { position, name, buckets, members, mostDevices, gate } = wave;
  return { position, name, percentage: percentOf(buckets), members, mostDevices, gate: gateView(gate) };
}

function gateView({ successShare, failureShare, sample, soakMs, isManual: manual }: Gate): Shown<GateView> {
  return {
    successShare: percentOf(successShare),
    failureShare: percentOf(failureShare),
    sample,
    soak: durationText(soakMs),
    manual,
  };
}

export function windowView({ days, fromMinute, toMinute, timezone }: RolloutWindow): Shown<WindowView> {
  const words = days.flatMap((day) => WEEKDAYS[day - 1] ?? []);
  return { days: words, from: clockText(fromMinute), to: clockText(toMinute), timezone };
}

export function rampView({ startPerMinute, doublingMs }: Ramp): Shown<RampView> {
  return { startPerMinute, doubling: durationText(doublingMs) };
}

function clockText(minute: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}
