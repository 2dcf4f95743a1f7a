"""Publishes or plays a live stream by WebRTC with aiortc, which shares no code with browsers, and reports what it sees.

    webrtc.py --role publish|play --url URL [--bearer SECRET] [--codec h264|vp8] [--no-picture] [--no-sound]
              [--via IP:PORT] [--seconds N]

Options and output are those of webrtc.mjs, as far as aiortc has what they need: it does not keep sound and pictures in step, and
counts no loss of its own. What a player reports as `spans` are the seconds of media that it has of pictures and of sound.
"""

import argparse
import asyncio
import fractions
import json
import math
import re
import signal
import time
import urllib.error
import urllib.parse
import urllib.request

import av
from aiortc import (
    MediaStreamTrack,
    RTCPeerConnection,
    RTCRtpReceiver,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError

WIDTH, HEIGHT, RATE = 320, 180, 25
SOUND_RATE, SOUND_SAMPLES = 48_000, 960
# The beacon: see beacon.js.
CELLS, BITS, UNIT = 16, 14, 4


class Picture(MediaStreamTrack):
    """Sends beacons."""

    kind = "video"

    def __init__(self):
        super().__init__()
        self.began = None
        self.number = 0

    async def recv(self):
        self.began = self.began or time.time()
        due = self.began + self.number / RATE
        await asyncio.sleep(max(0, due - time.time()))
        frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
        for plane, rows in zip(frame.planes, self.planes(int(time.time() * 1000))):
            padding = bytes(plane.line_size - len(rows[0]))
            plane.update(b"".join(row + padding for row in rows))
        frame.pts, frame.time_base = self.number * 90_000 // RATE, fractions.Fraction(1, 90_000)
        self.number += 1
        return frame

    def planes(self, now):
        code = now // UNIT % 2**BITS
        gray = code ^ code >> 1
        cells = [1, 0] + [gray >> bit & 1 for bit in reversed(range(BITS))]
        clock = b"".join(bytes([235 if cell else 16]) * (WIDTH // CELLS) for cell in cells)
        flash = bytes([235 if now % 1000 < 100 else 16]) * (WIDTH // 2)
        drift = bytes((x * 2 + self.number * 5) % 128 + 64 for x in range(WIDTH))
        top, half = HEIGHT // 8, HEIGHT // 2
        luma = [clock] * top + [drift] * (half - top) + [flash + drift[WIDTH // 2 :]] * (HEIGHT - half)
        grey = [bytes([128]) * (WIDTH // 2)] * (HEIGHT // 2)
        return luma, grey, grey


class Sound(MediaStreamTrack):
    """Beeps."""

    kind = "audio"

    def __init__(self):
        super().__init__()
        self.began = None
        self.number = 0

    async def recv(self):
        self.began = self.began or time.time()
        due = self.began + self.number * SOUND_SAMPLES / SOUND_RATE
        await asyncio.sleep(max(0, due - time.time()))
        loud = time.time() % 1 < 0.1
        samples = bytearray()
        for at in range(SOUND_SAMPLES if loud else 0):
            wave = int(16_000 * math.sin(2 * math.pi * 1_000 * at / SOUND_RATE))
            samples += wave.to_bytes(2, "little", signed=True) * 2
        frame = av.AudioFrame(format="s16", layout="stereo", samples=SOUND_SAMPLES)
        frame.planes[0].update(bytes(samples) or bytes(4 * SOUND_SAMPLES))
        frame.sample_rate = SOUND_RATE
        frame.pts, frame.time_base = self.number * SOUND_SAMPLES, fractions.Fraction(1, SOUND_RATE)
        self.number += 1
        return frame


class Watch:
    """Receives tracks and keeps what it sees."""

    def __init__(self):
        self.pictures = self.sounds = self.width = 0
        self.loudness = 0.0
        self.latencies = []
        self.times = {"video": [], "audio": []}

    async def take(self, track):
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            times = self.times[track.kind]
            times[1:] = [float(frame.pts * frame.time_base)]
            if track.kind == "video":
                self.see(frame)
            else:
                self.hear(frame)

    def see(self, frame):
        self.pictures += 1
        self.width = frame.width
        luma = frame.reformat(format="yuv420p").planes[0]
        row = memoryview(luma)[frame.height // 16 * luma.line_size :]
        cells = [row[int((cell + 0.5) * frame.width / CELLS)] for cell in range(CELLS)]
        if cells[0] - cells[1] < 64:
            return
        code = bit = 0
        for cell in cells[2:]:
            bit ^= cell > (cells[0] + cells[1]) / 2
            code = code << 1 | bit
        self.latencies.append((int(time.time() * 1000) // UNIT - code) % 2**BITS * UNIT)

    def hear(self, frame):
        self.sounds += 1
        samples = memoryview(bytes(frame.planes[0])).cast("h")
        square = sum(sample * sample for sample in samples) / len(samples)
        self.loudness = max(self.loudness, math.sqrt(square) / 32_768)


class Peer:
    """One session."""

    def __init__(self, options):
        self.options = options
        self.connection = RTCPeerConnection()
        self.watch = Watch()
        self.tasks = []
        self.errors = []
        self.session = None

    async def start(self):
        for kind in ["video", "audio"]:
            if not getattr(self.options, {"video": "no_picture", "audio": "no_sound"}[kind]):
                self.add(kind)

        @self.connection.on("track")
        def take(track):
            self.tasks.append(asyncio.ensure_future(self.watch.take(track)))

        await self.connection.setLocalDescription(await self.connection.createOffer())
        answer = await asyncio.to_thread(self.ask, self.connection.localDescription.sdp)
        await self.connection.setRemoteDescription(RTCSessionDescription(self.redirect(answer), "answer"))

    def add(self, kind):
        publishes = self.options.role == "publish"
        if publishes:
            track = Picture() if kind == "video" else Sound()
            transceiver = self.connection.addTransceiver(track, direction="sendonly")
        else:
            transceiver = self.connection.addTransceiver(kind, direction="recvonly")
        if kind == "video" and self.options.codec:
            side = RTCRtpSender if publishes else RTCRtpReceiver
            wanted = [f"video/{self.options.codec}", "video/rtx"]
            codecs = side.getCapabilities("video").codecs
            transceiver.setCodecPreferences([codec for codec in codecs if codec.mimeType.lower() in wanted])

    def ask(self, offer):
        status, headers, answer = self.request("POST", self.options.url, offer)
        if status != 201:
            raise RuntimeError(f"status {status}: {answer}")
        self.session = urllib.parse.urljoin(self.options.url, headers["location"])
        return answer

    def request(self, method, url, body=None):
        headers = {"content-type": "application/sdp"} if body else {}
        if self.options.bearer:
            headers["authorization"] = f"Bearer {self.options.bearer}"
        request = urllib.request.Request(url, body and body.encode(), headers, method=method)
        try:
            with urllib.request.urlopen(request) as response:
                return response.status, response.headers, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode()

    def redirect(self, answer):
        if not self.options.via:
            return answer
        ip, port = self.options.via.split(":")
        lines = [line for line in answer.split("\r\n") if not re.match(r"a=candidate:.* tcp ", line, re.I)]
        candidate = re.compile(r"^(a=candidate:\S+ \d+ \S+ \d+) \S+ \d+")
        return "\r\n".join(candidate.sub(rf"\1 {ip} {port}", line) for line in lines)

    async def report(self):
        stats = (await self.connection.getStats()).values()
        way = "outbound-rtp" if self.options.role == "publish" else "inbound-rtp"
        of = {entry.kind: entry for entry in stats if entry.type == way}
        kinds = [of.get(kind) for kind in ["video", "audio"]]
        packets = [getattr(entry, "packetsSent", 0) or getattr(entry, "packetsReceived", 0) for entry in kinds]
        senders = [sender.track for sender in self.connection.getSenders() if sender.track]
        sent = sum(track.number for track in senders if track.kind == "video")
        latencies = sorted(self.watch.latencies[-50:])
        span = lambda times: times[-1] - times[0] if times else 0
        return {
            "state": self.connection.connectionState,
            "ended": self.connection.connectionState in ["failed", "closed"],
            "errors": self.errors,
            "pictures": sent or self.watch.pictures,
            "width": self.watch.width,
            "packets": packets,
            "lost": [getattr(entry, "packetsLost", 0) for entry in kinds],
            "loudness": self.watch.loudness,
            "shown": self.watch.pictures,
            "latency": latencies[len(latencies) // 2] if latencies else None,
            "spans": [span(self.watch.times[kind]) for kind in ["video", "audio"]],
        }

    async def stop(self):
        ended = self.connection.connectionState in ["failed", "closed"]
        if self.session:
            status, _, _ = await asyncio.to_thread(self.request, "DELETE", self.session)
            if status != 200 and not ended:
                self.errors.append(f"DELETE: status {status}")
        await self.connection.close()
        for task in self.tasks:
            task.cancel()


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--role", choices=["publish", "play"], required=True)
    parser.add_argument("--url", required=True)
    parser.add_argument("--bearer")
    parser.add_argument("--codec")
    parser.add_argument("--no-picture", action="store_true")
    parser.add_argument("--no-sound", action="store_true")
    parser.add_argument("--via")
    parser.add_argument("--seconds", type=float, default=86_400)
    options = parser.parse_args()

    asked = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, asked.set)
    peer = Peer(options)
    try:
        await peer.start()
    except Exception as error:
        print(f"failed: {error}", flush=True)
        await peer.connection.close()
        return 1
    print('"open"', flush=True)
    deadline, told = time.monotonic() + options.seconds, 0
    while True:
        await asyncio.sleep(0.1)
        report = await peer.report()
        if asked.is_set() or report["ended"] or time.monotonic() >= deadline:
            break
        if time.monotonic() - told >= 1:
            told = time.monotonic()
            print(f"progress {json.dumps(report)}", flush=True)
    await peer.stop()
    print(f"report {json.dumps(report)}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
