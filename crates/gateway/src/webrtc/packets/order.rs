//! Pictures in the order in which they are shown: players of WebRTC have no other.

use media::{Frame, Time};
use rtc::packet::is_disposable;

use super::Fitness;

/// Leaves out pictures that come after one that is shown later (B-pictures), where no other picture needs them.
#[derive(Debug, Default)]
pub(super) struct Order {
    /// The latest time of those let through since the last key frame.
    newest: Option<Time>,
    /// Pictures since the first.
    seen: u32,
    /// When a picture was last late that others need, by count of pictures.
    broken: Option<u32>,
}

impl Order {
    /// Whether `frame` is to be sent.
    pub(super) fn admits(&mut self, frame: &Frame) -> bool {
        self.seen = self.seen.saturating_add(1);
        match self.newest {
            Some(newest) if frame.pts <= newest && !frame.keyframe => {
                if is_disposable(&frame.track.codec, &frame.payload) {
                    return false;
                }
                self.broken = Some(self.seen);
                true
            }
            _ => {
                self.newest = Some(frame.pts);
                true
            }
        }
    }

    /// `None` until there were pictures enough to tell.
    pub(super) fn fitness(&self) -> Option<Fitness> {
        match self.broken {
            // An encoder whose settings were mended is let in again.
            Some(at) if self.seen - at < FORGIVEN => Some(Fitness::Reordered),
            _ => (self.seen >= ENOUGH || self.broken.is_some()).then_some(Fitness::Fit),
        }
    }
}

/// Pictures after which an order without lateness is believed.
const ENOUGH: u32 = 8;
/// Pictures without lateness after which earlier ones are forgotten: some seconds.
const FORGIVEN: u32 = 250;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::testing;

    /// A picture at `pts` ms; `header` is its NAL unit's first byte.
    fn picture(pts: i64, header: u8, keyframe: bool) -> Frame {
        let track = testing::video();
        let payload = vec![0, 0, 0, 3, header, 0x88, 0x80].into();
        let frame = testing::picture(&track, pts, keyframe, 8);
        Frame { track: Arc::clone(&track), pts: Time::from_millis(pts), payload, ..frame }
    }

    #[test]
    fn pictures_that_nobody_needs_are_left_out_and_the_rest_is_in_order() {
        let mut order = Order::default();
        // I P b b P b b: the b are not referred to (nal_ref_idc 0).
        let coded = [(0, 0x65), (120, 0x41), (40, 0x01), (80, 0x01), (240, 0x41), (160, 0x01), (200, 0x01)];
        let sent: Vec<_> = coded
            .iter()
            .filter(|(pts, header)| order.admits(&picture(*pts, *header, *header == 0x65)))
            .map(|(pts, _)| *pts)
            .collect();
        assert_eq!(sent, [0, 120, 240]);
        assert_eq!(order.fitness(), None, "too few to tell");
        assert!(order.admits(&picture(360, 0x41, false)));
        assert_eq!(order.fitness(), Some(Fitness::Fit));
    }

    #[test]
    fn a_pyramid_does_not_fit_until_the_encoder_is_told_otherwise() {
        let mut order = Order::default();
        assert!(order.admits(&picture(0, 0x65, true)));
        assert!(order.admits(&picture(160, 0x41, false)));
        // The middle B is referred to.
        assert!(order.admits(&picture(80, 0x21, false)));
        assert_eq!(order.fitness(), Some(Fitness::Reordered));
        for number in 0..i64::from(FORGIVEN) {
            order.admits(&picture(200 + number, 0x41, false));
        }
        assert_eq!(order.fitness(), Some(Fitness::Fit));
    }

    #[test]
    fn a_key_frame_begins_anew_whatever_came_before() {
        let mut order = Order::default();
        assert!(order.admits(&picture(1_000, 0x65, true)));
        assert!(order.admits(&picture(500, 0x65, true)));
        assert!(order.admits(&picture(540, 0x41, false)));
        assert_eq!(order.fitness(), None);
    }
}
