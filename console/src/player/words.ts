// What the player says. A small table of its own: it is on pages where every kilobyte counts.

export type Language = 'en' | 'zh-CN';

const ENGLISH = {
  play: 'Play',
  stop: 'Stop',
  pause: 'Pause',
  mute: 'Mute',
  unmute: 'Unmute',
  tapForSound: 'Tap for sound',
  volume: 'Volume',
  position: 'Position',
  captions: 'Captions',
  off: 'Off',
  settings: 'Settings',
  delivery: 'Delivery',
  quality: 'Quality',
  automatic: 'Automatic',
  statistics: 'Statistics',
  pip: 'Picture in picture',
  fullscreen: 'Full screen',
  leaveFullscreen: 'Leave full screen',
  live: 'Live',
  behind: 'Delay from the server to the screen; that of the publisher comes on top',
  player: 'Video player',
  retry: 'Try again',

  connecting: 'Connecting…',
  stalled: 'Waiting for the picture…',
  reconnecting: 'Connection lost. Connecting again…',
  waiting: 'Not live right now. It starts here by itself as soon as it is.',
  ended: 'The stream has ended. If it comes back, it goes on here.',
  finished: 'The end',
  refused: 'You need a valid link to watch this stream.',
  unsupported: 'This browser cannot play this stream.',
  blocked: 'Press play to watch.',
  unreachable: 'The server cannot be reached. Trying again…',
  obstructed: 'The stream does not come through. Trying again…',

  wayWhep: 'WebRTC (below a second)',
  wayLlHls: 'Low-latency HLS',
  wayHls: 'HLS',
  wayFlv: 'HTTP-FLV',
  wayWsFlv: 'FLV over WebSocket',
  wayTs: 'MPEG-TS',
  wayWsTs: 'MPEG-TS over WebSocket',
  wayFile: 'The browser itself',

  resolution: 'Resolution',
  frames: 'Frames a second',
  dropped: 'Dropped frames',
  buffer: 'Buffer',
  latency: 'Delay from the server',
  bandwidth: 'Bandwidth',
  rtt: 'Round trip',
  loss: 'Lost packets',
};

export type Words = typeof ENGLISH;

const CHINESE: Words = {
  play: '播放',
  stop: '停止',
  pause: '暂停',
  mute: '静音',
  unmute: '取消静音',
  tapForSound: '点按开启声音',
  volume: '音量',
  position: '进度',
  captions: '字幕',
  off: '关闭',
  settings: '设置',
  delivery: '传输方式',
  quality: '清晰度',
  automatic: '自动',
  statistics: '统计信息',
  pip: '画中画',
  fullscreen: '全屏',
  leaveFullscreen: '退出全屏',
  live: '直播',
  behind: '从服务器到画面的延迟，不含推流端的延迟',
  player: '视频播放器',
  retry: '重试',

  connecting: '正在连接…',
  stalled: '正在等待画面…',
  reconnecting: '连接已断开，正在重新连接…',
  waiting: '当前未开播。开播后会自动在此播放。',
  ended: '直播已结束。如果重新开播，将在此继续。',
  finished: '播放结束',
  refused: '需要有效的链接才能观看此直播。',
  unsupported: '此浏览器无法播放该直播。',
  blocked: '点按播放按钮开始观看。',
  unreachable: '无法连接服务器，正在重试…',
  obstructed: '直播流无法到达，正在重试…',

  wayWhep: 'WebRTC（一秒以内）',
  wayLlHls: '低延迟 HLS',
  wayHls: 'HLS',
  wayFlv: 'HTTP-FLV',
  wayWsFlv: 'WebSocket FLV',
  wayTs: 'MPEG-TS',
  wayWsTs: 'WebSocket MPEG-TS',
  wayFile: '浏览器原生',

  resolution: '分辨率',
  frames: '帧率',
  dropped: '丢弃帧数',
  buffer: '缓冲',
  latency: '延迟（自服务器）',
  bandwidth: '带宽',
  rtt: '往返时延',
  loss: '丢包率',
};

export function words(language: Language): Words {
  return language === 'zh-CN' ? CHINESE : ENGLISH;
}

/** What the page was asked for (`?lng=`), what was chosen in the console, or what the browser prefers. */
export function preferredLanguage(): Language {
  const asked = new URLSearchParams(location.search).get('lng');
  for (const language of [asked, remembered(), ...navigator.languages]) {
    if (language?.startsWith('zh') === true) return 'zh-CN';
    if (language?.startsWith('en') === true) return 'en';
  }
  return 'en';
}

function remembered(): string | null {
  try {
    return localStorage.getItem('sluice-language');
  } catch {
    return null;
  }
}
