// Tells when a beep begins: an audio worklet.

const LOUD = 0.1;
/** Seconds of silence before a beep. */
const PAUSE = 0.3;

class Beeps extends AudioWorkletProcessor {
  silentSince = 0;
  loudest = 0;
  told = 0;

  process([[samples]]) {
    if (!samples) return true;
    const loudness = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
    this.loudest = Math.max(this.loudest, loudness);
    const first = samples.findIndex((sample) => Math.abs(sample) > LOUD);
    if (first >= 0) {
      const onset = currentTime + first / sampleRate;
      if (onset - this.silentSince > PAUSE) this.tell(onset);
      this.silentSince = currentTime;
    }
    if (currentTime - this.told > 0.5) this.tell(null);
    return true;
  }

  tell(onset) {
    this.told = currentTime;
    this.port.postMessage({ onset, loudness: this.loudest });
    this.loudest = 0;
  }
}

registerProcessor("beeps", Beeps);
