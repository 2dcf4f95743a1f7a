//! The publishing end of a stream.

use std::sync::Arc;

use media::{Delta, Frame, TrackId};

use crate::events::Event;
use crate::publication::Publication;
use crate::rendition::Rendition;
use crate::session::{End, Session};
use crate::{Holder, Refusal};

/// The slot of a stream, held by a gateway while its peer publishes. Dropping it is a lost connection: the grace runs.
pub struct Publisher {
    holder: Holder,
    publication: Arc<Publication>,
    session: Arc<Session>,
    renditions: Vec<Rendition>,
    left: bool,
}

impl Publisher {
    pub(crate) fn new(holder: Holder, publication: Arc<Publication>, session: Arc<Session>) -> Publisher {
        Publisher { holder, publication, session, renditions: Vec::new(), left: false }
    }

    /// Publishes one frame, which is on the source's clock: normalised, counted, logged, and with the readers woken.
    ///
    /// Errs with the reason once the slot is lost (kicked, replaced, silent, shutdown); the frame goes nowhere then.
    pub fn write(&mut self, frame: Frame) -> Result<(), End> {
        if let Some(end) = self.session.ended() {
            return Err(end);
        }
        self.session.count_bytes(frame.payload.len() as u64);
        self.session.count_frames(1);
        self.publication.write(frame);
        Ok(())
    }

    /// Whether it has opened the rendition `label`.
    pub fn has_rendition(&self, label: &str) -> bool {
        self.renditions.iter().any(|rendition| rendition.label() == label)
    }

    /// Publishes the frames of the track `pictures`, with the sound of this stream, as a stream of its own from here on: its rendition
    /// `label` (`app/name@label`), which has its clock and its lifetime. The track is none of this stream's any more.
    ///
    /// Errs while somebody else publishes under that name, or there are too many streams; nothing has changed then.
    pub fn open_rendition(&mut self, label: &str, pictures: TrackId) -> Result<(), Refusal> {
        if self.has_rendition(label) {
            return Err(Refusal::Busy);
        }
        let rendition =
            Rendition::open(self.holder.hub(), &self.session, &self.publication, label, pictures)?;
        self.renditions.push(rendition);
        Ok(())
    }

    /// How long what comes from the peer may be gathered before it is written as a batch, with [`Publisher::flush`] after it.
    ///
    /// Zero as long as viewers are few. Under load, reading and writing in batches saves most of what a frame costs, and nobody
    /// sees it later than without: viewers are sent nothing in between.
    pub fn pace(&self) -> Delta {
        self.publication.pace()
    }

    /// A batch is written, and the next one comes in `next`: viewers are sent what cannot wait for it.
    pub fn flush(&mut self, next: Delta) {
        self.publication.flush_due(next);
        self.renditions.iter().for_each(|rendition| rendition.publication().flush_due(next));
    }

    /// Who publishes.
    pub fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// What is published.
    pub fn publication(&self) -> &Arc<Publication> {
        &self.publication
    }

    /// The publisher said goodbye, or was lost in a way that `end` tells.
    pub fn end(&mut self, end: End) {
        self.leave(end);
    }

    fn leave(&mut self, end: End) {
        if std::mem::replace(&mut self.left, true) {
            return;
        }
        let hub = self.holder.hub();
        if self.holder.stream().vacate(self.session.id, end) {
            hub.emit(Event::Unpublished { session: Arc::clone(&self.session), end });
            if self.holder.stream().publication().is_none() {
                hub.emit(Event::StreamEnded { key: self.session.key.clone(), end });
            }
        }
        // Where the hub has put the publisher out, that is why.
        let end = self.session.ended().unwrap_or(end);
        for rendition in &self.renditions {
            self.publication.let_go(rendition.publication());
            rendition.leave(&self.session, end);
        }
        hub.sessions.close(self.session.id);
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.leave(End::Dropped);
    }
}
