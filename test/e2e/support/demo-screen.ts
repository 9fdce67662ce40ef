/** Where the drawing of 80 columns puts things; the golden file compares the rest. */
const PROGRESS_ROW = 2;
const STATE_ROWS = { first: 4, last: 10 };
const MIDDLE_ROWS = { first: 12, last: 18 };
const PROGRESS = { from: 0, to: 73 };
const PERCENT = { from: 73, to: 79 };
const COUNT = { from: 15, to: 21 };
const BAR = { from: 23, to: 60 };
const FLEET_COUNT = { from: 73, to: 79 };

interface Field {
  readonly from: number;
  readonly to: number;
}

const fieldOf = (line: string, { from, to }: Field): string => [...line].slice(from, to).join('');

function withField(line: string, { from, to }: Field, text: string): string {
  const cells = [...line.padEnd(79)];
  return [...cells.slice(0, from), ...text.padEnd(to - from), ...cells.slice(to)].join('').trimEnd();
}

/** Per cent of the devices that are done, as it is drawn. */
export function percentOn(screen: readonly string[]): number {
  return Number.parseInt(fieldOf(screen[PROGRESS_ROW]!, PERCENT), 10);
}

/** How long the bar of a state is. */
export function barOn(screen: readonly string[], state: string): number {
  const row = screen
    .slice(STATE_ROWS.first, STATE_ROWS.last + 1)
    .find((line) => line.startsWith(`  ${state} `));
  return fieldOf(row ?? '', BAR).trim().length;
}

/** How many devices are in a state, as it is drawn. */
export function countOn(screen: readonly string[], state: string): number {
  const row = screen
    .slice(STATE_ROWS.first, STATE_ROWS.last + 1)
    .find((line) => line.startsWith(`  ${state} `));
  return Number(fieldOf(row ?? '', COUNT));
}

/** The screen with a placeholder for whatever differs from run to run: what is left is the layout. */
export function layoutOf(screen: readonly string[]): string[] {
  return screen.flatMap((line, row) => {
    if (row === PROGRESS_ROW) return [withField(withField(line, PROGRESS, '<progress>'), PERCENT, '   N %')];
    if (row >= STATE_ROWS.first && row <= STATE_ROWS.last) return [layoutOfState(line)];
    if (row < MIDDLE_ROWS.first || row > MIDDLE_ROWS.last) return [withoutFigures(line)];
    if (row < MIDDLE_ROWS.last) return row === MIDDLE_ROWS.first ? ['<causes and happenings>'] : [];
    return line.startsWith('The simulated') ? [withoutFigures(line)] : ['<causes and happenings>'];
  });
}

function layoutOfState(line: string): string {
  const [count, fleetCount] = [COUNT, FLEET_COUNT].map((field) =>
    fieldOf(line, field).replace(/^ *\d+$/, '     N'),
  );
  return withField(withField(withField(line, COUNT, count!), BAR, '<bar>'), FLEET_COUNT, fleetCount!);
}

/** Whether the rollout passes its gate before the last device is done hangs on how many fail. */
function withoutFigures(line: string): string {
  return line
    .replace(/^Done: .*/, 'Done: <outcome>')
    .replace(/^(Rollout \d+ is) finished:/, '$1 running:')
    .replace(/127\.0\.0\.1:\d{5}/, '127.0.0.1:<prt>')
    .replace(/\d:\d\d$/, 'N:NN')
    .replace(/ +The devices: \d+ polls\/s, \d+ reports\/s$/, ' ... The devices: N polls/s, N reports/s')
    .replace(/\d+ (of \d+ devices)/, 'N $1')
    .replace(/demo-[0-9a-f]{24}/, 'demo-<token>')
    .replace(/rookery-demo-\w{6}/, 'rookery-demo-<name>')
    .replace(/sim-\d{5}/, 'sim-<n>')
    .replace(/actions\/\d+/, 'actions/<n>')
    .replace(/agree on \d+/, 'agree on N');
}
