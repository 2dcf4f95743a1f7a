//! Where a newcomer may begin.

use media::{Delta, Frame, Kind, Time};

/// Tells start points from other frames: key frames of the main video track; without video, or when video has been
/// silent for 2 s, one audio frame a second.
#[derive(Debug, Default)]
pub(crate) struct StartPoints {
    last_video: Option<Time>,
    last_start: Option<Time>,
}

impl StartPoints {
    /// Whether a reader may begin with `frame`. To be asked once for each frame, in the order of the log.
    ///
    /// `main_video` says whether the frame belongs to the main video track.
    pub(crate) fn is_start(&mut self, frame: &Frame, main_video: bool) -> bool {
        let start = match frame.track.kind() {
            Kind::Video => {
                if main_video {
                    self.last_video = Some(frame.dts);
                }
                main_video && frame.keyframe
            }
            Kind::Audio => {
                let video_silent = self.last_video.is_none_or(|last| frame.dts - last > VIDEO_SILENT);
                video_silent && self.last_start.is_none_or(|last| frame.dts - last >= AUDIO_START_EVERY)
            }
            Kind::Data => false,
        };
        if start {
            self.last_start = Some(frame.dts);
        }
        start
    }
}

const VIDEO_SILENT: Delta = Delta::secs(2);
const AUDIO_START_EVERY: Delta = Delta::secs(1);
