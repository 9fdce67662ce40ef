import { clock } from './line';
import type { DemoModel } from '../model';
import { GROUPS, tallyOf } from './tally';
import { commands, headline, paceWords, verdictWords, whereabouts } from './words';

/**
 * What a log or a pipe is told instead of a screen: what is new in `now`, one line each, without anything but text.
 * `undefined` before the first.
 */
export function plainLines(before: DemoModel | undefined, now: DemoModel): string[] {
  const lines = [...turningPoints(before, now), ...standing(before, now), ...invitation(before, now)];
  return [...lines, ...ending(before, now)].map((text) => `${clock(now.seconds).padStart(5)}  ${text}`);
}

function turningPoints(before: DemoModel | undefined, now: DemoModel): string[] {
  const note = now.note === undefined ? '' : ` ${now.note}`;
  const first = [`Rookery demo at ${now.place.url}${note}; Ctrl-C ends it`, whereabouts(now)];
  const sentence = headline(now);
  const isNew = before === undefined || headline(before) !== sentence;
  // A finished outcome is told with its verdict, and afterwards only changes of the figures are.
  const isTold = isNew && (now.phase !== 'done' || before?.phase !== 'done');
  return [...(before === undefined ? first : []), ...(isTold ? [sentence] : [])];
}

/** How the rollout stands, when that is not as it was. */
function standing(before: DemoModel | undefined, now: DemoModel): string[] {
  if (now.rollout === undefined || now.phase === 'lost') return [];
  const text = figures(now);
  return before === undefined || figures(before) !== text ? [`${text} | ${paceWords(now)}`] : [];
}

function figures(model: DemoModel): string {
  const { groups, percent } = tallyOf(model);
  return [...GROUPS.map((group) => `${group} ${groups[group]}`), `${percent} %`].join(', ');
}

/** Once there is a rollout to look at. */
function invitation(before: DemoModel | undefined, now: DemoModel): string[] {
  return before?.rollout === undefined && now.rollout !== undefined ? commands(now) : [];
}

function ending(before: DemoModel | undefined, now: DemoModel): string[] {
  if (now.phase !== 'done' || before?.phase === 'done') return [];
  const causes = now.causes.map(({ text, devices }) => `  ${devices} x ${text}`);
  return [
    ...(causes.length === 0 ? [] : ['Failures by cause:']),
    ...causes,
    ...verdictWords(now),
    ...(now.isStaying ? commands(now) : []),
  ];
}
