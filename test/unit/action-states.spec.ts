import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ACTION_EVENTS, ACTION_STATES } from '../../src/modules/actions/action/action';
import { actionStatesPage } from '../support/action-states-page';

const COMMITTED = join(__dirname, '../../docs/action-states.md');

describe('docs/action-states.md', () => {
  it('says what the code does (npm run docs:states writes it)', () => {
    const page = actionStatesPage();
    if (process.env['ROOKERY_TEST_WRITE_STATES'] === '1') writeFileSync(COMMITTED, page);
    expect(readFileSync(COMMITTED, 'utf8')).toBe(page);
  });

  it('names every state, and every event that any state knows', () => {
    const page = actionStatesPage();
    for (const state of ACTION_STATES) expect(page).toContain(`### ${state}`);
    for (const event of ACTION_EVENTS) expect(page).toContain(`| ${event} `);
  });
});
