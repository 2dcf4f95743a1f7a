//! What is fuzzed: a function for each parser, which panics when something is wrong.
//!
//! `make fuzz` looks for inputs that do; the checks replay those in `fuzz/seeds/`.

mod aac_config;
mod aac_frames;
mod amf0;
mod annexb;
mod av1_units;
mod avc_config;
mod bare_lane;
mod chunk_reader;
mod conversation;
mod flv_body;
mod flv_reader;
mod fmp4;
mod hevc_config;
mod mp4_index;
mod opus_packets;
mod proxy_header;
mod rtc_offer;
mod rtcp;
mod rtmp_client;
mod rtmp_server;
mod rtmp_url;
mod segment_name;
mod sound_frame;
mod stun;
mod ts_demux;
mod vpx_frame;

/// What is done with an input.
pub type Run = fn(&[u8]);

/// The targets by name, which is that of the file and of the folder with its seeds.
pub const TARGETS: &[(&str, Run)] = &[
    ("aac_config", aac_config::run),
    ("aac_frames", aac_frames::run),
    ("amf0", amf0::run),
    ("annexb", annexb::run),
    ("av1_units", av1_units::run),
    ("avc_config", avc_config::run),
    ("bare_lane", bare_lane::run),
    ("chunk_reader", chunk_reader::run),
    ("flv_body", flv_body::run),
    ("flv_reader", flv_reader::run),
    ("fmp4", fmp4::run),
    ("hevc_config", hevc_config::run),
    ("mp4_index", mp4_index::run),
    ("opus_packets", opus_packets::run),
    ("proxy_header", proxy_header::run),
    ("rtc_offer", rtc_offer::run),
    ("rtcp", rtcp::run),
    ("rtmp_client", rtmp_client::run),
    ("rtmp_server", rtmp_server::run),
    ("rtmp_url", rtmp_url::run),
    ("segment_name", segment_name::run),
    ("sound_frame", sound_frame::run),
    ("stun", stun::run),
    ("ts_demux", ts_demux::run),
    ("vpx_frame", vpx_frame::run),
];
