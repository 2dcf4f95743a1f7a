//! What a tag body of enhanced RTMP says before its payloads: packet type, codec, track.
//!
//! Source: E-RTMP v2, "Enhanced Audio" and "Enhanced Video".

use bytes::Bytes;
use media::{Delta, Kind, ParseError};

use super::fourcc::FourCc;
use super::{Error, Name};

/// What one part of a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packet {
    /// The configuration of a decoder.
    SequenceStart,
    /// Coded frames; of H.264 and H.265 behind 24 bits of composition time.
    CodedFrames,
    /// The same, without a composition time.
    CodedFramesX,
    /// How loudspeakers are arranged.
    MultichannelConfig,
    /// Nothing that needs to be done: the end of a sequence, metadata of pictures.
    Passing,
}

/// The part of a body that belongs to one track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) packet: Packet,
    pub(super) codec: FourCc,
    /// Its number among the tracks of its kind; 0 is the main one.
    pub(super) number: u8,
    /// The tag says that it is a key frame.
    pub(super) key: bool,
    /// Later than the message's time by this.
    pub(super) offset: Delta,
    /// Slice of the body.
    pub(super) data: Bytes,
}

/// The parts of an enhanced body, one after the other. After an error there are no more, unless only one codec was unknown.
#[derive(Debug)]
pub(super) struct Parts {
    body: Bytes,
    at: usize,
    head: Option<Head>,
    parts: usize,
}

/// What all parts of a body have in common.
#[derive(Debug, Clone, Copy)]
struct Head {
    kind: Kind,
    packet: Packet,
    key: bool,
    offset: Delta,
    tracks: Tracks,
    /// Of all parts, unless each has its own.
    code: Option<[u8; 4]>,
}

/// Source: `AvMultitrackType`; `Main` is a body that is not multitrack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tracks {
    Main,
    One,
    Many,
    ManyCodecs,
}

impl Parts {
    /// Of a body whose first byte says that it is enhanced.
    pub(super) fn new(kind: Kind, body: Bytes) -> Result<Parts, Error> {
        let mut parts = Parts { body, at: 0, head: None, parts: 0 };
        parts.head = parts.head(kind)?;
        Ok(parts)
    }

    /// `None` for a command to the player, which has no payload.
    fn head(&mut self, kind: Kind) -> Result<Option<Head>, Error> {
        let first = self.byte()?;
        let mut packet_type = first & 15;
        let mut offset = Delta::ZERO;
        while packet_type == MOD_EX {
            let data = self.mod_ex_data()?;
            let byte = self.byte()?;
            packet_type = byte & 15;
            // TimestampOffsetNano; what other types modify is not known, and they say how long they are.
            if byte >> 4 == 0 {
                let nanos = data.first_chunk().ok_or(ParseError::truncated(WHAT, self.at))?;
                let [high, middle, low] = *nanos;
                let nanos = u32::from_be_bytes([0, high, middle, low]).min(999_999);
                offset = Delta::micros(i64::from(nanos) / 1_000);
            }
        }
        let frame_type = first >> 4 & 7;
        let key = kind == Kind::Video && frame_type == 1;
        if kind == Kind::Video && frame_type == COMMAND && packet_type != VIDEO_METADATA {
            return Ok(None);
        }
        let multitrack = packet_type == multitrack(kind);
        let mut tracks = Tracks::Main;
        if multitrack {
            let byte = self.byte()?;
            packet_type = byte & 15;
            tracks = match byte >> 4 {
                0 => Tracks::One,
                1 => Tracks::Many,
                2 => Tracks::ManyCodecs,
                _ => return Err(ParseError::unsupported(WHAT, self.at - 1).into()),
            };
        }
        let packet = packet(kind, packet_type)?;
        let code = if tracks == Tracks::ManyCodecs { None } else { Some(self.take()?) };
        Ok(Some(Head { kind, packet, key, offset, tracks, code }))
    }

    fn mod_ex_data(&mut self) -> Result<Bytes, Error> {
        let mut size = usize::from(self.byte()?) + 1;
        if size == 256 {
            size = usize::from(u16::from_be_bytes(self.take()?)) + 1;
        }
        self.slice(size)
    }

    fn part(&mut self, head: Head) -> Result<Part, Error> {
        self.parts += 1;
        if self.parts > MAX_PARTS {
            return Err(ParseError::too_large(WHAT, self.at).into());
        }
        let code = match head.code {
            Some(code) => code,
            None => self.take()?,
        };
        let number = if head.tracks == Tracks::Main { 0 } else { self.byte()? };
        let size = match head.tracks {
            Tracks::Main | Tracks::One => self.body.len() - self.at,
            Tracks::Many | Tracks::ManyCodecs => {
                let [high, middle, low] = self.take()?;
                u32::from_be_bytes([0, high, middle, low]) as usize
            }
        };
        let data = self.slice(size)?;
        let codec = FourCc::from_code(code).filter(|codec| codec.kind() == head.kind);
        let codec = codec.ok_or(Error::Unsupported(Name::FourCc(code)))?;
        let Head { packet, key, offset, .. } = head;
        Ok(Part { packet, codec, number, key, offset, data })
    }

    fn byte(&mut self) -> Result<u8, Error> {
        self.take().map(u8::from_be_bytes)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let bytes = self.body.get(self.at..).and_then(<[u8]>::first_chunk);
        let bytes = *bytes.ok_or(ParseError::truncated(WHAT, self.body.len()))?;
        self.at += N;
        Ok(bytes)
    }

    fn slice(&mut self, size: usize) -> Result<Bytes, Error> {
        let end = self.at.checked_add(size).filter(|end| *end <= self.body.len());
        let end = end.ok_or(ParseError::truncated(WHAT, self.at))?;
        let slice = self.body.slice(self.at..end);
        self.at = end;
        Ok(slice)
    }
}

impl Iterator for Parts {
    type Item = Result<Part, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let head = self.head?;
        if self.parts > 0 && self.at == self.body.len() {
            return None;
        }
        let part = self.part(head);
        // Behind an unknown codec the next part is where it says; behind broken framing nothing is.
        if !matches!(part, Ok(_) | Err(Error::Unsupported(_))) {
            self.head = None;
        }
        Some(part)
    }
}

fn packet(kind: Kind, packet_type: u8) -> Result<Packet, Error> {
    match (kind, packet_type) {
        (_, 0) => Ok(Packet::SequenceStart),
        (_, 1) => Ok(Packet::CodedFrames),
        (_, 2) => Ok(Packet::Passing),
        (Kind::Video, 3) => Ok(Packet::CodedFramesX),
        (Kind::Video, VIDEO_METADATA) => Ok(Packet::Passing),
        (Kind::Video, 5) => Err(Error::Unsupported(Name::Known("AV1 configured as in MPEG-TS"))),
        (Kind::Audio, 4) => Ok(Packet::MultichannelConfig),
        _ => Err(Error::PacketType(packet_type)),
    }
}

const fn multitrack(kind: Kind) -> u8 {
    if matches!(kind, Kind::Video) { 6 } else { 5 }
}

const MOD_EX: u8 = 7;
const VIDEO_METADATA: u8 = 4;
const COMMAND: u8 = 5;

/// More tracks than [`super::MAX_TRACKS`] cannot be told apart anyway.
const MAX_PARTS: usize = super::MAX_TRACKS;

const WHAT: &str = "enhanced FLV header";

#[cfg(test)]
#[path = "body_test.rs"]
mod tests;
