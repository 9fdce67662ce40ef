/** A step that leads a device to where it stands at the beginning. */
export type Step =
  | 'poll'
  | 'retrieve'
  | 'download'
  | 'cancel'
  | 'read-cancel'
  | 'confirm'
  | 'consent'
  | 'fill-log'
  | 'prove'
  | `say ${string}/${string}`;

/** How a release is assigned. */
export type Terms = Readonly<Record<string, unknown>>;

/** What a device of a kind has been through. */
export interface DeviceScript {
  readonly state: string;
  /** How the release was assigned to it; undefined: it was not. */
  readonly assignment?: Terms;
  readonly steps: readonly Step[];
  /** And how another release after that. */
  readonly another?: Terms;
}

const PLAIN = { type: 'forced', confirmation: false };
const ASKED = { type: 'soft', confirmation: true };
const WINDOW = { schedule: '0 0 2 1 1 ? 2098', duration: '02:00:00', timezone: '+00:00' };
const WORKING: readonly Step[] = ['poll', 'retrieve', 'say proceeding/none'];

/** Every state that a device can be in, and what it can have behind it. */
export const DEVICE_SCRIPTS: readonly DeviceScript[] = [
  { state: 'nothing', steps: ['poll'] },
  { state: 'assigned and not polled', assignment: PLAIN, steps: [] },
  { state: 'offered', assignment: PLAIN, steps: ['poll'] },
  { state: 'retrieved', assignment: PLAIN, steps: ['poll', 'retrieve'] },
  { state: 'downloading', assignment: PLAIN, steps: ['poll', 'retrieve', 'download'] },
  { state: 'downloaded', assignment: PLAIN, steps: ['poll', 'retrieve', 'download', 'say downloaded/none'] },
  {
    state: 'installing',
    assignment: PLAIN,
    steps: [...WORKING, 'say downloaded/none', 'say proceeding/none'],
  },
  { state: 'cancelling', assignment: PLAIN, steps: [...WORKING, 'cancel'] },
  { state: 'cancel read', assignment: PLAIN, steps: ['poll', 'retrieve', 'cancel', 'poll', 'read-cancel'] },
  { state: 'awaiting confirmation', assignment: ASKED, steps: ['poll'] },
  { state: 'confirmed by its user', assignment: ASKED, steps: ['poll', 'confirm', 'retrieve'] },
  { state: 'consenting to everything', assignment: ASKED, steps: ['poll', 'consent'] },
  { state: 'succeeded', assignment: PLAIN, steps: [...WORKING, 'say closed/success'] },
  { state: 'succeeded and proven', assignment: PLAIN, steps: [...WORKING, 'say closed/success', 'prove'] },
  { state: 'failed', assignment: PLAIN, steps: [...WORKING, 'say closed/failure'] },
  { state: 'cancelled', assignment: PLAIN, steps: [...WORKING, 'cancel', 'say closed/success'] },
  { state: 'one waiting behind', assignment: PLAIN, steps: WORKING, another: PLAIN },
  { state: 'download only', assignment: { ...PLAIN, type: 'download-only' }, steps: WORKING },
  { state: 'before its window', assignment: { ...PLAIN, window: WINDOW }, steps: WORKING },
  { state: 'with a full log', assignment: PLAIN, steps: [...WORKING, 'fill-log'] },
];
