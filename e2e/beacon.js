// A picture that says when it was taken, with a flash and a beep each second. The encoders of FFmpeg draw the same: see
// crates/testkit/src/beacon.rs.
//
// The top eighth is a row of 16 cells: white, black, then 14 bits of the time in units of 4 ms as a Gray code, the highest first. The
// lower left quarter is white for the first 100 ms of each second, else black; meanwhile there is a tone of 1 kHz.

const CELLS = 16;
const BITS = 14;
const UNIT = 4;

/** Draws a beacon on a canvas and beeps, as a MediaStream of `rate` pictures a second, until its picture is stopped. */
function sendBeacon(width, height, rate) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d", { alpha: false });
  const stream = canvas.captureStream(0);
  const [picture] = stream.getVideoTracks();

  const audio = new AudioContext({ sampleRate: 48000 });
  const tone = new OscillatorNode(audio, { frequency: 1000 });
  const volume = new GainNode(audio, { gain: 0 });
  const out = new MediaStreamAudioDestinationNode(audio);
  tone.connect(volume).connect(out);
  tone.start();
  stream.addTrack(out.stream.getAudioTracks()[0]);

  let number = 0;
  let second = 0;
  const drawing = setInterval(() => {
    if (picture.readyState === "ended") {
      clearInterval(drawing);
      audio.close();
      return;
    }
    const now = Date.now();
    const flash = now % 1000 < 100;
    context.fillStyle = `hsl(${(number * 7) % 360} 60% 40%)`;
    context.fillRect(0, 0, width, height);
    context.fillStyle = "gray";
    context.fillRect(width / 2 + ((number * 3) % (width / 2)), height / 2, width / 16, height / 4);
    number += 1;
    const code = Math.floor(now / UNIT) % 2 ** BITS;
    const gray = code ^ (code >> 1);
    for (let cell = 0; cell < CELLS; cell += 1) {
      const white = cell === 0 || (cell > 1 && (gray >> (CELLS - 1 - cell)) & 1);
      context.fillStyle = white ? "white" : "black";
      context.fillRect((cell * width) / CELLS, 0, width / CELLS, height / 8);
    }
    context.fillStyle = flash ? "white" : "black";
    context.fillRect(0, height / 2, width / 2, height / 2);
    if (flash && Math.floor(now / 1000) !== second) {
      second = Math.floor(now / 1000);
      volume.gain.setValueAtTime(0.5, audio.currentTime);
      volume.gain.setValueAtTime(0, audio.currentTime + 0.1);
    }
    picture.requestFrame();
  }, 1000 / rate);
  return stream;
}

/** Watches a media element whose sound is `stream`'s, and keeps what beacons in it say. */
class BeaconReader {
  /** In ms, by the picture's own clock: how old each picture was when it was shown. */
  latencies = [];
  /** In ms of performance.now(): when flashes began to be shown and beeps to be heard. */
  flashes = [];
  beeps = [];
  /** The loudest of all, as the root of the mean square of 128 samples; 1 is full scale. */
  loudness = 0;
  shown = 0;
  stopped = false;
  audio = null;

  constructor(element, stream) {
    this.element = element;
    this.canvas = new OffscreenCanvas(160, 90);
    this.context = this.canvas.getContext("2d", { alpha: false, willReadFrequently: true });
    this.lit = true;
    element.requestVideoFrameCallback((now, frame) => this.see(frame));
    if (stream.getAudioTracks().length > 0) this.listen(stream);
  }

  stop() {
    this.stopped = true;
    this.audio?.close();
  }

  see(frame) {
    if (this.stopped) return;
    this.element.requestVideoFrameCallback((now, next) => this.see(next));
    this.shown += 1;
    const { width, height } = this.canvas;
    this.context.drawImage(this.element, 0, 0, width, height);
    const light = (x, y) => this.context.getImageData(x * width, y * height, 1, 1).data[1];
    const cell = (index) => light((index + 0.5) / CELLS, 1 / 16);
    const [white, black] = [cell(0), cell(1)];
    if (white - black < 64) return;
    const middle = (white + black) / 2;
    let code = 0;
    let bit = 0;
    for (let index = 2; index < CELLS; index += 1) {
      bit ^= cell(index) > middle ? 1 : 0;
      code = (code << 1) | bit;
    }
    const shownAt = performance.timeOrigin + frame.expectedDisplayTime;
    const age = ((Math.floor(shownAt / UNIT) - code) % 2 ** BITS) * UNIT;
    this.latencies.push(age < 0 ? age + UNIT * 2 ** BITS : age);
    const lit = light(0.25, 0.75) > middle;
    if (lit && !this.lit) this.flashes.push(frame.expectedDisplayTime);
    this.lit = lit;
  }

  async listen(stream) {
    const audio = new AudioContext({ sampleRate: 48000 });
    this.audio = audio;
    await audio.audioWorklet.addModule("/beeps.js");
    const beeps = new AudioWorkletNode(audio, "beeps");
    beeps.port.onmessage = ({ data }) => {
      this.loudness = Math.max(this.loudness, data.loudness);
      if (data.onset === null) return;
      const heard = audio.getOutputTimestamp();
      this.beeps.push(heard.performanceTime + (data.onset - heard.contextTime) * 1000);
    };
    audio.createMediaStreamSource(stream).connect(beeps);
    await audio.resume();
  }

  /** In ms, how much later than its flash each beep was heard. */
  skews() {
    const nearest = (beep) =>
      this.flashes.map((flash) => beep - flash).reduce((best, skew) => (Math.abs(skew) < Math.abs(best) ? skew : best), 1e9);
    return this.beeps.map(nearest).filter((skew) => Math.abs(skew) < 500);
  }
}

/**
 * In ms, how much later beeps are noticed than flashes where nothing is between: the time that sound takes through the page's own audio
 * graphs, the one that beeps and the one that hears. To be taken off what is read of others; of an encoder, whose beeps come by no graph, it
 * is some milliseconds too much.
 */
async function ownSkew(element) {
  const stream = sendBeacon(320, 180, 25);
  element.srcObject = stream;
  await element.play();
  const reader = new BeaconReader(element, stream);
  while (reader.skews().length < 3) await new Promise((next) => setTimeout(next, 100));
  for (const track of stream.getTracks()) track.stop();
  reader.stop();
  element.srcObject = null;
  return median(reader.skews());
}

/** The median; null without values. */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length > 0 ? sorted[sorted.length >> 1] : null;
}
