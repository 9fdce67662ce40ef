import type { EspImage } from '../../../formats/esp-image/esp-image';
import type { BundleFacts } from './bundle-facts';

/** What an image of ESP-IDF says, in our words: the chip is the model, in whatever revision. */
export function factsOfEspImage({ application, chip, warnings }: EspImage): BundleFacts {
  const { project, version, idfVersion } = application ?? {};
  return {
    format: 'esp-image',
    ...(version === undefined ? {} : { version }),
    ...(project === undefined ? {} : { name: project }),
    ...(idfVersion === undefined ? {} : { description: `built with ESP-IDF ${idfVersion}` }),
    hardware: chip === undefined ? [] : [{ model: chip, revision: '*' }],
    warnings,
  };
}
