//! The publishing end of a rendition: what a publisher sends in another size, beside its stream.

use std::sync::Arc;

use media::TrackId;

use crate::events::Event;
use crate::publication::Publication;
use crate::session::{End, Session};
use crate::stream::Occupied;
use crate::{Action, Denial, Holder, Inner, Refusal};

/// The slot of a rendition, held by the publisher of its parent. Nobody is asked whether it may be published: who may publish
/// the whole may publish its parts, and callbacks hear of the whole.
pub(crate) struct Rendition {
    holder: Holder,
    publication: Arc<Publication>,
    label: String,
}

impl Rendition {
    /// Opens `label` of `parent`, which `session` publishes: from here on it has the frames of `pictures`, and all sound.
    ///
    /// Errs while somebody publishes a stream of that name, or there are too many streams.
    pub(crate) fn open(
        hub: &Arc<Inner>,
        session: &Arc<Session>,
        parent: &Arc<Publication>,
        label: &str,
        pictures: TrackId,
    ) -> Result<Rendition, Refusal> {
        let key = parent.key().rendition(label).map_err(|bad| Denial { reason: bad.to_string() })?;
        let holder = hub.hold(&key, Action::Publish, session.peer.ip())?;
        let Occupied { publication, new, .. } = holder.stream().occupy(session, Some(parent))?;
        if new {
            hub.spawn(Arc::clone(&publication).run());
        }
        parent.split_off(pictures, Arc::clone(&publication));
        Ok(Rendition { holder, publication, label: label.to_owned() })
    }

    pub(crate) fn label(&self) -> &str {
        &self.label
    }

    pub(crate) fn publication(&self) -> &Arc<Publication> {
        &self.publication
    }

    /// Leaves the slot, as its parent was left.
    pub(crate) fn leave(&self, session: &Session, end: End) {
        let stream = self.holder.stream();
        if stream.vacate(session.id, end) && stream.publication().is_none() {
            self.holder.hub().emit(Event::StreamEnded { key: stream.key().clone(), end });
        }
    }
}

#[cfg(test)]
#[path = "rendition_test.rs"]
mod tests;
