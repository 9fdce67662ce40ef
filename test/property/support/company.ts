import { faultsOfCounters, truthOf } from '../judges/counts';
import { judged, meetStory } from './holds';
import { verdictOf } from './jury';
import { Player, type Script } from './player';
import { Playhouse } from './playhouse';
import type { Story } from './story';
import type { Theatre } from './theatre';
import { playWatching } from './watching-players';

/** Plays the histories of one file, and holds each against all that can be said of any. Close it in `afterAll`. */
export class Company {
  private readonly playhouse = new Playhouse();

  async play(script: Script): Promise<Played> {
    const theatre = await this.theatre();
    return this.judge(theatre, await Player.play(theatre, script));
  }

  /** Also with what a player that watches has found. */
  async watch(script: Script, kind: Parameters<typeof playWatching>[2]): Promise<readonly string[]> {
    const theatre = await this.theatre();
    const player = await playWatching(theatre, script, kind);
    const story = await player.story();
    if (player.isMeddling) meetStory(story);
    const { faults } = player.isMeddling ? { faults: [] } : await this.judge(theatre, story);
    return [...player.faults, ...faults];
  }

  async judge(theatre: Theatre, story: Story): Promise<Played> {
    meetStory(story);
    return { story, faults: [...verdictOf(story), ...(await miscounts(theatre, story))] };
  }

  async theatre(): ReturnType<Playhouse['theatre']> {
    return this.playhouse.theatre();
  }

  async close(): Promise<void> {
    await this.playhouse.close();
  }
}

/** A history, and what is wrong with it whatever it was played for. */
export interface Played {
  readonly story: Story;
  readonly faults: readonly string[];
}

/** B9, once a history is over. */
async function miscounts({ consoles, database }: Theatre, { stage, rolloutIds }: Story): Promise<string[]> {
  judged('B9');
  const { operator, tenantId } = stage;
  const faults = await Promise.all(
    rolloutIds.map(async (id) =>
      faultsOfCounters(await consoles[1].rollout(operator, id), await truthOf(database, tenantId, id)),
    ),
  );
  return faults.flat().map((fault) => `B9: ${fault}`);
}
