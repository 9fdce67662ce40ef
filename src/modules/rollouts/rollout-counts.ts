/** States of actions, and `lost`: how many devices are there by their latest attempt. */
export type StateCounts = Readonly<Record<string, number>>;

/** How many devices of a rollout are in which state, in all and by wave. */
export class RolloutCounts {
  private readonly waves = new Map<number, Record<string, number>>();

  add(wave: number, state: string, devices: number): void {
    const counts = this.waves.get(wave) ?? {};
    counts[state] = (counts[state] ?? 0) + devices;
    this.waves.set(wave, counts);
  }

  ofWave(position: number): StateCounts {
    return this.waves.get(position) ?? {};
  }

  get devices(): StateCounts {
    const all: Record<string, number> = {};
    for (const counts of this.waves.values())
      for (const [state, devices] of Object.entries(counts)) all[state] = (all[state] ?? 0) + devices;
    return all;
  }

  get admitted(): number {
    return Object.values(this.devices).reduce((sum, devices) => sum + devices, 0);
  }
}
