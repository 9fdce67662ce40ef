import type { DemoModel } from '../model';
import { tallyOf } from './tally';

/** Where the demo stands, in one sentence. */
export function headline(model: DemoModel): string {
  const { phase, devices, registered } = model;
  switch (phase) {
    case 'starting':
      return 'A server with a Postgres of its own is starting ...';
    case 'registering':
      return `The fleet is switched on: ${registered} of ${devices} devices have registered`;
    case 'rolling':
      return rolling(model);
    case 'judging':
      return 'All is done. Comparing what the devices did with what the server says ...';
    case 'done':
      return `Done: ${outcome(model)}`;
    case 'lost':
      return 'The server has ended of its own accord';
  }
}

function rolling({ rollout, versions, isAnswering }: DemoModel): string {
  if (!isAnswering) return 'The server does not answer; these figures are old';
  if (rollout === undefined) return `Every device has registered; release ${versions.to} is on its way`;
  const cap = rollout.inFlightCap === undefined ? '' : `, at most ${rollout.inFlightCap} at a time`;
  return `Rollout ${rollout.id} is ${rollout.state}: from ${versions.from} to ${versions.to}${cap}`;
}

/** What became of the devices, those left out that nothing became of. */
function outcome(model: DemoModel): string {
  const { groups, others, inFlight: open } = tallyOf(model);
  const { silent = 0 } = model.fleet.byState;
  const counts: (readonly [string, number])[] = [
    ['confirmed', groups.confirmed],
    ['failed', groups.failed],
    ...others.filter(([state]) => state !== 'cancelling'),
    ['waiting', groups.waiting],
    ['still open', open],
  ];
  const named = counts.filter(([, count]) => count > 0).map(([name, count]) => `${count} ${name}`);
  const why = open > 0 && silent > 0 ? ` (${silent} fell silent)` : '';
  return `${named.join(', ')}${why}`;
}

export function paceWords({ fleet }: DemoModel): string {
  return `${fleet.pollsPerSecond} polls/s, ${fleet.reportsPerSecond} reports/s`;
}

export function verdictWords({ judged }: DemoModel): string[] {
  if (judged === undefined) return [];
  const { actions, mismatches } = judged;
  if (mismatches.length === 0)
    return [`The simulated devices and the server's history agree on ${actions} updates.`];
  return [
    `The simulated devices and the server's history DISAGREE: ${mismatches.length} mismatches.`,
    ...mismatches,
  ];
}

/** Commands for another terminal. The token stands in a variable, so that each fits on a line. */
export function commands({ place, rollout, phase, example }: DemoModel): string[] {
  const api = `${place.url}/api/v1`;
  const curl = 'curl -H "$API"';
  const path = `${api}/rollouts/${rollout?.id ?? '1'}`;
  const verb = rollout?.state === 'paused' ? 'resume' : 'pause';
  const next =
    phase === 'done' && example !== undefined
      ? [
          `${curl} ${api}/devices/${example.controllerId}/explain`,
          `${curl} ${api}/actions/${example.actionId}/log`,
        ]
      : [`${curl} ${path}`, `${curl} -X POST ${path}/${verb}`];
  return [`API='Authorization: Bearer ${place.apiToken}'`, ...next];
}

/** Where to find what is not shown here. */
export function whereabouts({ place }: DemoModel): string {
  return `Log and login in ${place.folder}: ${place.files.join(', ')}`;
}
