import { DEFAULT_TERMS, type ActionTerms, type ActionType } from '../../../modules/actions/action/action';
import { parseMaintenanceWindow, type WindowTerms } from '../../../modules/actions/action/maintenance-window';
import { FieldError } from '../../../platform/errors/domain.error';

/** The fields of a body that say on what terms devices get an update. */
export interface TermsFields {
  readonly type?: ActionType;
  readonly forceAt?: string;
  readonly weight?: number;
  readonly confirmation?: boolean;
}

/** @throws FieldError when the fields contradict each other */
export function termsOf(body: TermsFields): ActionTerms {
  const { type = DEFAULT_TERMS.type, forceAt, weight = DEFAULT_TERMS.weight, confirmation = true } = body;
  if ((type === 'time-forced') !== (forceAt !== undefined)) {
    const why = forceAt === undefined ? 'is needed for time-forced' : 'is for time-forced only';
    throw new FieldError('forceAt', why);
  }
  return {
    type,
    forceAt: forceAt === undefined ? undefined : new Date(forceAt),
    weight,
    window: undefined,
    needsConfirmation: confirmation,
  };
}

/** @throws FieldError also when the window never opens */
export function windowedTermsOf(
  body: TermsFields & { readonly window?: WindowTerms },
  now: Date,
): ActionTerms {
  const window = body.window === undefined ? undefined : parseMaintenanceWindow(body.window, now.getTime());
  return { ...termsOf(body), window };
}
