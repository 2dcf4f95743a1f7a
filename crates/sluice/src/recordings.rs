//! What webhooks are told of recordings.

use std::sync::Arc;

use control::Hooks;
use control::hooks::What;
use jobs::Recordings;
use jobs::record::Event;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// Tells `hooks` of the recordings that begin from this call on, and of all that have become done and were not told of, until `stop`: what
/// is not told then is after the next start.
pub(crate) fn tell(
    recordings: Arc<Recordings>,
    hooks: Arc<Hooks>,
    stop: CancellationToken,
) -> impl Future<Output = ()> + Send {
    let events = recordings.events();
    tell_events(events, recordings, hooks, stop)
}

async fn tell_events(
    mut events: Receiver<Event>,
    recordings: Arc<Recordings>,
    hooks: Arc<Hooks>,
    stop: CancellationToken,
) {
    while !stop.is_cancelled() && tell_ends(&recordings, &hooks).await {}
    while let Some(event) = stop.run_until_cancelled(events.recv()).await {
        match event {
            Ok(Event::Begun { id, .. }) if is_for_clouds(&recordings, &id) => {}
            Ok(Event::Begun { id, stream }) => hooks.tell(What::RecordBegun { recording: id }, Some(stream)),
            Ok(Event::Finished { .. }) => _ = tell_ends(&recordings, &hooks).await,
            Ok(_) => {}
            Err(RecvError::Lagged(missed)) => {
                warn!(missed, "webhooks are not told of recordings that have begun");
                tell_ends(&recordings, &hooks).await;
            }
            Err(RecvError::Closed) => return,
        }
    }
}

/// Whether a recording is made for a cloud alone: nobody is told of those, as Oryx tells nobody.
fn is_for_clouds(recordings: &Recordings, id: &str) -> bool {
    recordings.view(id).is_ok_and(|view| view.manifest.clouds.are_all())
}

/// Rather twice than never: it counts as told when it is written down that it is to be. Says whether it is of all that it looked at, so that
/// there may be more; a disk that takes nothing is asked again when another recording ends.
async fn tell_ends(recordings: &Arc<Recordings>, hooks: &Arc<Hooks>) -> bool {
    let mut done = recordings.untold();
    done.truncate(AT_ONCE);
    if done.is_empty() {
        return false;
    }
    for view in done.iter().filter(|view| !view.manifest.clouds.are_all()) {
        hooks.tell(What::RecordEnded { recording: view.id.clone() }, view.stream());
    }
    if !hooks.save_untold().await {
        return false;
    }
    let recordings = Arc::clone(recordings);
    let marking = tokio::task::spawn_blocking(move || {
        let mut marked = true;
        for view in done {
            if let Err(err) = recordings.told(&view.id) {
                marked = false;
                warn!(recording = view.id, %err, "webhooks may be told of the end of a recording again");
            }
        }
        marked
    });
    marking.await.unwrap_or(false)
}

/// Ends that are told before it is looked for whether to stop. What is left is told with the next.
const AT_ONCE: usize = 100;
