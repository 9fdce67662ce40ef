import type { Answer } from './answer-reader';
import type { Outcome } from './exchange';
import { faultsOf, intrusions } from './judge';
import type { RowChange } from './journal';
import type { Exchanged } from './plea';
import type { Mutant } from './request';

const answer = (status: number, type = 'application/json', body = '{}'): Answer => ({
  status,
  headers: new Map([['content-type', type]]),
  body: Buffer.from(body),
});

function exchanged(text: string, outcome: Partial<Outcome>, mutant: Partial<Mutant> = {}): Exchanged {
  return {
    mutant: {
      ...{ id: '0.0', route: 'E1', mutations: [], controllerId: 'fuzz-0001', method: 'GET', requests: 1 },
      ...{ pieces: [Buffer.from(text)], framing: 'exact', isProxied: false, ...mutant },
    },
    outcome: { answers: [], ending: 'kept', unsound: undefined, ...outcome },
  };
}

const whats = (one: Exchanged): string[] => faultsOf(one).map(({ what }) => what);
const change = (owner: string | undefined, relation = 'action'): RowChange => ({
  relation,
  operation: 'UPDATE',
  owner,
});

describe('the judge of answers', () => {
  it.each([200, 304, 400, 401, 404, 429])('takes %i', (status) => {
    expect(whats(exchanged('', { answers: [answer(status)] }))).toEqual([]);
  });

  it.each<[string, Partial<Outcome>]>([
    ['answered 500', { answers: [answer(500)] }],
    ['answered 503', { answers: [answer(503)] }],
    ['answered 404 with a page for people', { answers: [answer(404, 'text/html', '<p>')] }],
    ['answered 400 and told of our insides', { answers: [answer(400, 'text/plain', 'SyntaxError: x')] }],
    ['answered 400 with what is no JSON', { answers: [answer(400, 'application/json', '{')] }],
    ['no answer and no end within 10 s', { ending: 'hung' }],
    ['the connection was closed without an answer', { ending: 'closed' }],
    ['the connection was reset without an answer', { ending: 'reset' }],
    ['more answers than requests', { answers: [answer(200), answer(200)] }],
    ['nonsense', { answers: [answer(200)], unsound: 'nonsense' }],
  ])('cries: %s', (what, outcome) => {
    expect(whats(exchanged('', outcome))).toEqual([what]);
  });

  it('takes it that a request is not answered of which nobody knows the end', () => {
    expect(whats(exchanged('', { ending: 'closed' }, { framing: 'loose' }))).toEqual([]);
    expect(whats(exchanged('', { ending: 'hung' }, { framing: 'loose' }))).toHaveLength(1);
  });
});

describe('the judge of rows', () => {
  const accepted = exchanged('GET /x/fuzz-0001', { answers: [answer(200)] });
  const refused = exchanged('GET /x/fuzz-0002', { answers: [answer(404)] });
  const intrudersOf = (batch: Exchanged[], ...changes: RowChange[]): string[] =>
    intrusions(batch, changes, ['rollout_tally']).map(({ what }) => what);

  it('lets accepted requests change the rows of the device that they name', () => {
    expect(intrudersOf([accepted, refused], change('fuzz-0001'))).toEqual([]);
  });

  it.each([
    ['whose request was refused', 'fuzz-0002', 'UPDATE action of fuzz-0002, though answered 404'],
    ['that nobody named', 'fuzz-0003', 'UPDATE action of fuzz-0003, though answered by nobody'],
    ['that is none', undefined, 'UPDATE action of no device, though answered by nobody'],
  ])('cries when a row changes of a device %s', (_whose, owner, what) => {
    expect(intrudersOf([accepted, refused], change(owner))).toEqual([what]);
  });

  it('lets what counts for a whole rollout change as soon as anything was accepted', () => {
    expect(intrudersOf([accepted], change(undefined, 'rollout_tally'))).toEqual([]);
    expect(intrudersOf([refused], change(undefined, 'rollout_tally'))).toHaveLength(1);
  });

  it('knows a device by its name in percent escapes, once and twice', () => {
    for (const text of ['GET /x/fuzz%2d0003', 'GET /x/fuzz%252d0003', 'GET /x/%66%75zz-0003'])
      expect(intrudersOf([exchanged(text, { answers: [answer(200)] })], change('fuzz-0003'))).toEqual([]);
  });

  it('blames nobody when an answer is missing, unless the request never was whole', () => {
    const unheard = { ending: 'closed' } as const;
    expect(intrudersOf([exchanged('fuzz-0003', unheard)], change('fuzz-0003'))).toEqual([]);
    const cut = exchanged('fuzz-0003', { ending: 'left' }, { framing: 'broken-off' });
    expect(intrudersOf([cut], change('fuzz-0003'))).toHaveLength(1);
    const second = exchanged('fuzz-0003', { answers: [answer(404)] }, { requests: 2 });
    expect(intrudersOf([second], change('fuzz-0003'))).toEqual([]);
  });
});
