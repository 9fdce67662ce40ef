import {
  ACTION_EVENTS,
  ACTION_STATES,
  ENDED_STATES,
  isEnded,
  type ActionEvent,
  type ActionState,
  type ActionStatus,
  type EndedBy,
} from '../../src/modules/actions/action/action';
import { expiryOf } from '../../src/modules/actions/action/deadline';
import { transition } from '../../src/modules/actions/action/transition';
import { anActionStatus } from './a-action-status';
import { inWords } from './step-words';

type Variant = readonly [when: string, status: Partial<ActionStatus>];

const PLAIN: Variant = ['', {}];
const OPEN_VARIANTS: readonly Variant[] = [
  PLAIN,
  ['with proof', { hasProof: true }],
  ['with proof, its version awaited', { hasProof: true, awaitsVersion: true }],
  ['of a mere download', { type: 'download-only' }],
  ['where consent is needed', { needsConfirmation: true }],
];
const ENDED_VARIANTS: readonly Variant[] = [
  PLAIN,
  ['with proof', { hasProof: true }],
  ['with proof, its version awaited', { hasProof: true, awaitsVersion: true }],
  ["after the device's own success", { deviceVerdict: 'success' }],
  ["after the device's own failure", { deviceVerdict: 'failure' }],
  ['corrected before', { hasProof: true, isCorrected: true }],
  ['once a cancel was asked for', { cancelFrom: 'downloading' }],
];

/** Who can have brought an end about. */
const ENDERS: Readonly<Record<(typeof ENDED_STATES)[number], readonly EndedBy[]>> = {
  confirmed: ['device', 'server'],
  failed: ['device', 'server'],
  cancelled: ['cancel', 'server', 'device'],
  'timed-out': ['server'],
  lapsed: ['device', 'server'],
  withdrawn: ['server'],
};

const INTRODUCTION = `# The states of an action

An action is one device × one release. This page is written by \`npm run docs:states\` from
\`src/modules/actions/action/transition.ts\`; a test fails when it says something else.

- **stay**: accepted and logged, and nothing else changes.
- **gone**: the device itself ended the action and now says otherwise; 410 on the wire.
- **corrected to …**: a late report sets an end right that the device did not bring about; once.
- In brackets: the kind of a failure, as gates count it.
- What a state does not list it refuses: whoever asks is told, and nothing is stored.
- **proof**: the device was seen to download or to make progress on this very action, or reported its version.
- **its version awaited**: the rollout believes the version only (\`confirms: version\`), and the device had told one.
`;

/** The state machine as a page for people. */
export function actionStatesPage(): string {
  const open = ACTION_STATES.filter((state) => !isEnded(state)).map(openSection);
  const ended = ENDED_STATES.flatMap((state) => ENDERS[state].map((endedBy) => endedSection(state, endedBy)));
  return [INTRODUCTION, '## Open\n', ...open, '## Ended\n', ...ended].join('\n');
}

function openSection(state: ActionState): string {
  const deadline = `Its deadline: \`${expiryOf(state) ?? 'none'}\`.\n`;
  return [`### ${state}\n`, deadline, table({ state, cancelFrom: cancelFromOf(state) }, OPEN_VARIANTS)].join(
    '\n',
  );
}

function cancelFromOf(state: ActionState): ActionState | undefined {
  return state === 'cancelling' ? 'downloading' : undefined;
}

function endedSection(state: ActionState, endedBy: EndedBy): string {
  return [`### ${state}, ended by ${endedBy}\n`, table({ state, endedBy }, ENDED_VARIANTS)].join('\n');
}

function table(status: Partial<ActionStatus>, variants: readonly Variant[]): string {
  const rows = ACTION_EVENTS.map((event) => [event, cellOf(status, event, variants)] as const);
  const kept = [['event', 'what becomes of it'] as const, ...rows.filter(([, cell]) => cell !== 'refuse')];
  const widths = [0, 1].map((column) => Math.max(...kept.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head, ...body] = kept.map(line);
  return `${[head, line(widths.map((width) => '-'.repeat(width))), ...body].join('\n')}\n`;
}

/** What holds without more, and each case in which something else does. */
function cellOf(status: Partial<ActionStatus>, event: ActionEvent, variants: readonly Variant[]): string {
  const outcome = (changes: Partial<ActionStatus>): string =>
    inWords(transition(anActionStatus({ ...status, ...changes }), event));
  const plain = outcome({});
  const told = new Map([['', plain]]);
  let last = plain;
  for (const [when, changes] of variants.slice(1)) {
    const words = outcome(changes);
    const isSpecial = words !== plain && !(when.startsWith('with proof, ') && words === last);
    if (isSpecial || (when.startsWith('with proof, ') && words !== last)) told.set(when, words);
    last = words;
  }
  return [...told].map(([when, words]) => (when === '' ? words : `${when}: ${words}`)).join('; ');
}
