import type { DeviceState } from '../../simulator/devices/device-state';
import { span, type Line, type Tone } from './line';
import type { FleetFigures } from '../model';
import { GROUPS, type Group, type Tally } from './tally';

/** The characters of the bars: blocks where the terminal knows them, else plain ones. */
export interface Ink {
  readonly full: string;
  readonly failed: string;
  readonly half: string;
  readonly empty: string;
}

export const BLOCKS: Ink = { full: '█', failed: '▚', half: '▒', empty: '░' };
export const ASCII: Ink = { full: '#', failed: 'x', half: '+', empty: '.' };

const TONES: Readonly<Record<Group, Tone>> = {
  waiting: 'faint',
  offered: 'busy',
  downloading: 'busy',
  installing: 'busy',
  confirmed: 'good',
  failed: 'bad',
  other: 'plain',
};
const NAME_WIDTH = 13;
const COUNT_WIDTH = 6;
const PERCENT_WIDTH = 6;
const FLEET_NAME_WIDTH = 11;
const FLEET_COUNT_WIDTH = 6;
/** What devices can be at, one beside each group of states. None of the demo's ever stalls. */
const FLEET_STATES: readonly DeviceState[] = [
  'off',
  'idle',
  'downloading',
  'installing',
  'rebooting',
  'reporting',
  'silent',
];

/** The whole fleet in one bar: confirmed, failed and otherwise ended, under way, waiting. */
export function progressBar(
  { groups, total, ended, inFlight, percent }: Tally,
  ink: Ink,
  columns: number,
): Line {
  const width = Math.max(0, columns - PERCENT_WIDTH);
  const { confirmed } = groups;
  const ends = [confirmed, ended, ended + inFlight, total].map((upTo) => scaled(upTo, total, width));
  const [toConfirmed = 0, toEnded = 0, toInFlight = 0] = ends;
  const pieces: [string, Tone, number][] = [
    [ink.full, 'good', toConfirmed],
    [ink.failed, 'bad', toEnded - toConfirmed],
    [ink.half, 'busy', toInFlight - toEnded],
    [ink.empty, 'faint', width - toInFlight],
  ];
  const bar = pieces.map(([character, tone, length]) => span(character.repeat(length), tone));
  return [...bar, span(`${percent} %`.padStart(PERCENT_WIDTH), 'strong')];
}

/** One row for each group of states as the server counts them, and beside it what the devices say of themselves. */
export function stateRows(tally: Tally, { byState }: FleetFigures, ink: Ink, columns: number): Line[] {
  const width = Math.max(0, columns - NAME_WIDTH - COUNT_WIDTH - FLEET_NAME_WIDTH - FLEET_COUNT_WIDTH - 6);
  return GROUPS.map((group, row) => {
    const count = tally.groups[group];
    const length = group === 'other' || count === 0 ? 0 : Math.max(1, scaled(count, tally.total, width));
    const drawn = group === 'other' ? named(tally) : ink.full.repeat(length);
    return [
      ...counted(`  ${group.padEnd(NAME_WIDTH)}`, count, COUNT_WIDTH),
      span(`  ${drawn.slice(0, width).padEnd(width)}  `, TONES[group]),
      ...fleetCell(FLEET_STATES[row], byState),
    ];
  });
}

function fleetCell(state: DeviceState | undefined, byState: FleetFigures['byState']): Line {
  if (state === undefined) return [];
  return counted(state.padEnd(FLEET_NAME_WIDTH), byState[state] ?? 0, FLEET_COUNT_WIDTH);
}

/** What is not there steps back. */
function counted(name: string, count: number, width: number): Line {
  const isThere = count > 0;
  return [
    span(name, isThere ? 'plain' : 'faint'),
    span(String(count).padStart(width), isThere ? 'strong' : 'faint'),
  ];
}

function named({ others }: Tally): string {
  return others.map(([state, devices]) => `${devices} ${state}`).join(', ');
}

function scaled(count: number, total: number, width: number): number {
  return total === 0 ? 0 : Math.round((count / total) * width);
}
