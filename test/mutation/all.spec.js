/**
 * All tests of the rules in one file, since each file of tests loads the sources anew, and there are thousands of mutants. Those
 * that look at so many cases that each takes seconds are left out: what only they would notice counts as unnoticed.
 */
const { readdirSync } = require('node:fs');
const { basename, join } = require('node:path');

const TOO_SLOW = /-(properties|scan|shares)\.spec\.ts$/;
/** What takes some tenths of a second comes last: most mutants are dead by then. */
const SLOW = /(-(walks|life|timing|window|check|after-end)|bucket|plan)\.spec\.ts$/;

const specs = ['actions', 'rollouts'].flatMap((room) => {
  const folder = join(__dirname, '..', '..', 'src', 'modules', room);
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.spec.ts') && !TOO_SLOW.test(name))
    .map((name) => join(folder, name));
});

/** A mutant is dead at the first test that notices it; Jest itself stops between files only. */
let isDead = false;
const untilDead = (test) => async () => {
  if (isDead) return;
  try {
    await test();
  } catch (error) {
    isDead = process.env['__STRYKER_ACTIVE_MUTANT__'] !== undefined;
    throw error;
  }
};
const real = globalThis.it;
globalThis.it = (name, test) => real(name, untilDead(test));
/** One test for all rows: to declare thousands takes longer than to run them. */
globalThis.it.each = (table) => (name, test) =>
  globalThis.it(name, async () => {
    for (const row of table) await (Array.isArray(row) ? test(...row) : test(row));
  });

for (const spec of specs.sort((a, b) => Number(SLOW.test(a)) - Number(SLOW.test(b))))
  // Which tests a mutant needs is told by a pattern of all their names: short ones.
  globalThis.describe(basename(spec, '.spec.ts'), () => {
    require(spec);
  });
