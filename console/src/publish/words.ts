// What the publisher says. A small table of its own, as the player has.

import type { Language } from '../player/words';

const ENGLISH = {
  preview: 'Preview of what you send',
  allow: 'Turn on camera and microphone',
  hint: 'The browser asks for your permission. Nobody sees or hears you before you go live.',
  start: 'Go live',
  stop: 'Stop',
  asking: 'Allow camera and microphone in the browser…',
  ready: 'Nobody sees you yet.',
  over: 'You are off air. Nobody sees you any more.',
  connecting: 'Connecting…',
  live: 'Live',
  reconnecting: 'Connection lost. Connecting again…',

  picture: 'Picture',
  camera: 'Camera',
  front: 'Front camera',
  back: 'Back camera',
  screen: 'Screen or window',
  noPicture: 'No picture',
  microphone: 'Microphone',
  preferred: 'As the system prefers',
  noSound: 'No sound',
  size: 'Resolution',
  rate: 'Frames a second',
  bitrate: 'Bitrate',
  suitable: 'Auto',
  codec: 'Codec',
  codecHint: 'Changes with the next start.',
  quality: 'Quality',

  pictureOff: 'Hide picture',
  pictureOn: 'Show picture',
  soundOff: 'Mute microphone',
  soundOn: 'Unmute microphone',
  turn: 'Other camera',

  bandwidth: 'Sent',
  resolution: 'Picture',
  rtt: 'Round trip',
  loss: 'Lost packets',
  limitedCpu: 'This device is too busy for the chosen quality.',
  limitedBandwidth: 'The network is too slow for the chosen quality.',

  insecure: 'Browsers give camera and microphone only to pages that come by HTTPS. Open this page by https://, or ask whoever runs the server to turn HTTPS on.',
  incapable: 'This browser cannot do that. A current Chrome, Edge, Firefox or Safari can.',
  denied: 'Camera or microphone is not allowed. Allow it in the address bar of the browser, and perhaps in the settings of the system, then try again.',
  missing: 'There is no such camera or microphone. Connect one, or choose another.',
  occupied: 'Another program uses the camera or microphone. Close it there, then try again.',
  capture: 'Camera and microphone do not work just now.',
  refused: 'The server does not let you in: the key or the invitation does not hold, or not any more.',
  taken: 'Somebody else is live on this stream right now.',
  unsupported: 'The server takes no streams from browsers.',
  network: 'No connection to the server. The network on the way may block WebRTC (UDP).',
};

export type Words = typeof ENGLISH;

const CHINESE: Words = {
  preview: '将要发送的画面预览',
  allow: '打开摄像头和麦克风',
  hint: '浏览器会请求您的许可。开播之前，没有人能看到或听到您。',
  start: '开始直播',
  stop: '停止',
  asking: '请在浏览器中允许使用摄像头和麦克风…',
  ready: '现在还没有人能看到您。',
  over: '直播已结束，没有人再能看到您。',
  connecting: '正在连接…',
  live: '直播中',
  reconnecting: '连接已断开，正在重新连接…',

  picture: '画面',
  camera: '摄像头',
  front: '前置摄像头',
  back: '后置摄像头',
  screen: '屏幕或窗口',
  noPicture: '无画面',
  microphone: '麦克风',
  preferred: '系统默认',
  noSound: '无声音',
  size: '分辨率',
  rate: '帧率',
  bitrate: '码率',
  suitable: '自动',
  codec: '编码',
  codecHint: '下次开播时生效。',
  quality: '画质',

  pictureOff: '隐藏画面',
  pictureOn: '显示画面',
  soundOff: '麦克风静音',
  soundOn: '取消麦克风静音',
  turn: '切换摄像头',

  bandwidth: '发送码率',
  resolution: '画面',
  rtt: '往返时延',
  loss: '丢包率',
  limitedCpu: '此设备性能不足以支持所选画质。',
  limitedBandwidth: '网络速度不足以支持所选画质。',

  insecure: '浏览器只允许 HTTPS 页面使用摄像头和麦克风。请用 https:// 打开此页面，或请服务器管理员启用 HTTPS。',
  incapable: '此浏览器不支持该功能。请使用新版 Chrome、Edge、Firefox 或 Safari。',
  denied: '摄像头或麦克风未获许可。请在浏览器地址栏中允许（必要时还需在系统设置中允许），然后重试。',
  missing: '找不到该摄像头或麦克风。请连接设备或选择其他设备。',
  occupied: '摄像头或麦克风正被其他程序占用。请先关闭该程序，然后重试。',
  capture: '摄像头和麦克风暂时无法使用。',
  refused: '服务器拒绝了连接：密钥或邀请无效，或已失效。',
  taken: '目前有其他人正在此直播流上开播。',
  unsupported: '服务器不接受来自浏览器的推流。',
  network: '无法连接服务器。途中的网络可能屏蔽了 WebRTC（UDP）。',
};

export function words(language: Language): Words {
  return language === 'zh-CN' ? CHINESE : ENGLISH;
}
