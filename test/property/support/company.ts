import { meetStory } from './holds';
import { Player, type Script } from './player';
import { Playhouse } from './playhouse';
import type { Story } from './story';
import { playWatching } from './watching-players';

/** Plays the histories of one file. Close it in `afterAll`. */
export class Company {
  private readonly playhouse = new Playhouse();

  async play(script: Script): Promise<Story> {
    const story = await Player.play(await this.playhouse.theatre(), script);
    meetStory(story);
    return story;
  }

  /** What a player that watches has found. */
  async watch(script: Script, kind: Parameters<typeof playWatching>[2]): Promise<readonly string[]> {
    const player = await playWatching(await this.playhouse.theatre(), script, kind);
    meetStory(await player.story());
    return player.faults;
  }

  async theatre(): ReturnType<Playhouse['theatre']> {
    return this.playhouse.theatre();
  }

  async close(): Promise<void> {
    await this.playhouse.close();
  }
}
