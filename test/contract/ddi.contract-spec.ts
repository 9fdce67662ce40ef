import { chosen } from './runner/choice';
import { SECTIONS, type Section } from './runner/contract-case';
import { Description } from './runner/description';
import { loadAssertions, loadCases } from './runner/load';
import { replay } from './runner/replay';
import { Rookeries } from './runner/rookeries';
import { summaryOf, type Outcome } from './runner/summary';
import { closeConnections } from './runner/transport';

/** Some cases wait for a clock, and the machine may be busy. */
const CASE_MS = 90_000;

const cases = chosen(loadCases(), process.env['ROOKERY_TEST_CONTRACT_ONLY']);
const description = new Description();
const servers = new Rookeries();
const outcomes: Outcome[] = [];

afterAll(async () => {
  process.stdout.write(summaryOf(cases, loadAssertions(), outcomes));
  closeConnections();
  await servers.close();
}, CASE_MS);

for (const [letter, title] of Object.entries(SECTIONS) as [Section, string][]) {
  const ofSection = cases.filter(({ id }) => id.startsWith(letter));
  if (ofSection.length === 0) continue;
  describe(`${letter} ${title}`, () => {
    it.each(ofSection.map((one) => [`${one.id} ${one.name}: ${one.says}`, one] as const))(
      '%s',
      async (_title, one) => {
        outcomes.push({ id: one.id, result: 'failed' });
        await replay(one, await servers.meeting(one.needs ?? []), description);
        outcomes.splice(-1, 1, { id: one.id, result: 'passed' });
      },
      CASE_MS,
    );
  });
}
