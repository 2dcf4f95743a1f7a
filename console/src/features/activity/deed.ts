// What somebody did, from what the server writes down: the method and the route of a request, or a word. Pure.

const NAMES = {
  'POST address-rules': 'ruleMade',
  'DELETE address-rules/{id}': 'ruleGone',
  'POST aliases': 'aliasMade',
  'PATCH aliases/{id}': 'aliasChanged',
  'DELETE aliases/{id}': 'aliasGone',
  'PUT certificates': 'certificate',
  'DELETE certificates': 'certificateGone',
  'POST certificates/order': 'certificateOrder',
  'POST certificates/renewal': 'certificateRenewal',
  'POST certificates/self-signed': 'certificateOwn',
  'POST diagnostics': 'diagnostics',
  'POST invites': 'inviteMade',
  'DELETE invites/{id}': 'inviteGone',
  'POST keys': 'keyMade',
  'PATCH keys/{id}': 'keyChanged',
  'POST keys/{id}/rotate': 'keyRotated',
  'POST keys/global/rotate': 'keyGlobal',
  'DELETE keys/{id}': 'keyGone',
  'DELETE logins/{id}': 'loginGone',
  'PUT passes': 'passStreams',
  'POST passes': 'passMade',
  'POST passes/rotate': 'passKey',
  'DELETE session': 'logout',
  'PUT session/password': 'password',
  'PUT session/second-factor': 'factorOn',
  'DELETE session/second-factor': 'factorOff',
  'DELETE sessions/{id}': 'sessionKicked',
  'PATCH settings': 'settings',
  'POST setup/probe-ports': 'probe',
  'POST streams/{id}/kick': 'streamKicked',
  'POST support': 'supportGiven',
  'DELETE support/{id}': 'supportTaken',
  'POST tokens': 'tokenMade',
  'DELETE tokens/{id}': 'tokenGone',
  'POST users': 'userMade',
  'PATCH users/{name}': 'userChanged',
  'DELETE users/{name}': 'userGone',
  'DELETE users/{name}/second-factor': 'userFactor',
  'POST webhooks': 'hookMade',
  'PATCH webhooks/{id}': 'hookChanged',
  'DELETE webhooks/{id}': 'hookGone',
  'POST webhooks/{id}/rotate': 'hookRotated',
  'POST webhooks/{id}/test': 'hookTest',
  'POST webhooks/{id}/deliveries/{number}/replay': 'replay',
  'POST recordings/{id}/clips': 'clipMade',
  'PATCH recordings/{id}': 'recordingNamed',
  'POST recordings/{id}/end': 'recordingEnded',
  'DELETE recordings/{id}': 'recordingGone',
  'POST recordings/{id}/share': 'recordingShared',
  'PUT recordings/{id}/upload': 'recordingUpload',
  'PUT recordings/retention': 'retention',
  'PUT streams/{id}/recording': 'streamRecorded',
  'POST jobs': 'jobMade',
  'PATCH jobs/{id}': 'jobChanged',
  'POST jobs/{id}/restart': 'jobRestarted',
  'DELETE jobs/{id}': 'jobGone',
  'PATCH jobs/kinds/{kind}': 'jobKind',
  'PUT storage': 'storage',
  'DELETE storage': 'storageGone',
  'POST storage/test': 'storageTest',
  'DELETE past-streams/{id}': 'pastGone',
  'set up': 'setUp',
  'login': 'login',
  'reset password': 'reset',
  'backup': 'backup',
  'export': 'exported',
} as const;

export type Deed = (typeof NAMES)[keyof typeof NAMES];

/** What the deed is called; `undefined` for one that has no name here. */
export const deedName = (action: string): Deed | undefined => (NAMES as Record<string, Deed | undefined>)[action.replace(' /api/v2/', ' ')];

/** To what it was done, where the name does not say so by itself: of a request, the path as far as it is not the route. */
export function deedSubject({ action, subject }: { action: string; subject: string }): string {
  if (!action.includes(' /')) return subject;
  const [, route = ''] = action.split(' ', 2);
  const parts = route.split('/');
  const values = subject.split('/').filter((part, index) => part !== parts[index]);
  return deedName(action) ? values.map(decoded).join(' · ') : values.length > 0 ? subject : '';
}

function decoded(part: string) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
