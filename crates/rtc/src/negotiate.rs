//! What both ends can, out of what one of them offers.

mod codec;

use std::sync::Arc;

use media::{Kind, Track};

use crate::sdp::candidate::Candidate;
use crate::sdp::{Description, Feedback, Section, Setup};
use crate::{CodecName, Refused};

pub(crate) use codec::{Payloads, offerable};

/// What a session is made of.
#[derive(Debug, Clone)]
pub(crate) struct Agreed {
    /// What is used of the m-lines, in their order.
    pub(crate) lines: Vec<Line>,
    /// Places of m-lines that have none of the codecs.
    pub(crate) rejected: Vec<usize>,
    pub(crate) remote: Remote,
}

/// One m-line that is used.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// Its place among the m-lines.
    pub(crate) section: usize,
    pub(crate) kind: Kind,
    pub(crate) mid: String,
    /// The preferred first. Of a line that we send on: one.
    pub(crate) codecs: Vec<Chosen>,
    /// Ids and URIs.
    pub(crate) extensions: Vec<(u8, String)>,
    /// What the other end sends with, and the SSRC of retransmissions.
    pub(crate) ssrcs: Vec<(u32, Option<u32>)>,
    /// What we send with.
    pub(crate) ours: Option<Ours>,
    /// Sizes that the other end sends side by side.
    pub(crate) layers: Vec<String>,
    /// RTCP packets may stand alone.
    pub(crate) reduced: bool,
}

/// SSRCs of our own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ours {
    pub(crate) main: u32,
    pub(crate) repair: Option<u32>,
}

/// A payload type that is used.
#[derive(Debug, Clone)]
pub(crate) struct Chosen {
    pub(crate) codec: CodecName,
    pub(crate) number: u8,
    pub(crate) repair: Option<u8>,
    pub(crate) feedback: Feedback,
    /// For `fmtp` of an answer.
    pub(crate) parameters: String,
    /// H.265 of a sender that sends pictures out of order with their numbers (RFC 7798 §7.1).
    pub(crate) numbered: bool,
}

/// The other end.
#[derive(Debug, Clone)]
pub(crate) struct Remote {
    pub(crate) ufrag: String,
    pub(crate) password: String,
    pub(crate) fingerprint: [u8; 32],
    /// Whether it begins the handshake.
    pub(crate) active: bool,
    pub(crate) lite: bool,
    pub(crate) candidates: Vec<Candidate>,
}

/// What a publisher offers that we take: the first m-line of each kind that sends, and that has a codec that is known.
pub(crate) fn publisher(offer: &Description) -> Result<Agreed, Refused> {
    let mut choice = Choice::new(offer);
    let mut unknown = None;
    for (index, section) in offer.sections.iter().enumerate() {
        let Some(kind) = choice.candidate(section, |section| section.direction.sends(), "sendonly") else {
            continue;
        };
        let codecs = codec::incoming(&section.payloads);
        if codecs.is_empty() {
            let offered = codec::names(&section.payloads);
            unknown.get_or_insert(Refused::NoKnownCodec { offered });
            choice.rejected.push(index);
            continue;
        }
        choice.take(index, kind, section, codecs)?;
    }
    match unknown.filter(|_| choice.lines.is_empty()) {
        Some(refused) => Err(refused),
        None => choice.finish(),
    }
}

/// What a player offers that suits `tracks`, of which the first of each kind counts.
///
/// Pictures without sound are better than nothing, but sound without the pictures would leave a viewer to guess what is wrong: errs when
/// the offer has pictures, and none of their codecs is the stream's.
pub(crate) fn player(offer: &Description, tracks: &[Arc<Track>]) -> Result<Agreed, Refused> {
    let fit = |track: &&Arc<Track>| codec::outgoing_name(&track.codec).is_some();
    if let (Some(first), false) = (tracks.first(), tracks.iter().any(|track| fit(&track))) {
        return Err(Refused::NotForWebRtc { codec: first.codec.name() });
    }
    let mut choice = Choice::new(offer);
    let mut without = None;
    for (index, section) in offer.sections.iter().enumerate() {
        let Some(kind) = choice.candidate(section, |section| section.direction.receives(), "recvonly") else {
            continue;
        };
        let Some(track) = tracks.iter().filter(fit).find(|track| track.kind() == kind) else { continue };
        match codec::outgoing(&section.payloads, &track.codec) {
            Some(chosen) => choice.take(index, kind, section, vec![chosen])?,
            None => {
                let stream = track.codec.name().to_owned();
                let refused = Refused::NoCommonCodec { stream, offered: codec::names(&section.payloads) };
                // Of both kinds the pictures count.
                without = match without {
                    Some((before, known)) if before == Kind::Video || kind != Kind::Video => {
                        Some((before, known))
                    }
                    _ => Some((kind, refused)),
                };
                choice.rejected.push(index);
            }
        }
    }
    // A second m-line of the kind may have had it.
    let has = |kind| choice.lines.iter().any(|line| line.kind == kind);
    match without {
        Some((kind, refused)) if !has(kind) && (kind == Kind::Video || choice.lines.is_empty()) => {
            Err(refused)
        }
        _ => choice.finish(),
    }
}

/// What is left of our own offer, `offered`, in its answer.
pub(crate) fn answered(offered: &[Offered], answer: &Description) -> Result<Agreed, Refused> {
    if answer.sections.len() != offered.len() {
        return Err(Refused::Answer { fault: "it has another number of m-lines" });
    }
    let mut choice = Choice::new(answer);
    for (index, (section, line)) in answer.sections.iter().zip(offered).enumerate() {
        if section.rejected || section.kind() != Some(line.kind) {
            continue;
        }
        let flows =
            if line.ours.is_some() { section.direction.receives() } else { section.direction.sends() };
        if !flows {
            continue;
        }
        let known = |number: u8| line.codecs.iter().find(|codec| codec.number == number);
        let mut codecs: Vec<Chosen> = Vec::new();
        for payload in &section.payloads {
            let Some(ours) = known(payload.number) else { continue };
            if codecs.iter().any(|chosen| chosen.codec == ours.codec) {
                continue;
            }
            let repair = payload.repair.filter(|repair| Some(*repair) == ours.repair);
            codecs.push(Chosen { repair, feedback: payload.feedback, ..ours.clone() });
        }
        if line.ours.is_some() {
            codecs.truncate(1);
        }
        if codecs.is_empty() {
            return Err(Refused::Answer { fault: "none of the payload types is ours" });
        }
        choice.take(index, line.kind, section, codecs)?;
        if let (Some(taken), Some(ours)) = (choice.lines.last_mut(), line.ours) {
            let repair = ours.repair.filter(|_| taken.codecs.iter().any(|codec| codec.repair.is_some()));
            taken.ours = Some(Ours { repair, ..ours });
            taken.mid.clone_from(&line.mid);
        }
    }
    choice.finish()
}

/// An m-line of our own offer.
#[derive(Debug, Clone)]
pub(crate) struct Offered {
    pub(crate) kind: Kind,
    pub(crate) mid: String,
    pub(crate) codecs: Vec<Chosen>,
    pub(crate) ours: Option<Ours>,
}

/// Lines as they are chosen.
struct Choice<'a> {
    offer: &'a Description,
    lines: Vec<Line>,
    rejected: Vec<usize>,
    /// There were some of audio or video.
    seen: bool,
    wrong_direction: Option<Refused>,
}

impl<'a> Choice<'a> {
    fn new(offer: &'a Description) -> Choice<'a> {
        Choice { offer, lines: Vec::new(), rejected: Vec::new(), seen: false, wrong_direction: None }
    }

    /// The kind of `section` if it may be taken: it is the first of its kind and goes the right way.
    fn candidate(
        &mut self,
        section: &Section,
        fits: impl Fn(&Section) -> bool,
        expected: &'static str,
    ) -> Option<Kind> {
        let kind = section.kind()?;
        self.seen = true;
        if section.rejected || !self.shares(section) || self.lines.iter().any(|line| line.kind == kind) {
            return None;
        }
        if !fits(section) {
            let found = section.direction.name();
            self.wrong_direction.get_or_insert(Refused::Direction { found, expected });
            return None;
        }
        Some(kind)
    }

    /// Whether `section` goes over the one transport that there is.
    fn shares(&self, section: &Section) -> bool {
        let bundled = section.mid.as_ref().is_some_and(|mid| self.offer.bundle.contains(mid));
        match self.lines.first() {
            None => bundled || self.offer.bundle.is_empty(),
            Some(_) => bundled,
        }
    }

    fn take(
        &mut self,
        index: usize,
        kind: Kind,
        section: &Section,
        mut codecs: Vec<Chosen>,
    ) -> Result<(), Refused> {
        if !section.rtcp_mux {
            return Err(Refused::NoRtcpMux);
        }
        // Within one transport a payload type is one thing (RFC 8843 §10.1.2).
        let taken = |number: u8| {
            let codecs = self.lines.iter().flat_map(|line| &line.codecs);
            codecs.flat_map(|codec| [Some(codec.number), codec.repair]).any(|known| known == Some(number))
        };
        codecs.retain(|codec| !taken(codec.number));
        for codec in &mut codecs {
            codec.repair = codec.repair.filter(|repair| !taken(*repair));
        }
        let mid = section.mid.clone().unwrap_or_else(|| index.to_string());
        let same = |line: &Line| engine_mid(&line.mid) == engine_mid(&mid);
        if codecs.is_empty() || self.lines.iter().any(same) {
            return Err(Refused::Ambiguous);
        }
        let repair_of =
            |main: u32| section.pairs.iter().find(|(first, _)| *first == main).map(|(_, repair)| *repair);
        let is_repair = |ssrc: u32| section.pairs.iter().any(|(_, repair)| *repair == ssrc);
        let mains = section.ssrcs.iter().filter(|ssrc| !is_repair(**ssrc));
        let extensions = self.extensions(section);
        // Without their names in the packets nobody could tell them apart.
        let named = [MID, RID].iter().all(|needed| extensions.iter().any(|(_, uri)| uri == needed));
        self.lines.push(Line {
            section: index,
            kind,
            mid,
            codecs,
            extensions,
            ssrcs: mains.map(|main| (*main, repair_of(*main))).collect(),
            ours: None,
            layers: if named { section.layers.clone() } else { Vec::new() },
            reduced: section.reduced,
        });
        Ok(())
    }

    /// Those of `section` that are of use, as far as their ids do not mean something else elsewhere.
    fn extensions(&self, section: &Section) -> Vec<(u8, String)> {
        let others = || self.lines.iter().flat_map(|line| &line.extensions);
        let wanted = EXTENSIONS.iter().filter_map(|uri| Some((section.extension(uri)?, (*uri).to_owned())));
        let has_transport = section.extension(TRANSPORT_CC).is_some();
        wanted
            .filter(|(_, uri)| !(has_transport && uri == ABS_SEND_TIME))
            .filter(|(id, uri)| others().all(|(other, name)| (other == id) == (name == uri)))
            .collect()
    }

    fn finish(self) -> Result<Agreed, Refused> {
        let Some(first) = self.lines.first() else {
            return Err(self.wrong_direction.unwrap_or(Refused::NoMedia { rejected: self.seen }));
        };
        let section = self.offer.sections.get(first.section).ok_or(Refused::NoMedia { rejected: true })?;
        // Within a bundle it may be written in the first m-line only, which need not be one that is used.
        let bundled = |section: &&Section| {
            section.mid.as_ref().is_some_and(|mid| self.offer.bundle.contains(mid)) && !section.rejected
        };
        let all = || std::iter::once(section).chain(self.offer.sections.iter().filter(bundled));
        let find = |of: fn(&Section) -> Option<String>| all().find_map(of);
        let (Some(ufrag), Some(password)) = (
            find(|section| section.transport.ufrag.clone()),
            find(|section| section.transport.password.clone()),
        ) else {
            return Err(Refused::NoIceCredentials);
        };
        let fingerprint =
            all().find_map(|section| section.transport.fingerprint).ok_or(Refused::NoFingerprint)?;
        let setup = all().find_map(|section| section.transport.setup);
        let mut candidates: Vec<Candidate> = Vec::new();
        for text in all().flat_map(|section| &section.transport.candidates) {
            if let Some(candidate) = Candidate::parse(text)
                && candidates.len() < MAX_CANDIDATES
                && !candidates.contains(&candidate)
            {
                candidates.push(candidate);
            }
        }
        let remote = Remote {
            ufrag,
            password,
            fingerprint,
            // Who leaves it to us begins (RFC 9725 §4.4 has servers wait).
            active: setup != Some(Setup::Passive),
            lite: self.offer.lite,
            candidates,
        };
        Ok(Agreed { lines: self.lines, rejected: self.rejected, remote })
    }
}

/// How the engine keeps a MID: 16 characters, none but letters and digits.
fn engine_mid(mid: &str) -> String {
    mid.chars().map(|each| if each.is_ascii_alphanumeric() { each } else { '_' }).take(16).collect()
}

pub(crate) const MID: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
pub(crate) const RID: &str = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
pub(crate) const REPAIRED_RID: &str = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";
pub(crate) const TRANSPORT_CC: &str =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
pub(crate) const ABS_SEND_TIME: &str = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";

/// Not the orientation of pictures: who cannot tell it turns them before encoding.
const EXTENSIONS: [&str; 5] = [MID, RID, REPAIRED_RID, TRANSPORT_CC, ABS_SEND_TIME];
const MAX_CANDIDATES: usize = 32;

#[cfg(test)]
#[path = "negotiate_test.rs"]
mod tests;
