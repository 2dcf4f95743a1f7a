//! Many small pictures in one.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use media::Frame;

use super::{Error, Snapshots};
use crate::ffmpeg::Limits;

/// Small pictures side by side and in rows, in the order of reading; what is left of the last row is black.
#[derive(Debug, Clone)]
pub(crate) struct Sheet {
    pub(crate) jpeg: Bytes,
    /// Of each, in pixels. One of another shape has black beside it.
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) columns: u32,
}

impl Sheet {
    /// The most pictures that one has.
    pub(crate) const MOST: usize = 100;
}

impl Snapshots {
    /// Pictures of `frames`, which are key frames of one track, [`Sheet::MOST`] at most.
    pub(crate) async fn sheet(&self, frames: &[Arc<Frame>]) -> Result<Sheet, Error> {
        let rows = frames.len().clamp(1, Sheet::MOST).div_ceil(COLUMNS);
        let filter = format!(
            "scale=w=iw*sar:h=ih:out_range=full,setsar=1,\
             scale=w={WIDTH}:h={HEIGHT}:force_original_aspect_ratio=decrease:out_range=full,\
             pad=w={WIDTH}:h={HEIGHT}:x=-1:y=-1,tile={COLUMNS}x{rows},format=yuvj420p"
        );
        let jpeg = self.jpeg(frames, &filter, LIMITS).await?;
        Ok(Sheet { jpeg, width: WIDTH, height: HEIGHT, columns: COLUMNS as u32 })
    }
}

const WIDTH: u32 = 160;
const HEIGHT: u32 = 90;
const COLUMNS: usize = 10;
/// A hundred pictures of 4K take some seconds; what comes out has some hundred kB.
const LIMITS: Limits = Limits { time: Duration::from_secs(60), output: 4 << 20 };
