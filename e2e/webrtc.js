// The page's side of webrtc.mjs: one peer connection, by WHIP or WHEP, or by the JSON API of SRS.

const element = document.querySelector("video");
const peer = new RTCPeerConnection();
const report = {
  state: "new",
  ended: false,
  first_time: null,
  errors: [],
};
let session = null;
let reader = null;
/** What the page adds to each skew. */
let bias = 0;

/** Connects as `options` of webrtc.mjs say; rejects when the server refuses. */
window.start = async (options) => {
  peer.addEventListener("connectionstatechange", () => {
    report.state = peer.connectionState;
    report.ended ||= ["failed", "closed"].includes(peer.connectionState);
    // A server that says goodbye closes the transport; the connection itself is closed only by its own page.
    for (const { sender, receiver } of peer.getTransceivers()) {
      const transport = sender.transport ?? receiver.transport;
      transport?.addEventListener("statechange", () => (report.ended ||= transport.state === "closed"));
    }
  });
  if (options.calibrate) bias = await ownSkew(element);
  const kinds = ["video", "audio"].filter((kind) => !options[kind === "video" ? "no-picture" : "no-sound"]);
  if (options.role === "publish") await offerToPublish(kinds, options);
  else offerToPlay(kinds, options);
  await peer.setLocalDescription();
  const answer = await (options.api === "srs" ? askSrs : askWhip)(peer.localDescription.sdp, options);
  await peer.setRemoteDescription({ type: "answer", sdp: redirect(answer, options) });
};

async function offerToPublish(kinds, options) {
  const constraints = { video: { width: 640, height: 360, frameRate: 25 }, audio: true };
  const stream = options.camera
    ? await navigator.mediaDevices.getUserMedia(constraints)
    : sendBeacon(640, 360, 25);
  element.muted = true;
  element.srcObject = stream;
  for (const track of stream.getTracks().filter((track) => kinds.includes(track.kind))) {
    const layers = [{ rid: "h" }, { rid: "l", scaleResolutionDownBy: 2 }];
    const sendEncodings = options.simulcast && track.kind === "video" ? layers : [{}];
    const transceiver = peer.addTransceiver(track, { direction: "sendonly", streams: [stream], sendEncodings });
    prefer(transceiver, RTCRtpSender, track.kind, options);
  }
}

function offerToPlay(kinds, options) {
  const stream = new MediaStream();
  for (const kind of kinds) {
    prefer(peer.addTransceiver(kind, { direction: "recvonly" }), RTCRtpReceiver, kind, options);
  }
  element.addEventListener("error", () => report.errors.push(`element: ${element.error?.message}`));
  peer.addEventListener("track", ({ track, streams }) => {
    // Of one stream they are kept in step; as of two they would not be.
    if (streams.length === 0) report.errors.push(`the ${track.kind} is of no stream`);
    stream.addTrack(track);
    if (stream.getTracks().length < kinds.length) return;
    element.srcObject = streams[0]?.getTracks().length === kinds.length ? streams[0] : stream;
    element.play().catch((error) => report.errors.push(`play: ${error.message}`));
    reader = new BeaconReader(element, stream);
  });
}

/** Leaves of the codecs of pictures only the wanted one, with its retransmission. */
function prefer(transceiver, side, kind, { codec }) {
  if (kind !== "video" || !codec) return;
  const fits = ({ mimeType, sdpFmtpLine = "" }) =>
    mimeType.toLowerCase() === `video/${codec}` && !sdpFmtpLine.includes("packetization-mode=0");
  const codecs = side.getCapabilities("video").codecs;
  const rtx = codecs.filter(({ mimeType }) => mimeType === "video/rtx");
  transceiver.setCodecPreferences([...codecs.filter(fits), ...rtx]);
}

async function askWhip(offer, { url, bearer }) {
  const headers = { "content-type": "application/sdp", ...authorization(bearer) };
  const response = await fetch(url, { method: "POST", headers, body: offer });
  const answer = await response.text();
  if (response.status !== 201) throw new Error(`status ${response.status}: ${answer}`);
  session = { url: new URL(response.headers.get("location"), url).href, headers: authorization(bearer) };
  return answer;
}

async function askSrs(offer, { url, stream }) {
  const body = JSON.stringify({ api: url, tid: "0123abc", streamurl: stream, clientip: null, sdp: offer });
  const response = await fetch(url, { method: "POST", body });
  const { code, sdp } = await response.json();
  if (response.status !== 200 || code !== 0) throw new Error(`status ${response.status}, code ${code}`);
  return sdp;
}

function authorization(bearer) {
  return bearer ? { authorization: `Bearer ${bearer}` } : {};
}

/** The answer with the addresses that this peer is to send to. */
function redirect(answer, { via, tcp }) {
  const wanted = (line) => !line.startsWith("a=candidate:") || / tcp /i.test(line) === tcp;
  const lines = tcp || via ? answer.split("\r\n").filter(wanted) : answer.split("\r\n");
  const [ip, port] = via?.split(":") ?? [];
  const elsewhere = (line) => line.replace(/^(a=candidate:\S+ \d+ \S+ \d+) \S+ \d+/, `$1 ${ip} ${port}`);
  return lines.map((line) => (via ? elsewhere(line) : line)).join("\r\n");
}

/** What has been seen so far. */
window.report = async () => {
  const stats = [...(await peer.getStats()).values()];
  const of = (type, kind) => stats.find((entry) => entry.type === type && entry.kind === kind) ?? {};
  const named = (entry) => stats.find((other) => other.id === entry.codecId)?.mimeType ?? null;
  const playing = reader !== null;
  const way = playing ? "inbound-rtp" : "outbound-rtp";
  const [video, audio] = [of(way, "video"), of(way, "audio")];
  const pair = stats.find(({ type, nominated, state }) => type === "candidate-pair" && nominated && state === "succeeded");
  const remote = stats.find(({ id }) => id === pair?.remoteCandidateId);
  const pictures = (playing ? video.framesDecoded : video.framesEncoded) ?? 0;
  if (playing && pictures > 0) report.first_time ??= element.currentTime;
  return {
    ...report,
    last_time: report.first_time === null ? null : element.currentTime,
    codecs: [named(video), named(audio)].filter((name) => name !== null),
    remote: remote ? `${remote.protocol} ${remote.address}:${remote.port}` : null,
    pictures,
    key_frames: (playing ? video.keyFramesDecoded : video.keyFramesEncoded) ?? 0,
    width: (playing ? video.frameWidth : element.videoWidth) ?? 0,
    packets: [video, audio].map((entry) => (playing ? entry.packetsReceived : entry.packetsSent) ?? 0),
    lost: [video, audio].map((entry) => entry.packetsLost ?? 0),
    nacks: video.nackCount ?? 0,
    plis: video.pliCount ?? 0,
    retransmitted: (playing ? video.retransmittedPacketsReceived : video.retransmittedPacketsSent) ?? 0,
    freezes: video.freezeCount ?? 0,
    loudness: reader?.loudness ?? 0,
    shown: reader?.shown ?? 0,
    flashes: reader?.flashes.length ?? 0,
    beeps: reader?.beeps.length ?? 0,
    latency: median(reader?.latencies.slice(-50) ?? []),
    skew: median(reader?.skews().slice(-9).map((skew) => skew - bias) ?? []),
    bias,
  };
};

/** Deletes the session and closes; what went wrong with that. */
window.stop = async () => {
  const errors = [];
  if (session) {
    // Of a session that has ended by itself there is nothing left, perhaps not even the server.
    const asked = fetch(session.url, { method: "DELETE", headers: session.headers });
    const status = await asked.then((response) => response.status, (error) => error.message);
    if (status !== 200 && !report.ended) errors.push(`DELETE: ${status}`);
  }
  peer.close();
  return errors;
};
