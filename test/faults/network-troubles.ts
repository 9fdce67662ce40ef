import type { NetworkLink } from '../e2e/support/network-link';
import { CommitWatch } from './commit-watch';
import type { Findings } from './court';
import { pause, Play, type Casting } from './play';
import { Probe } from './probe';

/** Something that goes wrong with a network for a while. */
export interface Trouble {
  readonly name: string;
  /** Rookery may say "come back later" while it lasts; else it has to bear it. */
  readonly isOutage: boolean;
  /** Resolves when the network is sound again. */
  readonly befall: (play: Play) => Promise<void>;
}

export interface TroubleOutcome {
  readonly name: string;
  /** From its end to right answers to a poll and to a report. */
  readonly rightAfterMs: number;
}

export interface NetworkTroubles {
  readonly troubles: readonly TroubleOutcome[];
  readonly lostAnswers: number;
  readonly findings: Findings;
}

const BETWEEN_MS = 700;

/** Lets troubles befall the networks one after the other while the devices report. */
export async function suffer(
  casting: Casting,
  troubles: readonly Trouble[],
  graceMs: number,
): Promise<NetworkTroubles> {
  const play = await Play.begin(casting);
  try {
    const outcomes: TroubleOutcome[] = [];
    for (const [index, trouble] of troubles.entries()) {
      await pause(BETWEEN_MS);
      outcomes.push(await sufferOne(play, trouble, { number: index + 1, graceMs }));
    }
    return { troubles: outcomes, lostAnswers: play.watch.lostAnswers, findings: await play.end() };
  } catch (failure) {
    play.sayErrors();
    throw failure;
  } finally {
    await play.close();
  }
}

async function sufferOne(
  play: Play,
  trouble: Trouble,
  { number, graceMs }: { number: number; graceMs: number },
): Promise<TroubleOutcome> {
  const { theatre } = play;
  const { server, gatewayToken } = theatre;
  const probe = new Probe({ serverUrl: server.url, gatewayToken, controllerId: `trouble${number}` });
  await probe.start();
  theatre.announceOutage(trouble.isOutage);
  await trouble.befall(play);
  const endMs = performance.now();
  const rightAfterMs = Math.round(await probe.untilRight(endMs));
  await pause(Math.max(0, endMs + graceMs - performance.now()));
  theatre.announceOutage(false);
  await pause(BETWEEN_MS);
  await probe.stop();
  play.otherReports.push(...probe.reports);
  play.say(`${trouble.name}: right again after ${rightAfterMs} ms`);
  return { name: trouble.name, rightAfterMs };
}

/** Everything takes longer. */
export function latency(of: NetworkOf, ms: number, lastsMs: number): Trouble {
  return {
    name: `${ms} ms more each way between ${of.name} for ${lastsMs} ms`,
    isOutage: false,
    befall: async (play) => {
      of.links(play).forEach((link) => link.delay(ms));
      await pause(lastsMs);
      of.links(play).forEach((link) => link.delay(0));
    },
  };
}

/** All connections are reset, several times. */
export function cuts(of: NetworkOf, times: number): Trouble {
  return {
    name: `${times} cuts between ${of.name}`,
    isOutage: of.isBehindRookery,
    befall: async (play) => {
      for (let cut = 0; cut < times; cut += 1) {
        await pause(play.saboteur.upTo(400));
        of.links(play).forEach((link) => link.cut());
      }
    },
  };
}

/** Nobody gets through, and knows it. */
export function outage(of: NetworkOf, lastsMs: number): Trouble {
  return {
    name: `no connection between ${of.name} for ${lastsMs} ms`,
    isOutage: of.isBehindRookery,
    befall: async (play) => {
      of.links(play).forEach((link) => link.down());
      await pause(lastsMs);
      of.links(play).forEach((link) => link.up());
    },
  };
}

/** Nothing gets through, and nobody knows; what was held up arrives afterwards. */
export function blackHole(of: NetworkOf, lastsMs: number, isOutage: boolean): Trouble {
  return {
    name: `a black hole between ${of.name} for ${lastsMs} ms`,
    isOutage,
    befall: async (play) => {
      of.links(play).forEach((link) => link.stall());
      await pause(lastsMs);
      of.links(play).forEach((link) => link.flow());
    },
  };
}

/** Requests arrive and are carried out, answers do not come back; then the connections break. */
export function swallowedAnswers(of: NetworkOf, lastsMs: number): Trouble {
  return {
    name: `answers between ${of.name} swallowed for ${lastsMs} ms, then a cut`,
    isOutage: of.isBehindRookery,
    befall: async (play) => {
      of.links(play).forEach((link) => link.stall(['back']));
      await pause(lastsMs);
      of.links(play).forEach((link) => {
        link.cut();
        link.flow();
      });
    },
  };
}

/** The answers to some reports are lost after the commit. */
export function lostAnswers(share: number, lastsMs: number): Trouble {
  return {
    name: `${share * 100} % of the answers to reports lost for ${lastsMs} ms`,
    isOutage: false,
    befall: async (play) => {
      play.watch.loseAnswers(share, () => play.saboteur.upTo(1));
      await pause(lastsMs);
      play.watch.loseAnswers(0, () => 1);
    },
  };
}

/** The answers to some commits are lost: Rookery cannot know whether it has told the truth. */
export function lostCommits(share: number, lastsMs: number): Trouble {
  return {
    name: `the answers to ${share * 100} % of the commits lost for ${lastsMs} ms`,
    isOutage: true,
    befall: async ({ theatre, saboteur, say }) => {
      const watch = new CommitWatch(theatre.databaseLink, () => saboteur.upTo(1) < share);
      await pause(lastsMs);
      watch.stop();
      say(`${watch.lostAnswers} answers to commits were lost`);
    },
  };
}

/** One instance stands still in the middle of what it does; the others go on. */
export function frozenInstance(lastsMs: number, isOutage: boolean): Trouble {
  return {
    name: `one instance frozen for ${lastsMs} ms`,
    isOutage,
    befall: async ({ theatre }) => {
      const instance = theatre.servers.at(-1);
      instance?.suspend();
      await pause(lastsMs);
      instance?.resume();
    },
  };
}

/** All processes of Postgres stand still. */
export function frozenPostgres(lastsMs: number, isOutage: boolean): Trouble {
  return {
    name: `Postgres frozen for ${lastsMs} ms`,
    isOutage,
    befall: async ({ theatre }) => {
      theatre.postgres.freeze();
      await pause(lastsMs);
      theatre.postgres.thaw();
    },
  };
}

/** Which network. */
export interface NetworkOf {
  readonly name: string;
  /** Devices are not cut off themselves, but are told to come back later. */
  readonly isBehindRookery: boolean;
  readonly links: (play: Play) => readonly NetworkLink[];
}

export const DEVICES: NetworkOf = {
  name: 'devices and Rookery',
  isBehindRookery: false,
  links: ({ theatre }) => theatre.links,
};
export const DATABASE: NetworkOf = {
  name: 'Rookery and Postgres',
  isBehindRookery: true,
  links: ({ theatre }) => [theatre.databaseLink],
};
