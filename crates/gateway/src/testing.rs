//! What tests of several protocols need: a hub that lets everybody in, and frames.
#![allow(clippy::unwrap_used)]

use std::pin::Pin;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use hub::{AccessRequest, Action, Admission, Denial, Hub, Publisher, SessionId, StreamKey};
use media::{Codec, Frame, Time, Track, TrackId, aac, h264};

/// Lets everybody in; to watch the stream `guarded` takes `pass` in the query.
pub(crate) struct Open;

impl Admission for Open {
    fn admit<'a>(
        &'a self,
        _session: SessionId,
        request: &'a AccessRequest,
    ) -> Pin<Box<dyn Future<Output = Result<StreamKey, Denial>> + Send + 'a>> {
        let AccessRequest { action, key, query, .. } = request;
        let denied = *action == Action::Play && self.is_guarded(key) && !query.contains("pass");
        let denial = Denial { reason: "no pass".to_owned() };
        Box::pin(async move { if denied { Err(denial) } else { Ok(key.clone()) } })
    }

    fn is_guarded(&self, key: &StreamKey) -> bool {
        key.name() == "guarded"
    }
}

pub(crate) fn hub() -> Hub {
    Hub::new(hub::Config::default(), Arc::new(Open))
}

pub(crate) fn key(name: &str) -> StreamKey {
    StreamKey::new("live", name).unwrap()
}

pub(crate) fn request(action: Action, name: &str) -> AccessRequest {
    AccessRequest {
        action,
        key: key(name),
        query: String::new(),
        protocol: "test",
        peer: "127.0.0.1:9".parse().unwrap(),
        agent: String::new(),
        url: String::new(),
        page: String::new(),
    }
}

pub(crate) async fn publish(hub: &Hub, name: &str) -> Publisher {
    hub.publish(request(Action::Publish, name)).await.unwrap()
}

pub(crate) fn video() -> Arc<Track> {
    let set = |bytes: &'static [u8]| vec![Bytes::from_static(bytes)];
    let parameters = h264::Parameters::new(set(&[0x67, 66, 0, 30]), set(&[0x68, 1])).unwrap();
    Arc::new(Track { id: TrackId(0), codec: Codec::H264(parameters) })
}

pub(crate) fn audio() -> Arc<Track> {
    let parameters = aac::Parameters::parse(&Bytes::from_static(&[0x12, 0x10])).unwrap();
    Arc::new(Track { id: TrackId(1), codec: Codec::Aac(parameters) })
}

/// A frame of sound.
pub(crate) fn sound(track: &Arc<Track>, millis: i64, size: usize) -> Frame {
    Frame { payload: vec![3; size].into(), ..picture(track, millis, true, 8) }
}

/// A picture of one NAL unit; `size` counts its length field too.
pub(crate) fn picture(track: &Arc<Track>, millis: i64, keyframe: bool, size: usize) -> Frame {
    let mut payload = vec![7; size];
    payload[..4].copy_from_slice(&(size as u32 - 4).to_be_bytes());
    payload[4] = if keyframe { 0x65 } else { 0x41 };
    Frame {
        track: Arc::clone(track),
        dts: Time::from_millis(millis),
        pts: Time::from_millis(millis),
        duration: None,
        keyframe,
        discontinuity: false,
        wall: SystemTime::UNIX_EPOCH,
        payload: payload.into(),
    }
}

/// A GET of `/live/{file}`.
pub(crate) fn get(file: &str, suffix: &str) -> crate::http::MediaRequest {
    let request =
        axum::http::Request::get(format!("/live/{file}{suffix}")).body(axum::body::Body::empty()).unwrap();
    crate::http::MediaRequest::new(&request, "127.0.0.1:9".parse().unwrap(), suffix).unwrap()
}

/// A publisher's sound: silence for a second, then a tone of [`Tone::HERTZ`].
pub(crate) struct Tone {
    encoder: Box<dyn audio::Encoder>,
    pub(crate) track: Arc<Track>,
    /// Samples so far.
    samples: i64,
}

impl Tone {
    pub(crate) const HERTZ: f64 = 440.0;
    /// When the tone begins, on the clock of its frames.
    pub(crate) const BEGINS: Time = Time::from_millis(2_000);
    const ZERO: i64 = 1_000;

    /// As Opus, as browsers send it.
    pub(crate) fn opus() -> Tone {
        Tone::new(audio::Target::OPUS, 48_000)
    }

    /// As AAC at 44.1 kHz, as encoders send it.
    pub(crate) fn aac() -> Tone {
        Tone::new(audio::Target::AAC, 44_100)
    }

    fn new(target: audio::Target, rate: u32) -> Tone {
        let encoder = audio::encoder(target, rate, 2).unwrap();
        let track = Arc::new(Track { id: TrackId(1), codec: encoder.codec() });
        Tone { encoder, track, samples: 0 }
    }

    fn rate(&self) -> u32 {
        self.track.codec.sample_rate().unwrap()
    }

    /// When the next frame is to be heard.
    pub(crate) fn at(&self) -> Time {
        let samples = self.samples - self.encoder.delay() as i64;
        Time::from_millis(Tone::ZERO) + media::Delta::from_ticks(samples, self.rate())
    }

    pub(crate) fn frame(&mut self) -> Frame {
        let (at, rate) = (self.at(), f64::from(self.rate()));
        let samples = self.samples..self.samples + self.encoder.frame_len() as i64;
        self.samples = samples.end;
        let heard = |sample: i64| {
            let seconds = sample as f64 / rate - 1.0;
            let wave = (seconds * std::f64::consts::TAU * Tone::HERTZ).sin() * 0.5;
            if seconds < 0.0 { 0.0 } else { wave as f32 }
        };
        let samples: Vec<_> = samples.flat_map(|sample| [heard(sample); 2]).collect();
        let mut payload = Vec::new();
        self.encoder.encode(&samples, &mut payload).unwrap();
        Frame { dts: at, pts: at, payload: payload.into(), ..picture(&self.track, 0, true, 8) }
    }
}
