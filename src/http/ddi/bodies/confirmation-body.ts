import type { Action } from '../../../modules/actions/action/action';
import type { NewLogEntry } from '../../../modules/actions/action/log-entry';
import type { AutoConfirm } from '../../../modules/devices/device/device';
import type { ConsentWish } from '../../../modules/updates/reports/confirmations.service';
import { codeOf, detailsOf, field, record, word } from './body-fields';
import { UnreadableBodyError } from '../wire/ddi-error';

/** What a device is told of its consent (contract E12). */
export function confirmationBody(
  { autoConfirm, waiting }: { autoConfirm: AutoConfirm | undefined; waiting: Action | undefined },
  deviceUrl: string,
): object {
  const base = `${deviceUrl}/confirmationBase`;
  return {
    autoConfirm: autoConfirm === undefined ? { active: false } : activeBody(autoConfirm),
    _links: {
      ...(autoConfirm === undefined
        ? { activateAutoConfirm: { href: `${base}/activateAutoConfirm` } }
        : { deactivateAutoConfirm: { href: `${base}/deactivateAutoConfirm` } }),
      ...(waiting === undefined ? {} : { confirmationBase: { href: `${base}/${waiting.id}` } }),
    },
  };
}

function activeBody({ initiator, remark, activatedAt }: AutoConfirm): object {
  return {
    active: true,
    ...(initiator === undefined ? {} : { initiator }),
    ...(remark === undefined ? {} : { remark }),
    activatedAt: activatedAt.getTime(),
  };
}

/** The user's word on one update (contract E14). @throws UnreadableBodyError */
export function confirmationWord(value: unknown): { isConfirmed: boolean; entry: NewLogEntry } {
  const body = record(value, 'the body');
  const confirmation = word(['confirmed', 'denied'], field(body, 'confirmation'), 'confirmation');
  const messages = detailsOf(field(body, 'details'));
  return {
    isConfirmed: confirmation === 'confirmed',
    entry: { source: 'device', status: confirmation, code: codeOf(field(body, 'code')), messages },
  };
}

const MAX_INITIATOR = 64;
const MAX_REMARK = 512;

/** Who wants no more questions, and why (contract E15); both may be absent, and the body too. */
export function consentWish(value: unknown): ConsentWish {
  const body = value === undefined ? {} : record(value, 'the body');
  return {
    initiator: textOf(field(body, 'initiator'), 'initiator', MAX_INITIATOR),
    remark: textOf(field(body, 'remark'), 'remark', MAX_REMARK),
  };
}

/** The names that a device gives its software (contract E11). @throws UnreadableBodyError */
export function installedNames(value: unknown): { name: string; version: string } {
  const body = record(value, 'the body');
  const name = textOf(field(body, 'name'), 'name', 256);
  const version = textOf(field(body, 'version'), 'version', 256);
  if (name === undefined || version === undefined)
    throw new UnreadableBodyError('name and version are both needed.');
  return { name, version };
}

function textOf(value: unknown, name: string, most: number): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string' || value.length > most || value.includes('\u0000'))
    throw new UnreadableBodyError(`${name} must be a text of at most ${most} characters.`);
  return value;
}
