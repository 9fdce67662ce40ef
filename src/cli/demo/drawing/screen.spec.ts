import {
  aDemoModel,
  aFinishedModel,
  aHalfwayModel,
  aWaitingModel,
} from '../../../../test/support/a-demo-model';
import { expectGolden } from '../../../../test/support/golden';
import type { DemoModel } from '../model';
import { drawScreen, type Looks } from './screen';

const LOOKS: Looks = { columns: 80, rows: 24, hasColours: false, hasBlocks: true };

const screenOf = (model: DemoModel, looks: Partial<Looks> = {}): string =>
  `${drawScreen(model, { ...LOOKS, ...looks }).join('\n')}\n`;

const LOST = aHalfwayModel({ phase: 'lost', isAnswering: false });
const DISAGREED = aFinishedModel({
  judged: {
    actions: 300,
    mismatches: [
      'action 7 of sim-00007 []: is failed, but the device did what leads to confirmed',
      'rollout 1 (demo): shows 281 confirmed, the history has 282',
      'device sim-00009: the server does not know the device',
    ],
  },
});

describe('the screen of the demo', () => {
  it.each([
    ['starting', screenOf(aDemoModel({ note: '(8080 is taken)' }))],
    ['waiting', screenOf(aWaitingModel())],
    ['half-way', screenOf(aHalfwayModel())],
    ['finished-with-failures', screenOf(aFinishedModel())],
    ['disagreed', screenOf(DISAGREED)],
    ['not-answering', screenOf(aHalfwayModel({ isAnswering: false }))],
    ['lost-server', screenOf(LOST)],
    ['half-way-in-ascii', screenOf(aHalfwayModel(), { hasBlocks: false })],
    ['half-way-in-colours', screenOf(aHalfwayModel(), { hasColours: true }).replaceAll('\u001b', '<ESC>')],
    ['half-way-on-a-small-terminal', screenOf(aHalfwayModel(), { columns: 48, rows: 15 })],
  ])('%s is as the golden file shows', (name, screen) => {
    expectGolden(name, screen);
  });

  it.each([aDemoModel(), aWaitingModel(), aHalfwayModel(), aFinishedModel(), DISAGREED, LOST])(
    'never reaches the last column and never has more rows than the terminal (case %#)',
    (model) => {
      for (const columns of [1, 2, 20, 40, 79, 80, 81, 200]) {
        for (const rows of [1, 10, 24, 60]) {
          const lines = drawScreen(model, { ...LOOKS, columns, rows });
          expect(Math.max(...lines.map((line) => [...line].length))).toBeLessThan(Math.min(columns, 80));
          expect(lines.length).toBeLessThanOrEqual(Math.min(rows, 24));
        }
      }
    },
  );

  it('fills a terminal of 24 rows, whatever there is to say', () => {
    for (const model of [aDemoModel(), aWaitingModel(), aHalfwayModel(), aFinishedModel(), DISAGREED, LOST])
      expect(drawScreen(model, LOOKS)).toHaveLength(24);
  });

  it('shows a rollout that somebody paused, and how it goes on', () => {
    const { rollout } = aHalfwayModel();
    const screen = screenOf(aHalfwayModel({ rollout: { ...rollout!, state: 'paused' } }));
    expect(screen).toContain('Rollout 1 is paused');
    expect(screen).toContain('/rollouts/1/resume');
  });

  it('has no escape codes without colours', () => {
    // eslint-disable-next-line no-control-regex -- their absence is the point
    expect(screenOf(aFinishedModel())).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });
});
