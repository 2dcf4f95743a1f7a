//! Reading.

use super::{
    Description, Direction, Feedback, MAX_CANDIDATES, MAX_EXTENSIONS, MAX_LAYERS, MAX_LINE, MAX_PAYLOADS,
    MAX_SECTIONS, MAX_SIZE, MAX_SSRCS, MAX_TOKEN, Payload, Section, Setup, Transport,
};
use crate::Refused;

impl Description {
    /// Errs with the line when `text` is not SDP at all, or says something that must not be misread.
    ///
    /// Attributes that are unknown or of no use are passed over, as RFC 8866 §5.13 asks.
    pub(crate) fn parse(text: &str) -> Result<Description, Refused> {
        let mut reader = Reader::default();
        let mut lines = 0;
        for (number, line) in lines_of(text)? {
            lines = number;
            if number == 1 && line != "v=0" {
                return Err(Refused::Sdp { line: 1, fault: "an offer begins with v=0" });
            }
            reader.line(line).map_err(|fault| Refused::Sdp { line: number, fault })?;
        }
        if lines == 0 {
            return Err(Refused::Sdp { line: 1, fault: "nothing there" });
        }
        Ok(reader.finish())
    }

    /// A fragment of a PATCH: session and m-lines may be missing (RFC 8840 §9).
    pub(crate) fn parse_fragment(text: &str) -> Result<Description, Refused> {
        let mut reader = Reader::default();
        for (number, line) in lines_of(text)? {
            reader.line(line).map_err(|fault| Refused::Sdp { line: number, fault })?;
        }
        Ok(reader.finish())
    }
}

/// Numbers from 1 and contents of the lines that are not empty.
fn lines_of(text: &str) -> Result<impl Iterator<Item = (usize, &str)>, Refused> {
    if text.len() > MAX_SIZE {
        return Err(Refused::TooLarge { size: text.len(), max: MAX_SIZE });
    }
    let lines = text.split('\n').enumerate();
    Ok(lines.map(|(at, line)| (at + 1, line.trim_end())).filter(|(_, line)| !line.is_empty()))
}

/// What was read so far.
#[derive(Default)]
struct Reader {
    description: Description,
    session: Transport,
    session_direction: Option<Direction>,
    session_extensions: Vec<(u8, String)>,
    /// What cannot be put where it belongs before the section has ended.
    open: Open,
}

#[derive(Default)]
struct Open {
    direction: Option<Direction>,
    /// `rtcp-fb:*`.
    feedback: Feedback,
    bundle_only: bool,
    /// RIDs that are sent, and those that `simulcast` names.
    rids: Vec<String>,
    simulcast: Vec<String>,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), &'static str> {
        let (kind, value) = line.split_once('=').ok_or("no line of SDP: a letter and = begin each")?;
        if kind.len() != 1 || !kind.bytes().all(|byte| byte.is_ascii_lowercase()) {
            return Err("no line of SDP: a letter and = begin each");
        }
        match kind {
            "m" => self.section(value),
            "a" => {
                let (name, value) = value.split_once(':').unwrap_or((value, ""));
                self.attribute(name, value)
            }
            _ => Ok(()),
        }
    }

    fn section(&mut self, value: &str) -> Result<(), &'static str> {
        self.close();
        if self.description.sections.len() == MAX_SECTIONS {
            return Err("more m-lines than anybody needs");
        }
        let mut words = value.split_ascii_whitespace();
        let mut word = || words.next().filter(|word| word.len() <= MAX_TOKEN);
        let (Some(media), Some(port), Some(protocol)) = (word(), word(), word()) else {
            return Err("an m-line without media, port and protocol");
        };
        let (media, protocol) = (media.to_owned(), protocol.to_owned());
        let port = port.split_once('/').map_or(port, |(port, _)| port);
        let port: u16 = port.parse().map_err(|_| "an m-line with a port that is none")?;
        let formats: Vec<String> =
            words.filter(|word| word.len() <= MAX_TOKEN).take(MAX_PAYLOADS).map(str::to_owned).collect();
        let mut section = Section {
            media,
            protocol,
            formats,
            rejected: port == 0,
            mid: None,
            direction: Direction::default(),
            rtcp_mux: false,
            reduced: false,
            mixed: false,
            payloads: Vec::new(),
            extensions: Vec::new(),
            ssrcs: Vec::new(),
            pairs: Vec::new(),
            layers: Vec::new(),
            transport: Transport::default(),
        };
        if section.kind().is_some() {
            for format in &section.formats {
                let number = format.parse().ok().filter(|number: &u8| *number < 128);
                let number = number.ok_or("an m-line with a payload type that is none")?;
                if section.payloads.iter().all(|payload| payload.number != number) {
                    section.payloads.push(Payload::unmapped(number));
                }
            }
        }
        self.description.sections.push(section);
        Ok(())
    }

    fn attribute(&mut self, name: &str, value: &str) -> Result<(), &'static str> {
        match name {
            "ice-ufrag" => self.transport().ufrag = Some(credential(value, 4)?),
            "ice-pwd" => self.transport().password = Some(credential(value, 22)?),
            "fingerprint" => {
                // Others may stand beside it (RFC 8122 §5.1).
                if let Some(hash) = fingerprint(value)? {
                    self.transport().fingerprint = Some(hash);
                }
            }
            "setup" => self.transport().setup = Some(setup(value)?),
            "candidate" => {
                let candidates = &mut self.transport().candidates;
                if candidates.len() < MAX_CANDIDATES && value.len() <= MAX_LINE {
                    candidates.push(value.to_owned());
                }
            }
            "sendrecv" => self.direct(Direction::Both),
            "sendonly" => self.direct(Direction::Send),
            "recvonly" => self.direct(Direction::Receive),
            "inactive" => self.direct(Direction::Neither),
            "extmap" => self.extension(value),
            _ => match self.description.sections.last_mut() {
                Some(section) => section.attribute(&mut self.open, name, value)?,
                None => self.session_attribute(name, value),
            },
        }
        Ok(())
    }

    fn session_attribute(&mut self, name: &str, value: &str) {
        match name {
            "ice-lite" => self.description.lite = true,
            "extmap-allow-mixed" => self.description.mixed = true,
            "group" => {
                if let Some(mids) =
                    value.strip_prefix("BUNDLE").filter(|_| self.description.bundle.is_empty())
                {
                    let mids = mids.split_ascii_whitespace().take(MAX_SECTIONS);
                    self.description.bundle = mids.map(str::to_owned).collect();
                }
            }
            _ => {}
        }
    }

    fn transport(&mut self) -> &mut Transport {
        match self.description.sections.last_mut() {
            Some(section) => &mut section.transport,
            None => &mut self.session,
        }
    }

    fn direct(&mut self, direction: Direction) {
        match self.description.sections.is_empty() {
            true => self.session_direction = Some(direction),
            false => self.open.direction = Some(direction),
        }
    }

    /// `<id>[/<direction>] <uri> …`; ids above 14 need a longer form, which nobody uses without need.
    fn extension(&mut self, value: &str) {
        let extensions = match self.description.sections.last_mut() {
            Some(section) => &mut section.extensions,
            None => &mut self.session_extensions,
        };
        let mut words = value.split_ascii_whitespace();
        let id = words.next().map(|id| id.split_once('/').map_or(id, |(id, _)| id));
        let id = id.and_then(|id| id.parse().ok()).filter(|id| (1..=14).contains(id));
        let uri = words.next().filter(|uri| uri.len() <= 4 * MAX_TOKEN);
        if let (Some(id), Some(uri)) = (id, uri)
            && extensions.len() < MAX_EXTENSIONS
            && extensions.iter().all(|(known, name)| *known != id && name != uri)
        {
            extensions.push((id, uri.to_owned()));
        }
    }

    /// The section that was being read is complete.
    fn close(&mut self) {
        let Some(section) = self.description.sections.last_mut() else { return };
        let open = std::mem::take(&mut self.open);
        section.direction = open.direction.or(self.session_direction).unwrap_or_default();
        section.rejected &= !open.bundle_only;
        section.layers = open.simulcast.into_iter().filter(|name| open.rids.contains(name)).collect();
        for payload in &mut section.payloads {
            payload.feedback.add(open.feedback);
        }
        section.link_repairs();
        for extension in &self.session_extensions {
            if section.extensions.iter().all(|(id, _)| *id != extension.0) {
                section.extensions.push(extension.clone());
            }
        }
        let (transport, session) = (&mut section.transport, &self.session);
        transport.ufrag = transport.ufrag.take().or_else(|| session.ufrag.clone());
        transport.password = transport.password.take().or_else(|| session.password.clone());
        transport.fingerprint = transport.fingerprint.or(session.fingerprint);
        transport.setup = transport.setup.or(session.setup);
        if transport.candidates.is_empty() {
            transport.candidates.clone_from(&session.candidates);
        }
    }

    fn finish(mut self) -> Description {
        self.close();
        // A fragment may have no m-line at all: what it says is of the session, and so of a section that is not there.
        if self.description.sections.is_empty() {
            let _ = self.section("application 9 -");
            self.close();
        }
        self.description
    }
}

impl Section {
    fn attribute(&mut self, open: &mut Open, name: &str, value: &str) -> Result<(), &'static str> {
        match name {
            "mid" => {
                let good = (1..=MAX_TOKEN).contains(&value.len())
                    && value.bytes().all(|byte| byte.is_ascii_graphic());
                self.mid = Some(good.then(|| value.to_owned()).ok_or("a mid that is none")?);
            }
            "rtcp-mux" | "rtcp-mux-only" => self.rtcp_mux = true,
            "rtcp-rsize" => self.reduced = true,
            "extmap-allow-mixed" => self.mixed = true,
            "bundle-only" => open.bundle_only = true,
            "rtpmap" => self.map(value)?,
            "fmtp" => {
                if let Some((payload, rest)) = self.payload(value)
                    && rest.len() <= MAX_LINE
                {
                    payload.parameters = rest.trim().to_owned();
                }
            }
            "rtcp-fb" => {
                if let Some(rest) = value.strip_prefix("* ") {
                    open.feedback.read(rest);
                } else if let Some((payload, rest)) = self.payload(value) {
                    payload.feedback.read(rest);
                }
            }
            "ssrc" => {
                let ssrc = value.split_ascii_whitespace().next().and_then(|word| word.parse().ok());
                if let Some(ssrc) = ssrc.filter(|ssrc| *ssrc != 0 && !self.ssrcs.contains(ssrc))
                    && self.ssrcs.len() < MAX_SSRCS
                {
                    self.ssrcs.push(ssrc);
                }
            }
            "ssrc-group" => {
                let mut words = value.split_ascii_whitespace();
                let is_pair = words.next() == Some("FID");
                let mut ssrc = || words.next().and_then(|word| word.parse().ok());
                if let (true, Some(main), Some(repair)) = (is_pair, ssrc(), ssrc())
                    && self.pairs.len() < MAX_SSRCS
                {
                    self.pairs.push((main, repair));
                }
            }
            "rid" => {
                let mut words = value.split_ascii_whitespace();
                if let (Some(rid), Some("send")) = (words.next(), words.next())
                    && is_rid(rid)
                    && open.rids.len() < MAX_LAYERS
                {
                    open.rids.push(rid.to_owned());
                }
            }
            "simulcast" => open.simulcast = simulcast(value),
            _ => {}
        }
        Ok(())
    }

    /// The payload type that `value` begins with, and the rest of it.
    fn payload<'a>(&mut self, value: &'a str) -> Option<(&mut Payload, &'a str)> {
        let (number, rest) = value.split_once(' ')?;
        let number: u8 = number.parse().ok()?;
        Some((self.payloads.iter_mut().find(|payload| payload.number == number)?, rest))
    }

    /// `<payload type> <name>/<clock>[/<channels>]`
    fn map(&mut self, value: &str) -> Result<(), &'static str> {
        const FAULT: &str = "an rtpmap that is none";
        // Of a payload type that the m-line does not have: of no use.
        let Some((payload, rest)) = self.payload(value) else { return Ok(()) };
        let mut parts = rest.trim().split('/');
        let name = parts.next().filter(|name| (1..=MAX_TOKEN).contains(&name.len())).ok_or(FAULT)?;
        payload.clock =
            parts.next().and_then(|clock| clock.parse().ok()).filter(|clock| *clock > 0).ok_or(FAULT)?;
        payload.channels = parts.next().and_then(|channels| channels.parse().ok()).unwrap_or(1);
        payload.name = name.to_ascii_lowercase();
        Ok(())
    }

    /// RTX payload types become what they are for the others (RFC 4588 §8.6).
    fn link_repairs(&mut self) {
        let repairs: Vec<(u8, u8)> = self
            .payloads
            .iter()
            .filter(|payload| payload.name == "rtx")
            .filter_map(|payload| Some((payload.number, payload.parameter("apt")?.parse().ok()?)))
            .collect();
        self.payloads.retain(|payload| payload.name != "rtx");
        for (repair, number) in repairs {
            let payload = self.payloads.iter_mut().find(|payload| payload.number == number);
            if let Some(payload) = payload.filter(|payload| payload.repair.is_none()) {
                payload.repair = Some(repair);
            }
        }
    }
}

impl Payload {
    /// One that no `rtpmap` explains yet: only the old ones need none (RFC 3551 §6).
    fn unmapped(number: u8) -> Payload {
        let (name, clock) = match number {
            0 => ("pcmu", 8_000),
            8 => ("pcma", 8_000),
            _ => ("", 90_000),
        };
        Payload {
            number,
            name: name.to_owned(),
            clock,
            channels: 1,
            parameters: String::new(),
            feedback: Feedback::default(),
            repair: None,
        }
    }
}

impl Feedback {
    fn read(&mut self, value: &str) {
        match value.trim() {
            "nack" => self.nack = true,
            "nack pli" => self.pli = true,
            "ccm fir" => self.fir = true,
            "transport-cc" => self.transport = true,
            "goog-remb" => self.remb = true,
            _ => {}
        }
    }

    fn add(&mut self, other: Feedback) {
        self.nack |= other.nack;
        self.pli |= other.pli;
        self.fir |= other.fir;
        self.transport |= other.transport;
        self.remb |= other.remb;
    }
}

/// An ufrag or a password. Some send other characters than RFC 8839 §5.4 has, and mean them.
fn credential(value: &str, least: usize) -> Result<String, &'static str> {
    let good = (least..=256).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_graphic());
    // A colon would divide the names of a binding request elsewhere.
    (good && !value.contains(':')).then(|| value.to_owned()).ok_or("ICE credentials that are none")
}

/// `None` for another hash.
fn fingerprint(value: &str) -> Result<Option<[u8; 32]>, &'static str> {
    const FAULT: &str = "a fingerprint that is none";
    let (hash, bytes) = value.split_once(' ').ok_or(FAULT)?;
    if !hash.eq_ignore_ascii_case("sha-256") {
        return Ok(None);
    }
    let mut out = [0; 32];
    let mut bytes = bytes.trim().split(':');
    for byte in &mut out {
        let text = bytes.next().filter(|text| text.len() == 2 && text.is_ascii()).ok_or(FAULT)?;
        *byte = u8::from_str_radix(text, 16).map_err(|_| FAULT)?;
    }
    bytes.next().is_none().then_some(Some(out)).ok_or(FAULT)
}

fn setup(value: &str) -> Result<Setup, &'static str> {
    match value {
        "actpass" => Ok(Setup::Either),
        "active" => Ok(Setup::Active),
        "passive" => Ok(Setup::Passive),
        _ => Err("a setup other than actpass, active or passive"),
    }
}

/// The RIDs of `send`; of alternatives the first, paused ones (`~`) too.
fn simulcast(value: &str) -> Vec<String> {
    let mut words = value.split_ascii_whitespace();
    while let (Some(direction), Some(list)) = (words.next(), words.next()) {
        if direction == "send" {
            let first = |alternatives: &str| {
                alternatives.split(',').next().unwrap_or("").trim_start_matches('~').to_owned()
            };
            return list.split(';').take(MAX_LAYERS).map(first).filter(|rid| is_rid(rid)).collect();
        }
    }
    Vec::new()
}

/// The engine keeps eight characters; RFC 8851 §10 has letters and digits.
fn is_rid(rid: &str) -> bool {
    (1..=8).contains(&rid.len()) && rid.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
