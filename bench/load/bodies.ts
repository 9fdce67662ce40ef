/** What an agent reports about an action. */
export function feedbackBody(actionId: string, execution: string, detail: string): string {
  const result = { finished: 'none', progress: { cnt: 2, of: 5 } };
  return JSON.stringify({ id: actionId, status: { execution, result, details: [detail] } });
}

/** The last report, of an update as of a cancel. */
export function successBody(actionId: string, detail = 'Update Installed.'): string {
  const result = { finished: 'success' };
  return JSON.stringify({ id: actionId, status: { execution: 'closed', result, details: [detail] } });
}

/** The consent of the device's user. */
export function consentBody(): string {
  return JSON.stringify({ confirmation: 'confirmed', details: ['The user agrees.'] });
}

/** What an operator asks for: a release for devices. */
export function assignmentBody(release: string, devices: readonly string[]): string {
  return JSON.stringify({ release, devices });
}

/** What an agent tells about itself. `remark` is different each time. */
export function attributesBody(device: number, version: string, remark: string): string {
  const model = device % 2 === 0 ? 'board-even' : 'board-odd';
  const data = { hw_model: model, hw_revision: '4.2', version, kernel: '6.1.0-21-arm64', remark };
  return JSON.stringify({ mode: 'merge', data });
}
