//! Which channel is for which loudspeaker.

/// What a channel is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// In front, on the left.
    Left,
    /// In front, on the right.
    Right,
    /// In front, in the middle; the only one of mono.
    Centre,
    /// Low frequency effects.
    Lfe,
    /// Behind, on the left.
    BackLeft,
    /// Behind, on the right.
    BackRight,
    /// Behind, in the middle.
    BackCentre,
    /// Beside, on the left.
    SideLeft,
    /// Beside, on the right.
    SideRight,
    /// Not known.
    Other,
}

/// The loudspeakers of sound with 1 to 8 channels, in the order of its channels.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    speakers: [Speaker; MAX],
    count: u8,
}

impl Layout {
    /// One channel.
    pub const MONO: Layout = Layout::of(&[Speaker::Centre]);
    /// Two channels.
    pub const STEREO: Layout = Layout::of(&[Speaker::Left, Speaker::Right]);

    /// Of 1 to 8 loudspeakers; `None` for other numbers.
    pub fn new(speakers: &[Speaker]) -> Option<Layout> {
        (1..=MAX).contains(&speakers.len()).then(|| Layout::of(speakers))
    }

    const fn of(list: &[Speaker]) -> Layout {
        let mut speakers = [Speaker::Other; MAX];
        let mut at = 0;
        while at < list.len() {
            speakers[at] = list[at];
            at += 1;
        }
        Layout { speakers, count: list.len() as u8 }
    }

    /// Mono or stereo.
    pub fn small(channels: u8) -> Layout {
        if channels == 1 { Layout::MONO } else { Layout::STEREO }
    }

    /// Of an AAC `channelConfiguration` of 1 to 7, in the order in which decoders put channels out: front pair, centre, LFE, back.
    /// Source: ISO/IEC 14496-3 table 1.19.
    pub fn aac(channel_config: u8) -> Option<Layout> {
        use Speaker::*;
        let all = [Left, Right, Centre, Lfe, BackLeft, BackRight, SideLeft, SideRight];
        match channel_config {
            1 => Some(Layout::MONO),
            2 => Some(Layout::STEREO),
            3 => Layout::new(&[Left, Right, Centre]),
            4 => Layout::new(&[Left, Right, Centre, BackCentre]),
            5 => Layout::new(&[Left, Right, Centre, BackLeft, BackRight]),
            6 => Layout::new(&all[..6]),
            7 => Layout::new(&all),
            _ => None,
        }
    }

    /// Of 1 to 8 channels in Vorbis order, as Opus has them. Source: RFC 7845 §5.1.1.2.
    pub fn vorbis(channels: u8) -> Option<Layout> {
        use Speaker::*;
        match channels {
            1 => Some(Layout::MONO),
            2 => Some(Layout::STEREO),
            3 => Layout::new(&[Left, Centre, Right]),
            4 => Layout::new(&[Left, Right, BackLeft, BackRight]),
            5 => Layout::new(&[Left, Centre, Right, BackLeft, BackRight]),
            6 => Layout::new(&[Left, Centre, Right, BackLeft, BackRight, Lfe]),
            7 => Layout::new(&[Left, Centre, Right, SideLeft, SideRight, BackCentre, Lfe]),
            8 => Layout::new(&[Left, Centre, Right, SideLeft, SideRight, BackLeft, BackRight, Lfe]),
            _ => None,
        }
    }

    /// How many channels.
    pub fn channels(&self) -> usize {
        usize::from(self.count)
    }

    /// What each channel is for.
    pub fn speakers(&self) -> &[Speaker] {
        &self.speakers[..self.channels()]
    }
}

impl std::fmt::Debug for Layout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.speakers()).finish()
    }
}

/// The most channels that are decoded.
const MAX: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layout_has_as_many_speakers_as_it_says() {
        for channels in 1..=8u8 {
            assert_eq!(Layout::vorbis(channels).map(|layout| layout.channels()), Some(channels.into()));
        }
        for (config, channels) in [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6), (7, 8)] {
            assert_eq!(Layout::aac(config).map(|layout| layout.channels()), Some(channels));
        }
        assert_eq!(
            (Layout::aac(0), Layout::aac(8), Layout::vorbis(9), Layout::new(&[])),
            (None, None, None, None)
        );
    }

    #[test]
    fn orders_differ_between_aac_and_opus() {
        use Speaker::*;
        let aac = Layout::aac(6).expect("5.1");
        assert_eq!(aac.speakers(), [Left, Right, Centre, Lfe, BackLeft, BackRight]);
        let opus = Layout::vorbis(6).expect("5.1");
        assert_eq!(opus.speakers(), [Left, Centre, Right, BackLeft, BackRight, Lfe]);
    }
}
