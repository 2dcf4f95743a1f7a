//! The order in which a format wants its frames.

use std::sync::Arc;

use media::{Frame, Interleave};

/// Between the log, which is in order of arrival, and the format.
pub(super) enum Order {
    /// As they came.
    Arrival,
    /// In decoding order across tracks. `ready` is empty, its room reused.
    Decoding { waiting: Box<Interleave>, ready: Vec<Arc<Frame>> },
}

impl Order {
    pub(super) fn new(decoding: bool) -> Order {
        if decoding { Order::Decoding { waiting: Box::default(), ready: Vec::new() } } else { Order::Arrival }
    }

    /// Puts `frames` in order; those that may have to follow others stay here. `tracks` counts the tracks of pictures and sound.
    pub(super) fn arrange(&mut self, frames: &mut Vec<Arc<Frame>>, tracks: impl FnOnce() -> usize) {
        let Order::Decoding { waiting, ready } = self else { return };
        waiting.set_tracks(tracks());
        for frame in frames.drain(..) {
            waiting.push(frame);
            ready.extend(std::iter::from_fn(|| waiting.pop()));
        }
        std::mem::swap(frames, ready);
    }

    /// Appends all that stays here: nothing follows that might belong before.
    pub(super) fn release(&mut self, frames: &mut Vec<Arc<Frame>>) {
        if let Order::Decoding { waiting, .. } = self {
            waiting.flush();
            frames.extend(std::iter::from_fn(|| waiting.pop()));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::VecDeque;
    use std::task::{Context, Poll, Waker};

    use bytes::Bytes;
    use media::{Frame, Kind, Time, Track};

    use super::*;
    use crate::config::{Config, MergeWindow};
    use crate::tests::{Open, audio_track, frame, request, video_track};
    use crate::wire::{Format, Reader, Selection, WireKey};
    use crate::{Action, End, Hub, Publisher, Subscription};

    /// Sound is held back until the next picture, as packets that it fills would be; `|` stands for a start point.
    #[derive(Default)]
    struct Packets {
        held: Vec<Bytes>,
    }

    impl Format for Packets {
        fn in_order(&self) -> bool {
            true
        }

        fn preamble(&mut self, _tracks: &[Arc<Track>], _at: Time) -> Bytes {
            assert!(self.held.is_empty(), "what came before belongs before the start point");
            Bytes::from_static(b"|")
        }

        fn write(&mut self, frame: &Frame, _changed: bool, out: &mut Vec<Bytes>) {
            if frame.track.kind() == Kind::Audio {
                self.held.push(frame.payload.clone());
            } else {
                out.append(&mut self.held);
                out.push(frame.payload.clone());
            }
        }

        fn flush(&mut self, out: &mut Vec<Bytes>) {
            out.append(&mut self.held);
        }
    }

    struct Viewer {
        /// Kept for as long as it watches.
        _subscription: Subscription,
        reader: Reader,
    }

    impl Viewer {
        async fn join(hub: &Hub) -> Viewer {
            let subscription = hub.subscribe(request(Action::Play)).await.unwrap();
            let publication = subscription.publication().await;
            let key = WireKey { format: "packets", tracks: Selection::ALL, variant: 0, private: false };
            let reader = subscription.wire(&publication, key, || Box::new(Packets::default()));
            Viewer { _subscription: subscription, reader }
        }

        fn read(&mut self) -> (String, Option<End>) {
            let mut cx = Context::from_waker(Waker::noop());
            let mut out = VecDeque::new();
            let end = loop {
                match self.reader.poll_next(&mut cx, &mut out, 1) {
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(end)) => break Some(end),
                    Poll::Pending => break None,
                }
            };
            (String::from_utf8(out.into_iter().flatten().collect()).unwrap(), end)
        }
    }

    async fn publish() -> (Hub, Publisher) {
        let mut config = Config::default();
        config.default.merge_window = MergeWindow::PerFrame;
        let hub = Hub::new(config, Arc::new(Open));
        let publisher = hub.publish(request(Action::Publish)).await.unwrap();
        (hub, publisher)
    }

    /// A stream with a picture and a sound, and a viewer who has read what may come.
    async fn watched() -> (Hub, Publisher, Viewer, [Arc<Track>; 2]) {
        let (hub, mut publisher) = publish().await;
        let [video, audio] = [video_track(), audio_track()];
        publisher.write(frame(&video, 0, "A")).unwrap();
        publisher.write(frame(&audio, 10, "x")).unwrap();
        let mut viewer = Viewer::join(&hub).await;
        assert_eq!(viewer.read(), ("|A".into(), None), "the sound waits for the next picture");
        (hub, publisher, viewer, [video, audio])
    }

    #[tokio::test(start_paused = true)]
    async fn frames_come_in_decoding_order_across_tracks() {
        let (_hub, mut publisher, mut viewer, [video, audio]) = watched().await;
        publisher.write(frame(&video, 40, "b")).unwrap();
        publisher.write(frame(&audio, 30, "y")).unwrap();
        assert_eq!(viewer.read().0, "", "sound before 40 ms may still come");
        publisher.write(frame(&audio, 50, "z")).unwrap();
        assert_eq!(viewer.read().0, "xyb");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_held_back_goes_before_the_start_point() {
        let (hub, mut publisher, mut viewer, [video, audio]) = watched().await;
        publisher.write(frame(&video, 40, "B")).unwrap();
        publisher.write(frame(&audio, 50, "y")).unwrap();
        assert_eq!(viewer.read().0, "xB");
        assert_eq!(Viewer::join(&hub).await.read().0, "|B");
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_held_back_when_the_publisher_goes() {
        let (_hub, mut publisher, mut viewer, [video, audio]) = watched().await;
        publisher.write(frame(&video, 40, "b")).unwrap();
        publisher.write(frame(&audio, 50, "y")).unwrap();
        publisher.write(frame(&video, 80, "c")).unwrap();
        assert_eq!(viewer.read().0, "xb");
        publisher.end(End::Finished);
        assert_eq!(viewer.read(), ("yc".into(), Some(End::Finished)));

        let (_hub, mut publisher, mut viewer, [video, _]) = watched().await;
        publisher.write(frame(&video, 40, "b")).unwrap();
        drop(publisher);
        assert_eq!(viewer.read(), ("xb".into(), None), "it may come back");
    }
}
