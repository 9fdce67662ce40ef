import type { Settings } from '../runner/contract-case';
import type { Undo } from './adapter';
import type { ApiClient } from './api-client';

type Values = Readonly<Record<string, string | number | boolean>>;

/** A tenant's configuration in hawkBit: single values by their keys. */
export class HawkbitConfiguration {
  constructor(private readonly api: ApiClient) {}

  /** The settings of a case by hawkBit's keys, as far as a tenant may set them. */
  static valuesOf(settings: Settings): Values {
    const { certificateAuthorities: authorities } = settings;
    const values = {
      pollingTime: settings.polling,
      maintenanceWindowPollCount: settings.windowPollCount,
      'user.confirmation.flow.enabled': settings.confirmation,
      'repository.actions.autoclose.enabled': settings.closesSuperseded,
      'authentication.gatewaytoken.enabled': settings.gatewayTokens,
      'authentication.targettoken.enabled': settings.targetTokens,
      ...(authorities === undefined ? {} : { 'authentication.header.enabled': authorities !== null }),
      ...(typeof authorities === 'string' ? { 'authentication.header.authority': authorities } : {}),
    };
    return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Values;
  }

  /** Answers with what puts the old values back. */
  async put(values: Values): Promise<Undo> {
    const before: [string, ConfiguredValue][] = [];
    for (const [key, value] of Object.entries(values)) {
      before.push([key, await this.api.get<ConfiguredValue>(`/system/configs/${key}`)]);
      await this.api.put(`/system/configs/${key}`, { value });
    }
    return async () => {
      for (const [key, { value, global: isGlobal }] of before.reverse()) {
        if (isGlobal === true) await this.api.delete(`/system/configs/${key}`);
        else await this.api.put(`/system/configs/${key}`, { value });
      }
    };
  }
}

interface ConfiguredValue {
  readonly value: string | number | boolean;
  /** The server's own value: this tenant has set none. */
  readonly global?: boolean;
}
