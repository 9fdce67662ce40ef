import { ApiSchema } from '@nestjs/swagger';
import type { MaintenanceWindow } from '../../../modules/actions/action/maintenance-window';
import { ShowsText, type Shown } from '../../shared/shown-field';

/** When a device may install. */
@ApiSchema({ name: 'MaintenanceWindow' })
export class WindowView {
  @ShowsText({ description: 'Quartz cron of 6 or 7 fields.', example: '0 0 2 ? * SUN' })
  schedule!: string;

  @ShowsText({ description: 'HH:mm:ss', example: '02:00:00' })
  duration!: string;

  @ShowsText({ example: '+01:00' })
  timezone!: string;
}

function durationText(durationMs: number): string {
  const seconds = Math.round(durationMs / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

export function windowView({ schedule, durationMs, timezone }: MaintenanceWindow): Shown<WindowView> {
  return { schedule, duration: durationText(durationMs), timezone };
}
