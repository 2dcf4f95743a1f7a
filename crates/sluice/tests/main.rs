//! Tests of the real binary, from outside: one program of them all, for each would compile and link what they share anew.

#![allow(clippy::unwrap_used)]

mod acme;
mod api;
mod browser;
mod cli;
mod clock;
mod derived_sound;
mod diagnostics;
mod dial_rtmp;
mod hooks;
mod hostile_h2;
mod hostile_http;
mod hostile_rtmp;
mod https;
mod insight;
mod live_enhanced;
mod live_flv;
mod live_hls;
mod live_http;
mod live_http_tracks;
mod live_ll_hls;
mod live_rtmp;
mod live_rtmps;
mod live_webrtc;
mod metrics;
mod proxies;
mod recording;
mod robust_clocks;
mod robust_extremes;
mod robust_payload;
mod seeds;
mod service;
mod snapshot;
mod soak;
mod stability;
mod storage;
mod support;
mod tencent;
mod timeshift;
mod viewer_browser;
mod webrtc_browser;
mod webrtc_codecs;
mod webrtc_peers;
