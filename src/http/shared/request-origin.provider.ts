import type { FactoryProvider } from '@nestjs/common';
import { Settings } from '../../platform/config/settings';
import { RequestOrigin } from './request-origin';

/** The {@link RequestOrigin} as the settings have it. */
export const REQUEST_ORIGIN: FactoryProvider<RequestOrigin> = {
  provide: RequestOrigin,
  inject: [Settings],
  useFactory: (settings: Settings) => new RequestOrigin(settings.publicUrl, settings.trustedProxies),
};
