//! Writing: answers, offers and fragments. Lines end with CR LF (RFC 8866 §5).

use std::fmt::{self, Write};

use media::Kind;

use super::{Description, Direction, Section, Setup, candidate};
use crate::negotiate::{Agreed, Chosen, Line, Offered, Ours};
use crate::{CodecName, Config, Credentials};

/// What we say of ourselves in each m-line.
pub(crate) struct Local<'a> {
    pub(crate) config: &'a Config,
    pub(crate) credentials: &'a Credentials,
    pub(crate) fingerprint: [u8; 32],
    pub(crate) setup: Setup,
    /// For `o=` and the SSRCs' `cname`.
    pub(crate) session: u64,
}

/// What becomes of the m-lines that are not used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Others {
    /// They stay, and nothing flows: to a player whose stream lacks them.
    Inactive,
    /// They go: port 0.
    Rejected,
}

/// The answer to `offer`: `agreed` is what is used of it, and flows in `direction` as seen from here.
pub(crate) fn answer(
    local: &Local<'_>,
    offer: &Description,
    agreed: &Agreed,
    direction: Direction,
    others: Others,
) -> String {
    let mut out = Text::new();
    let used = |index: usize| agreed.lines.iter().find(|line| line.section == index);
    let kept = |index: usize, section: &Section| match used(index) {
        Some(_) => true,
        None => others == Others::Inactive && !agreed.rejected.contains(&index) && may_stay(offer, section),
    };
    let kept: Vec<bool> =
        offer.sections.iter().enumerate().map(|(index, section)| kept(index, section)).collect();
    let bundled = offer.sections.iter().zip(&kept).filter(|(_, kept)| **kept);
    let bundled = bundled.filter_map(|(section, _)| section.mid.as_deref());
    let bundled = bundled.filter(|mid| offer.bundle.iter().any(|known| known == mid));
    out.session(local, bundled, offer.mixed);
    let mut tagged = true;
    for (index, section) in offer.sections.iter().enumerate() {
        match (used(index), kept[index]) {
            (Some(line), _) => {
                out.media(&section.media, &section.protocol, &line.codecs);
                out.mid(section.mid.as_deref());
                out.local(local);
                if section.mixed && !offer.mixed {
                    out.attribute("extmap-allow-mixed");
                }
                out.flow(line, direction, local);
            }
            (None, true) => {
                let formats = section.payloads.first().map(|payload| payload.number.to_string());
                out.m_line(&section.media, 9, &section.protocol, formats.as_slice());
                out.mid(section.mid.as_deref());
                out.local(local);
                out.attribute("rtcp-mux");
                out.attribute("inactive");
                if let Some(payload) = section.payloads.first() {
                    let channels =
                        if payload.channels > 1 { format!("/{}", payload.channels) } else { String::new() };
                    out.attribute(&format!(
                        "rtpmap:{} {}/{}{channels}",
                        payload.number, payload.name, payload.clock
                    ));
                }
            }
            (None, false) => {
                out.m_line(&section.media, 0, &section.protocol, &section.formats);
                out.mid(section.mid.as_deref());
                out.attribute("inactive");
                continue;
            }
        }
        // Those of the first m-line count for the bundle (RFC 8843 §7.3).
        if std::mem::take(&mut tagged) {
            out.candidates(local);
        }
    }
    out.0
}

/// An offer of ours.
pub(crate) fn offer(local: &Local<'_>, lines: &[Offered], extensions: &[(u8, String)]) -> String {
    let mut out = Text::new();
    out.session(local, lines.iter().map(|line| &line.mid[..]), true);
    for (index, line) in lines.iter().enumerate() {
        out.media(kind_name(line.kind), "UDP/TLS/RTP/SAVPF", &line.codecs);
        out.mid(Some(&line.mid));
        out.local(local);
        let direction = if line.ours.is_some() { Direction::Send } else { Direction::Receive };
        let line = Line {
            section: index,
            kind: line.kind,
            mid: line.mid.clone(),
            codecs: line.codecs.clone(),
            extensions: extensions.to_vec(),
            ssrcs: Vec::new(),
            ours: line.ours,
            layers: Vec::new(),
            reduced: true,
        };
        out.flow(&line, direction, local);
        if index == 0 {
            out.candidates(local);
        }
    }
    out.0
}

/// The fragment that answers one which began ICE anew. Source: RFC 8840 §9; RFC 9725 §4.3.2.
pub(crate) fn fragment(local: &Local<'_>, agreed: &Agreed) -> String {
    let mut out = Text(String::new());
    if local.config.lite {
        out.attribute("ice-lite");
    }
    out.attribute("ice-options:trickle ice2");
    let mids: Vec<&str> = agreed.lines.iter().map(|line| &line.mid[..]).collect();
    out.attribute(&format!("group:BUNDLE {}", mids.join(" ")));
    if let Some(line) = agreed.lines.first() {
        let formats = line.codecs.first().map(|codec| codec.number.to_string());
        out.line(&format!("m={} 9 UDP/TLS/RTP/SAVPF {}", kind_name(line.kind), formats.unwrap_or_default()));
        out.mid(Some(&line.mid));
        out.credentials(local.credentials);
        out.candidates(local);
    }
    out.0
}

/// Whether an m-line that is not used may stay as inactive: it is of the bundle, and its first codec is known.
fn may_stay(offer: &Description, section: &Section) -> bool {
    let bundled = section.mid.as_ref().is_some_and(|mid| offer.bundle.contains(mid));
    let named = section.payloads.first().is_some_and(|payload| {
        !payload.name.is_empty()
            && payload.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    });
    section.kind().is_some() && !section.rejected && bundled && section.rtcp_mux && named
}

/// The description that the engine gets: what was agreed, as if the other end had offered exactly that.
///
/// It matches codecs by their parameters, so each is described by what stands for it in [`crate::engine`].
pub(crate) fn for_engine(agreed: &Agreed, direction: Direction) -> String {
    let mut out = Text::new();
    let remote = &agreed.remote;
    out.line("o=- 1 1 IN IP4 0.0.0.0");
    out.line("s=-");
    out.line("t=0 0");
    let mids: Vec<&str> = agreed.lines.iter().map(|line| &line.mid[..]).collect();
    out.attribute(&format!("group:BUNDLE {}", mids.join(" ")));
    if remote.lite {
        out.attribute("ice-lite");
    }
    for line in &agreed.lines {
        out.media(kind_name(line.kind), "UDP/TLS/RTP/SAVPF", &line.codecs);
        out.mid(Some(&line.mid));
        out.attribute(&format!("ice-ufrag:{}", remote.ufrag));
        out.attribute(&format!("ice-pwd:{}", remote.password));
        out.attribute(&format!("fingerprint:sha-256 {}", Hex(&remote.fingerprint)));
        out.attribute(if remote.active { "setup:active" } else { "setup:passive" });
        out.attribute("rtcp-mux");
        out.attribute(direction.name());
        for (id, uri) in &line.extensions {
            out.attribute(&format!("extmap:{id} {uri}"));
        }
        for codec in &line.codecs {
            let parameters = engine_parameters(codec);
            out.codec(codec, parameters);
        }
        if !line.layers.is_empty() {
            for layer in &line.layers {
                out.attribute(&format!("rid:{layer} send"));
            }
            out.attribute(&format!("simulcast:send {}", line.layers.join(";")));
        }
        for (main, repair) in &line.ssrcs {
            out.attribute(&format!("ssrc:{main} cname:remote"));
            if let Some(repair) = repair {
                out.attribute(&format!("ssrc:{repair} cname:remote"));
                out.attribute(&format!("ssrc-group:FID {main} {repair}"));
            }
        }
    }
    out.0
}

/// What stands for the parameters of a codec towards the engine.
fn engine_parameters(codec: &Chosen) -> &'static str {
    match codec.codec {
        CodecName::H264 => "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
        CodecName::H265 if codec.numbered => "sprop-max-don-diff=1",
        CodecName::Vp9 => "profile-id=0",
        _ => "",
    }
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Video => "video",
        Kind::Audio | Kind::Data => "audio",
    }
}

/// `rtpmap` without the payload type.
fn map(codec: CodecName) -> &'static str {
    match codec {
        CodecName::H264 => "H264/90000",
        CodecName::H265 => "H265/90000",
        CodecName::Av1 => "AV1/90000",
        CodecName::Vp8 => "VP8/90000",
        CodecName::Vp9 => "VP9/90000",
        CodecName::Opus { .. } => "opus/48000/2",
        CodecName::Pcmu => "PCMU/8000",
        CodecName::Pcma => "PCMA/8000",
    }
}

struct Text(String);

impl Text {
    fn new() -> Text {
        let mut out = Text(String::with_capacity(4_096));
        out.line("v=0");
        out
    }

    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push_str("\r\n");
    }

    fn attribute(&mut self, attribute: &str) {
        self.0.push_str("a=");
        self.line(attribute);
    }

    fn session<'a>(&mut self, local: &Local<'_>, bundled: impl Iterator<Item = &'a str>, mixed: bool) {
        // The identifier fits 62 bits, as some read it (JSEP §5.2.1).
        self.line(&format!("o=- {} 1 IN IP4 127.0.0.1", local.session >> 2));
        self.line("s=-");
        self.line("t=0 0");
        let bundled: Vec<&str> = bundled.collect();
        if !bundled.is_empty() {
            self.attribute(&format!("group:BUNDLE {}", bundled.join(" ")));
        }
        if local.config.lite {
            self.attribute("ice-lite");
        }
        if mixed {
            self.attribute("extmap-allow-mixed");
        }
        self.attribute(&format!("msid-semantic: WMS {STREAM}"));
    }

    fn m_line(&mut self, media: &str, port: u16, protocol: &str, formats: &[impl AsRef<str>]) {
        let formats: Vec<&str> = formats.iter().map(AsRef::as_ref).collect();
        self.line(&format!("m={media} {port} {protocol} {}", formats.join(" ")));
        self.line("c=IN IP4 0.0.0.0");
    }

    fn media(&mut self, media: &str, protocol: &str, codecs: &[Chosen]) {
        let numbers = codecs.iter().flat_map(|codec| [Some(codec.number), codec.repair]).flatten();
        let numbers: Vec<String> = numbers.map(|number| number.to_string()).collect();
        self.m_line(media, 9, protocol, &numbers);
    }

    fn mid(&mut self, mid: Option<&str>) {
        if let Some(mid) = mid {
            self.attribute(&format!("mid:{mid}"));
        }
    }

    fn credentials(&mut self, credentials: &Credentials) {
        self.attribute(&format!("ice-ufrag:{}", credentials.ufrag()));
        self.attribute(&format!("ice-pwd:{}", credentials.password()));
    }

    fn local(&mut self, local: &Local<'_>) {
        self.credentials(local.credentials);
        self.attribute("ice-options:trickle");
        self.attribute(&format!("fingerprint:sha-256 {}", Hex(&local.fingerprint)));
        self.attribute(match local.setup {
            Setup::Either => "setup:actpass",
            Setup::Active => "setup:active",
            Setup::Passive => "setup:passive",
        });
    }

    fn candidates(&mut self, local: &Local<'_>) {
        for (index, candidate) in local.config.candidates.iter().enumerate() {
            let passive = local.config.lite;
            self.attribute(&format!("candidate:{}", candidate::Candidate::write(index, candidate, passive)));
        }
        self.attribute("end-of-candidates");
    }

    /// What flows over an m-line that is used.
    fn flow(&mut self, line: &Line, direction: Direction, local: &Local<'_>) {
        self.attribute(direction.name());
        self.attribute("rtcp-mux");
        if line.reduced {
            self.attribute("rtcp-rsize");
        }
        for (id, uri) in &line.extensions {
            self.attribute(&format!("extmap:{id} {uri}"));
        }
        for codec in &line.codecs {
            self.codec(codec, &codec.parameters);
        }
        if !line.layers.is_empty() {
            for layer in &line.layers {
                self.attribute(&format!("rid:{layer} recv"));
            }
            self.attribute(&format!("simulcast:recv {}", line.layers.join(";")));
        }
        if let Some(Ours { main, repair }) = line.ours {
            let track = kind_name(line.kind);
            self.attribute(&format!("msid:{STREAM} {track}"));
            if let Some(repair) = repair {
                self.attribute(&format!("ssrc-group:FID {main} {repair}"));
            }
            for ssrc in [Some(main), repair].into_iter().flatten() {
                self.attribute(&format!("ssrc:{ssrc} cname:{:016x}", local.session));
                self.attribute(&format!("ssrc:{ssrc} msid:{STREAM} {track}"));
            }
        }
    }

    fn codec(&mut self, codec: &Chosen, parameters: &str) {
        let number = codec.number;
        self.attribute(&format!("rtpmap:{number} {}", map(codec.codec)));
        let feedback = codec.feedback;
        let asked = [
            (feedback.transport, "transport-cc"),
            (feedback.remb && !feedback.transport, "goog-remb"),
            (feedback.fir, "ccm fir"),
            (feedback.nack, "nack"),
            (feedback.pli, "nack pli"),
        ];
        for (_, name) in asked.into_iter().filter(|(asked, _)| *asked) {
            self.attribute(&format!("rtcp-fb:{number} {name}"));
        }
        if !parameters.is_empty() {
            self.attribute(&format!("fmtp:{number} {parameters}"));
        }
        if let Some(repair) = codec.repair {
            self.attribute(&format!("rtpmap:{repair} rtx/90000"));
            self.attribute(&format!("fmtp:{repair} apt={number}"));
        }
    }
}

/// `AB:CD:…`
struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_char(':')?;
            }
            write!(f, "{byte:02X}")?;
        }
        Ok(())
    }
}

/// Sound and pictures of one stream belong together (RFC 8830).
const STREAM: &str = "live";
