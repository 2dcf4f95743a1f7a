// The page's side of play.mjs: both players on one media element.

const video = document.querySelector("video");
const errors = [];
let stalls = 0;
let hls = null;

/** Gives the player the URL. */
window.start = (player, url) => {
  video.addEventListener("waiting", () => {
    if (video.currentTime > 0 && video.played.length > 0) stalls += 1;
  });
  video.addEventListener("error", () => errors.push(`element: ${video.error?.message}`));
  if (player === "hls") {
    // What a page does that means low latency: who joins late plays a little faster until it has caught up.
    const catchUp = url.includes("variant=ll") ? { maxLiveSyncPlaybackRate: 1.2 } : {};
    hls = new Hls({ enableWorker: false, ...catchUp });
    hls.on(Hls.Events.ERROR, (_, data) => errors.push(`${data.type} ${data.details} fatal=${data.fatal}`));
    hls.loadSource(url);
    hls.attachMedia(video);
  } else {
    const type = new URL(url).pathname.endsWith(".ts") ? "mpegts" : "flv";
    const stream = mpegts.createPlayer({ type, isLive: true, url }, { enableStashBuffer: false });
    stream.on(mpegts.Events.ERROR, (type, detail, info) => errors.push(`${type} ${detail} ${info?.msg}`));
    stream.attachMediaElement(video);
    stream.load();
    stream.play().catch((error) => errors.push(`play: ${error.message}`));
  }
};

/** Waits until `currentTime` has advanced by `seconds` since the first picture, or `limit` seconds have passed. */
window.playFor = async (seconds, limit) => {
  const deadline = performance.now() + limit * 1000;
  const frames = () => video.getVideoPlaybackQuality();
  let first = null;
  const latencies = [];
  const delays = [];
  while (performance.now() < deadline) {
    await new Promise((next) => setTimeout(next, 50));
    const playing = video.readyState >= 2 && (frames().totalVideoFrames > 0 || video.videoWidth === 0);
    if (first === null && playing) first = video.currentTime;
    if (first !== null && hls?.playingDate) {
      latencies.push(hls.latency);
      delays.push((Date.now() - hls.playingDate.getTime()) / 1000);
    }
    if (first !== null && video.currentTime - first >= seconds) break;
  }
  return {
    first_time: first ?? 0,
    last_time: first === null ? 0 : video.currentTime,
    decoded: frames().totalVideoFrames,
    dropped: frames().droppedVideoFrames,
    stalls,
    latency: settled(latencies),
    delay: settled(delays),
    width: video.videoWidth,
    errors,
  };
};

/** The median of the second half; null without values. */
function settled(values) {
  const half = values.slice(values.length >> 1).sort((a, b) => a - b);
  return half.length > 0 ? half[half.length >> 1] : null;
}
