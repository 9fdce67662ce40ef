import type { EspImage } from './esp-image';
import type { EspTrailerFacts } from './esp-trailer';

/** What a person should know about an image that is whole. */
export function espWarnings(image: Omit<EspImage, 'warnings'>, trailer: EspTrailerFacts): string[] {
  return [
    ...descriptionWarnings(image),
    ...chipWarnings(image),
    ...(image.sha256 === undefined
      ? ['The image has no appended SHA-256, so a device checks one byte only before it starts it.']
      : []),
    ...(trailer.hasDamagedSignature
      ? ['A block of its signature is damaged; devices with secure boot skip that block.']
      : []),
    ...(trailer.otherBytes > 0
      ? [
          `Something follows the image, which ends at byte ${image.sizeBytes}; devices write it to flash and never read it.`,
        ]
      : []),
  ];
}

function descriptionWarnings({ application }: Pick<EspImage, 'application'>): string[] {
  if (application === undefined) {
    return ['The image has no description of its application, so project and version must be given by hand.'];
  }
  return application.version === undefined
    ? ["The application's description has no version, so it must be given by hand."]
    : [];
}

function chipWarnings({
  chip,
  chipId,
  revisions,
}: Pick<EspImage, 'chip' | 'chipId' | 'revisions'>): string[] {
  if (chip === undefined) {
    return [`The chip id ${chipId} is not known here, so the hardware must be given by hand.`];
  }
  const { least, most } = revisions;
  if (least === undefined && most === undefined) return [];
  const from = least === undefined ? '' : ` from ${least}`;
  const to = most === undefined ? '' : ` up to ${most}`;
  return [`It runs on ${chip} of the revisions${from}${to} only; others refuse it.`];
}
