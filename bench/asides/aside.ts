import { aligned } from '../cells';
import type { Figure } from '../figures';
import type { Stage } from '../stage';

/** One line of what is measured beside the rounds. */
export interface AsideRow {
  readonly what: string;
  /** Size of the fleet, where it matters. */
  readonly devices?: number;
  readonly unit: 'ms' | 'µs';
  readonly figure: Figure;
  /** The median should not be above. */
  readonly most?: number;
  /** What else is to be known about it. */
  readonly note?: string;
}

/** Something that is no contest: measured on a scenario's stage after its rounds, told as a table of its own. */
export interface Aside {
  readonly name: string;
  /** One line above the table. */
  readonly title: string;
  readonly measure: (stage: Stage, isQuick: boolean) => Promise<readonly AsideRow[]>;
}

export function tableOfAside({ title }: Pick<Aside, 'title'>, rows: readonly AsideRow[]): string {
  const hasAim = rows.some(({ most }) => most !== undefined);
  const hasNote = rows.some(({ note }) => note !== undefined);
  const head = [
    '',
    'devices',
    'median',
    'least',
    'most',
    ...(hasAim ? ['aim'] : []),
    ...(hasNote ? [''] : []),
  ];
  const cells = rows.map(({ what, devices, unit, figure, most, note }) => [
    what,
    devices === undefined ? '' : String(devices),
    `${figure.median} ${unit}`,
    String(figure.least),
    String(figure.most),
    ...(hasAim ? [verdictOn(figure, most)] : []),
    ...(hasNote ? [note ?? ''] : []),
  ]);
  return `${title}\n\n${aligned([head, ...cells])}`;
}

function verdictOn({ median }: Figure, most: number | undefined): string {
  if (most === undefined) return '';
  return `${most}: ${median <= most ? 'reached' : 'missed'}`;
}
