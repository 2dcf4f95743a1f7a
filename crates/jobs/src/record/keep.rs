//! What of recordings is kept, where, and for how long.

use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use control::settings::Subject;
use serde::{Deserialize, Serialize};

use super::library::{State, View};

/// How long recordings are kept, and what of the disk is left to others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Keep {
    /// Days after their end; `None`: for ever.
    pub days: Option<u32>,
    /// Bytes of all that are finished: beyond, the eldest go. `None`: as many as the disk has.
    pub bytes: Option<u64>,
    /// Bytes of the disk that are to stay free: recordings end before.
    pub reserve: u64,
    /// A folder that gets a copy of each file that is finished, called as the recording: what becomes of those is nobody's business here.
    pub copy_to: Option<PathBuf>,
}

impl Default for Keep {
    fn default() -> Keep {
        Keep { days: None, bytes: None, reserve: 1 << 30, copy_to: None }
    }
}

impl Subject for Keep {
    const KEY: &'static str = "settings/recordings";
}

impl Keep {
    /// Which of `recordings` are not to be kept at `now`; age counts as far as the clock is to be trusted. What is being made is always kept, and
    /// what is still to be copied or uploaded: where all are to be (`uploads`), also before that is noted of one. What is in object storage only
    /// takes no room.
    pub(super) fn surplus(
        &self,
        recordings: Vec<View>,
        uploads: bool,
        now: SystemTime,
        trust: Trust,
    ) -> Vec<String> {
        let copied = |view: &View| self.copy_to.is_none() || view.manifest.copied || view.manifest.done;
        let over = |view: &View| view.state != State::Recording && view.progress.is_none() && copied(view);
        let sent = |view: &View| {
            let noted = view.manifest.done || !uploads;
            noted && !view.manifest.is_on_its_way() && !view.manifest.clouds.wait()
        };
        let over = |view: &View| over(view) && sent(view);
        let takes = |view: &View| if view.manifest.away { 0 } else { view.manifest.taken() };
        let mut over: Vec<_> = recordings.into_iter().filter(over).collect();
        over.sort_by_key(|view| view.manifest.ended.unwrap_or(view.manifest.started));
        let mut bytes: u64 = over.iter().map(takes).sum();
        let age = self.days.map(|days| Duration::from_secs(u64::from(days) * 86_400));
        let age = age.filter(|age| trust.0.is_none_or(|least| *age <= least));
        let mut surplus = Vec::new();
        for view in over {
            // What a clock without a battery says of its first minutes says nothing of an age.
            let ended = view.manifest.ended.filter(|ended| *ended > SystemTime::UNIX_EPOCH + SENSIBLE);
            let old = age
                .zip(ended)
                .is_some_and(|(age, ended)| now.duration_since(ended).is_ok_and(|since| since >= age));
            let (taken, here) = (takes(&view), !view.manifest.away);
            if old || here && self.bytes.is_some_and(|most| bytes > most) {
                bytes -= taken;
                surplus.push(view.id);
            }
        }
        surplus
    }
}

/// Up to which age what the clock on the wall says of it is believed; `None`: any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Trust(Option<Duration>);

/// Whether the clock on the wall can be trusted with what is removed for good. It is when it has gone as fast as time does for a while; once it
/// has jumped, what was recorded before has no age that is known, so it is kept for as long from there on.
#[derive(Debug)]
pub(super) struct Clock {
    since: (SystemTime, Instant),
    jumped: bool,
}

impl Clock {
    pub(super) fn new() -> Clock {
        Clock { since: (SystemTime::now(), Instant::now()), jumped: false }
    }

    /// Looks at both clocks.
    pub(super) fn trust(&mut self) -> Trust {
        self.look(SystemTime::now(), Instant::now())
    }

    fn look(&mut self, wall: SystemTime, now: Instant) -> Trust {
        let (since, began) = self.since;
        let went = now.duration_since(began);
        let off = match wall.duration_since(since + went) {
            Ok(ahead) => ahead,
            Err(behind) => behind.duration(),
        };
        if off > OFF {
            (self.since, self.jumped) = ((wall, now), true);
            return Trust(Some(Duration::ZERO));
        }
        match self.jumped {
            true => Trust(Some(went)),
            false if went < STEADY => Trust(Some(Duration::ZERO)),
            false => Trust(None),
        }
    }
}

/// From the beginning of 2025 on clocks may be believed.
const SENSIBLE: Duration = Duration::from_secs(1_735_689_600);
/// So far from the other a clock may be, and so long it has to be so.
const OFF: Duration = Duration::from_secs(600);
const STEADY: Duration = Duration::from_secs(600);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use hub::StreamKey;

    use super::super::manifest::{Manifest, Part, Upload};
    use super::*;

    /// A thousand days into the time of which clocks are believed.
    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + SENSIBLE + Duration::from_secs(1_000 * 86_400)
    }

    fn view(id: &str, days_ago: u64, bytes: u64, state: State) -> View {
        let ended = now() - Duration::from_secs(days_ago * 86_400);
        let part = Part {
            started: ended,
            codecs: Vec::new(),
            tracks: Vec::new(),
            finished: true,
            bytes,
            millis: 1,
            segments: None,
            forms: Vec::new(),
            fault: None,
        };
        let manifest = Manifest {
            ended: Some(ended),
            files: vec![part],
            ..Manifest::new(&StreamKey::new("live", "a").unwrap(), "job")
        };
        View {
            id: id.to_owned(),
            manifest: manifest.into(),
            state,
            progress: None,
            trouble: None,
            upload: None,
        }
    }

    #[test]
    fn the_eldest_go_first_and_what_is_being_made_never() {
        let recordings = || {
            vec![
                view("new", 0, 10, State::Finished),
                view("old", 9, 10, State::Finished),
                view("busy", 90, 10, State::Recording),
                view("older", 10, 10, State::Finishing),
                view("without a clock", 20_000, 0, State::Finished),
            ]
        };
        let surplus = |days, bytes| {
            Keep { days, bytes, reserve: 0, copy_to: None }.surplus(recordings(), false, now(), Trust(None))
        };
        assert_eq!(surplus(None, None), Vec::<String>::new());
        assert_eq!(surplus(Some(10), None), ["older"]);
        assert_eq!(surplus(Some(9), None), ["older", "old"]);
        assert_eq!(surplus(None, Some(30)), Vec::<String>::new());
        assert_eq!(surplus(None, Some(15)), ["without a clock", "older", "old"]);
        assert_eq!(surplus(Some(10), Some(20)), ["without a clock", "older"], "what goes by age makes room");
        let unsure = Keep { days: Some(1), ..Keep::default() }.surplus(
            recordings(),
            false,
            now(),
            Trust(Some(Duration::ZERO)),
        );
        assert_eq!(unsure, Vec::<String>::new());
    }

    #[test]
    fn what_is_still_to_be_uploaded_is_kept_and_what_is_in_a_bucket_takes_no_room() {
        let with = |mut view: View, done: bool, away: bool| {
            let manifest = std::sync::Arc::make_mut(&mut view.manifest);
            (manifest.upload, manifest.away) = (Some(Upload { done, ..Upload::default() }), away);
            view
        };
        let recordings = vec![
            with(view("waiting", 90, 10, State::Finished), false, false),
            with(view("away", 80, 10, State::Finished), true, true),
            with(view("both", 70, 10, State::Finished), true, false),
            view("new", 1, 10, State::Finished),
        ];
        let keep = |days, bytes| Keep { days, bytes, ..Keep::default() };
        let surplus = |keep: Keep| keep.surplus(recordings.clone(), false, now(), Trust(None));
        assert_eq!(surplus(keep(None, Some(10))), ["both"]);
        assert_eq!(surplus(keep(Some(75), None)), ["away"]);
    }

    /// Of what a kill has left it is not noted yet that it is to be uploaded.
    #[test]
    fn what_is_not_finished_is_kept_where_all_is_to_be_uploaded() {
        let of = |name, done| {
            let mut view = view(name, 90, 10, State::Finishing);
            std::sync::Arc::make_mut(&mut view.manifest).done = done;
            view
        };
        let recordings = vec![of("finishing", false), of("finished", true)];
        let keep = Keep { bytes: Some(0), ..Keep::default() };
        let surplus = |uploads| {
            let mut surplus = keep.surplus(recordings.clone(), uploads, now(), Trust(None));
            surplus.sort();
            surplus
        };
        assert_eq!(surplus(true), ["finished"]);
        assert_eq!(surplus(false), ["finished", "finishing"]);
    }

    #[test]
    fn a_clock_that_jumped_is_not_believed_for_a_while() {
        let (wall, began) = (now(), Instant::now());
        let mut clock = Clock { since: (wall, began), jumped: false };
        let mut look = |wall_after: u64, after: u64| {
            clock.look(wall + Duration::from_secs(wall_after), began + Duration::from_secs(after)).0
        };
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(look(60, 60), seconds(0), "nobody knows yet");
        assert_eq!((look(700, 700), look(1_250, 800)), (None, None), "some minutes are no jump");
        assert_eq!((look(400_000, 900), look(400_060, 960)), (seconds(0), seconds(60)));
        assert_eq!(
            look(500_000, 100_900),
            seconds(100_000),
            "what was recorded before is kept for as long from there on"
        );
        assert_eq!(look(2_000, 102_000), seconds(0), "back again");
    }
}
