// What viewer pages say beside the player and the publisher.

import type { Language } from '../player/words';

const ENGLISH = {
  live: 'Live',
  offline: 'Offline',
  viewers: (count: number) => (count === 1 ? '1 viewer' : `${count} viewers`),
  share: 'Share',
  link: 'Link to this page',
  embed: 'To show it on a page of yours',
  copy: 'Copy',
  copied: 'Copied',
  fromBeginning: 'From the beginning',
  back: (minutes: number) => (minutes >= 120 ? `Go back ${Math.floor(minutes / 60)} hours` : `Go back ${minutes} min`),
  toLive: 'Back to live',
  noStream: 'This address names no stream.',

  recording: 'Recording',
  recordingNow: 'Being recorded',
  linkUntil: (until: string) => `This link holds until ${until}`,
  linkExpired: 'This link has expired. Ask whoever sent it for another.',
  linkWrong: 'This link does not open the recording. It may have been cut short or taken back: ask whoever sent it for another.',
  linkElsewhere: 'This link holds only in another network.',
  recordingGone: 'The recording has been removed.',
  unreachable: 'The server cannot be reached. Trying again…',
  download: 'Download',
  downloadAs: (format: string) => `Download as ${format}`,
  downloadPart: (number: number, format: string) => `Download part ${number} as ${format}`,
  part: (number: number) => `Part ${number}`,

  publishTitle: 'Go live from this browser',
  invitedTo: (stream: string) => `You publish ${stream}`,
  invitedUntil: (until: string) => `This invitation holds until ${until}.`,
  invitationGone: 'This invitation does not hold, or not any more. Ask whoever sent it for another.',
  invitationUnknown: 'The invitation cannot be looked up just now. Try again.',
  stream: 'Stream',
  streamHint: 'App and name, such as live/cam',
  streamWrong: 'A stream has an app and a name: live/cam',
  key: 'Stream key',
  next: 'Continue',

  url: 'Address',
  play: 'Play',
  publish: 'Publish',
  schemeWrong: 'An address begins with http://, https://, ws://, wss:// or webrtc://',
};

export type Words = typeof ENGLISH;

const CHINESE: Words = {
  live: '直播中',
  offline: '未开播',
  viewers: (count) => `${count} 人观看`,
  share: '分享',
  link: '本页链接',
  embed: '嵌入到您的网页',
  copy: '复制',
  copied: '已复制',
  fromBeginning: '从头观看',
  back: (minutes) => (minutes >= 120 ? `回看 ${Math.floor(minutes / 60)} 小时` : `回看 ${minutes} 分钟`),
  toLive: '返回直播',
  noStream: '此地址未指定直播流。',

  recording: '录像',
  recordingNow: '录制中',
  linkUntil: (until) => `链接有效期至 ${until}`,
  linkExpired: '此链接已过期。请向发送者重新索取。',
  linkWrong: '此链接无法打开录像，可能不完整或已被收回。请向发送者重新索取。',
  linkElsewhere: '此链接只能在另一个网络中使用。',
  recordingGone: '录像已被删除。',
  unreachable: '无法连接服务器，正在重试…',
  download: '下载',
  downloadAs: (format) => `下载 ${format}`,
  downloadPart: (number, format) => `下载第 ${number} 段（${format}）`,
  part: (number) => `第 ${number} 段`,

  publishTitle: '用此浏览器开播',
  invitedTo: (stream) => `您将推流到 ${stream}`,
  invitedUntil: (until) => `此邀请有效期至 ${until}。`,
  invitationGone: '此邀请无效或已失效。请向发送者重新索取。',
  invitationUnknown: '暂时无法查询邀请，请重试。',
  stream: '直播流',
  streamHint: '应用和名称，例如 live/cam',
  streamWrong: '直播流由应用和名称组成：live/cam',
  key: '串流密钥（推流码）',
  next: '继续',

  url: '地址',
  play: '播放',
  publish: '推流',
  schemeWrong: '地址须以 http://、https://、ws://、wss:// 或 webrtc:// 开头',
};

export function words(language: Language): Words {
  return language === 'zh-CN' ? CHINESE : ENGLISH;
}
