//! The same stream in other sizes: publications of their own, on the clock of the one that they are renditions of.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, Weak};

use media::{Frame, Kind, TrackId};

use super::Publication;

impl Publication {
    /// What it is a rendition of, while that is there.
    pub fn parent(&self) -> Option<Arc<Publication>> {
        self.of().as_ref()?.upgrade()
    }

    pub(crate) fn is_rendition(&self) -> bool {
        self.of().is_some()
    }

    /// From here on it is a rendition of `parent`, or of nothing.
    pub(crate) fn is_part_of(&self, parent: Option<&Arc<Publication>>) {
        *self.of() = parent.map(Arc::downgrade);
    }

    /// From here on the frames of `pictures` go to `rendition` alone, and those of sound there too.
    pub(crate) fn split_off(&self, pictures: TrackId, rendition: Arc<Publication>) {
        self.clock().renditions.push((pictures, rendition));
    }

    /// There is nothing more for `rendition`: the publisher who opened it has left. Others may have been opened by the next.
    pub(crate) fn let_go(&self, rendition: &Arc<Publication>) {
        self.clock().renditions.retain(|(_, other)| !Arc::ptr_eq(other, rendition));
    }

    /// Takes a frame that is on the clock of the parent, and thus on its own.
    fn take(&self, frame: Frame) {
        self.last_write.store(self.now().as_micros() as u64 + 1, Ordering::Relaxed);
        let mut clock = self.clock();
        clock.ready.push(frame);
        self.append(&mut clock);
    }

    fn of(&self) -> std::sync::MutexGuard<'_, Option<Weak<Publication>>> {
        self.parent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives `renditions` what is theirs of `frame`. Says whether it is also their parent's.
pub(super) fn share(renditions: &[(TrackId, Arc<Publication>)], frame: &Frame) -> bool {
    let mut of_all = true;
    for (pictures, rendition) in renditions {
        let own = frame.track.id == *pictures;
        of_all &= !own;
        if own || frame.track.kind() == Kind::Audio {
            rendition.take(frame.clone());
        }
    }
    of_all
}
