//! Recordings as videos of VoD: the upload of one is a session, whose bucket opens for a while at a time; then it is a video, of which an MP4 is made.

use std::collections::HashMap;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tracing::warn;

use super::api::Api;
use super::error::Error;
use super::send::{PLAYLIST, Way, index};
use super::vod::{self, Opened};
use super::{Account, Tencent};
use crate::record::{Bucketed, Cloud, InVod, Remuxed, Sent, Session, View};

/// What opens a bucket of VoD, since when.
pub(super) type Open = (Instant, Opened);

impl Tencent {
    /// Sends what there is of a recording, and once that is all of it makes it a video, of which an MP4 is to be made.
    pub(super) async fn send_to_vod(
        self: &Arc<Self>,
        view: &View,
        account: &Account,
        api: &Api,
    ) -> Result<(), Error> {
        let noted = view.manifest.clouds.vod.clone().unwrap_or_default();
        if !account.has_vod() {
            return Err(Error::Incomplete);
        }
        let application = application_of(&noted, account);
        let InVod { mut file, mut session, .. } = noted;
        if file.is_empty() {
            let way;
            (way, session) = match self.open_upload(view, session.as_ref(), application, api).await {
                // It is not known any more: all of it goes once more, into another.
                Err(err) if err.ends_upload() && session.is_some() => {
                    self.forget_session(view).await?;
                    return Err(err);
                }
                opened => opened.map(|(way, session)| (way, Some(session)))?,
            };
            let (segments, all) = self.send_segments(view, Cloud::Vod, &way).await?;
            if !all {
                return Ok(());
            }
            if segments.is_empty() {
                return self.arrived(view, Cloud::Vod, segments, |_| {}).await;
            }
            self.put(&way, &way.list, index(&segments), PLAYLIST).await?;
            let media;
            (file, media) = match api.commit(application, &session.unwrap_or_default()).await {
                Err(err) if err.ends_upload() => {
                    self.forget_session(view).await?;
                    return Err(err);
                }
                committed => committed?,
            };
            let (called, at) = (file.clone(), media);
            let video = move |vod: &mut InVod| {
                (vod.application, vod.file, vod.media) = (application, called.clone(), at.clone());
            };
            self.change_vod(view, video).await?;
        }
        let (mut definition, mut task) = (0, String::new());
        if let Some(remux) = account.vod.remux {
            match api.process(application, &file, remux).await {
                Ok(made) => (definition, task) = (remux, made),
                // The video is there; who has no MP4 of it made, or not in this account, has it all the same.
                Err(err) if err.is_for_good() => {
                    warn!(recording = view.id, err = err.in_short(), "the cloud makes no MP4 of it");
                }
                Err(err) => return Err(err),
            }
        }
        let id = view.id.clone();
        let segments = self.on_disk(move |ours| ours.recordings.in_cloud(&id, Cloud::Vod)).await?;
        self.arrived(view, Cloud::Vod, segments, move |clouds| {
            if let Some(vod) = &mut clouds.vod {
                (vod.definition, vod.task) = (definition, task.clone());
            }
        })
        .await
    }

    /// Opens the bucket of an upload, which is begun if it was not.
    async fn open_upload(
        self: &Arc<Self>,
        view: &View,
        noted: Option<&Session>,
        application: u64,
        api: &Api,
    ) -> Result<(Way, Session), Error> {
        let known = self.opened().get(&view.id).cloned();
        let opened = match known.filter(|open| holds(open, noted)) {
            Some((_, opened)) => opened,
            None => {
                let opened = api.apply(application, noted).await?;
                if noted != Some(&opened.session) {
                    self.begin_session(view, &opened.session).await?;
                }
                self.opened().insert(view.id.clone(), (Instant::now(), opened.clone()));
                opened
            }
        };
        let Opened { session, credentials, token, .. } = opened;
        let bucket = Bucketed { name: session.bucket.clone(), region: session.region.clone() };
        let storage = self.storage(&bucket, &credentials, Some(&token))?;
        let folder =
            session.playlist.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        // Who may write there may not look.
        let way = Way { storage, folder, list: session.playlist.clone(), open: false };
        Ok((way, session))
    }

    /// Notes an upload: nothing has arrived in it.
    async fn begin_session(self: &Arc<Self>, view: &View, session: &Session) -> Result<(), Error> {
        let (id, session) = (view.id.clone(), Some(session.clone()));
        self.on_disk(move |ours| {
            ours.recordings.set_arrived(&id, Cloud::Vod, &[])?;
            ours.recordings.change(&id, |manifest| {
                if let Some(vod) = &mut manifest.clouds.vod {
                    (vod.session, vod.sent) = (session.clone(), Sent::default());
                }
            })
        })
        .await
    }

    async fn forget_session(self: &Arc<Self>, view: &View) -> Result<(), Error> {
        self.opened().remove(&view.id);
        self.change_vod(view, |vod| (vod.session, vod.sent) = (None, Sent::default())).await
    }

    async fn change_vod(
        self: &Arc<Self>,
        view: &View,
        change: impl Fn(&mut InVod) + Send + 'static,
    ) -> Result<(), Error> {
        let id = view.id.clone();
        self.on_disk(move |ours| {
            ours.recordings.change(&id, |manifest| {
                if let Some(vod) = &mut manifest.clouds.vod {
                    change(vod);
                }
            })
        })
        .await
    }

    /// Asks what has become of MP4s that the cloud is making, and notes what has.
    pub async fn look_for_remuxes(self: &Arc<Self>) -> Result<(), Error> {
        let account = self.account();
        let mut pending: Vec<_> = self
            .recordings
            .all()
            .into_iter()
            .filter_map(|view| {
                let vod = view.manifest.clouds.vod.clone()?;
                let waits = !vod.task.is_empty() && vod.remuxed.is_none();
                waits.then_some((application_of(&vod, &account), view, vod))
            })
            .collect();
        if pending.is_empty() {
            return Ok(());
        }
        pending.sort_by_key(|(application, ..)| *application);
        let api = self.api(account.credentials().ok_or(Error::Incomplete)?);
        let in_one = pending.chunk_by(|(one, ..), (other, ..)| one == other);
        for some in in_one.flat_map(|same| same.chunks(vod::AT_ONCE)) {
            let application = some.first().map_or(0, |(application, ..)| *application);
            let files: Vec<_> = some.iter().map(|(_, _, vod)| vod.file.clone()).collect();
            let made = api.transcoded(application, &files).await?;
            for (_, view, vod) in some {
                let ours = |(file, definition, _): &&(String, u64, Remuxed)| {
                    (file, definition) == (&vod.file, &vod.definition)
                };
                if let Some((_, _, remuxed)) = made.iter().find(ours) {
                    let remuxed = remuxed.clone();
                    self.change_vod(view, move |vod| vod.remuxed = Some(remuxed.clone())).await?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn opened(&self) -> MutexGuard<'_, HashMap<String, Open>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The application that a video is or will be in: another may have been set since.
fn application_of(vod: &InVod, account: &Account) -> u64 {
    if vod.application == 0 { account.vod.application } else { vod.application }
}

/// Whether what opens a bucket is that of the upload that is `noted`, and does so for a while.
fn holds((since, opened): &Open, noted: Option<&Session>) -> bool {
    let left = opened.until.duration_since(SystemTime::now()).unwrap_or_default();
    since.elapsed() < REFRESH && left > LEAST_LEFT && noted == Some(&opened.session)
}

/// What opens a bucket of VoD is had anew after so long, as Oryx does, or when so little of it is left.
const REFRESH: Duration = Duration::from_secs(1_800);
const LEAST_LEFT: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::super::sign::Credentials;
    use super::*;

    #[test]
    fn what_opens_a_bucket_is_had_anew_in_time() {
        let session = |key: &str| Session { key: key.to_owned(), ..Session::default() };
        let opened = |seconds| Opened {
            session: session("a"),
            credentials: Credentials { id: String::new(), key: String::new() },
            token: String::new(),
            until: SystemTime::now() + Duration::from_secs(seconds),
        };
        let now = Instant::now();
        assert!(holds(&(now, opened(3_600)), Some(&session("a"))));
        assert!(!holds(&(now, opened(3_600)), Some(&session("b"))));
        assert!(!holds(&(now, opened(3_600)), None));
        assert!(!holds(&(now, opened(30)), Some(&session("a"))), "it ends in the middle of something");
        if let Some(before) = now.checked_sub(REFRESH) {
            assert!(!holds(&(before, opened(3_600)), Some(&session("a"))));
        }
    }
}
