import { countCauses } from './cause';
import { ManagementError, type Management } from './staging/management';
import type { DemoModel, Occurrence } from './model';
import type { News, Outcomes } from './outcomes';
import type { Show } from './drawing/show';

const KEPT_OCCURRENCES = 10;

/** Looks at a rollout through the management API, and puts what it sees into the show. */
export class Lookout {
  /** What devices said that were confirmed and are back at the old version. */
  private relapses: readonly string[] = [];

  constructor(
    private readonly management: Management,
    private readonly rolloutId: string,
    private readonly outcomes: Outcomes,
    private readonly show: Show,
  ) {}

  /** A server that does not answer for a while is shown as that, and asked again at the next look. */
  async look(): Promise<void> {
    try {
      await this.lookFrom(() => this.outcomes.catchUp());
    } catch (error) {
      if (!(error instanceof ManagementError)) throw error;
      this.show.change({ isAnswering: false });
    }
  }

  /** Once all is over: nothing is left out any more, and every device is asked for what it runs. */
  async lookBack(oldVersion: string): Promise<void> {
    await this.lookFrom(() => this.outcomes.catchUpFully());
    const { confirmed } = this.outcomes;
    this.relapses = (await this.management.devices())
      .filter((device) => confirmed.has(device.controllerId) && device.installedVersion === oldVersion)
      .map(() => `reported success, and runs ${oldVersion} again`);
    this.show.change({ causes: this.causes, example: this.outcomes.failures[0] });
  }

  private async lookFrom(readNews: () => Promise<readonly News[]>): Promise<void> {
    const rollout = await this.management.rollout(this.rolloutId);
    const occurrences = this.remembered(await readNews());
    this.show.change({ rollout, occurrences, causes: this.causes, isAnswering: true });
  }

  private get causes(): DemoModel['causes'] {
    return countCauses([...this.outcomes.failures.map(({ cause }) => cause ?? ''), ...this.relapses]);
  }

  private remembered(news: readonly News[]): Occurrence[] {
    const { seconds, model } = this.show;
    const added = news.map((one) => ({ ...one, seconds }));
    return [...model.occurrences, ...added].slice(-KEPT_OCCURRENCES);
  }
}
