//! One stream, on demand.

use hub::StreamKey;
use serde_json::json;

use super::{JOB, NAME};
use crate::supervisor::{Change, Error, Glob, Job, New, Streams, Supervisor};

/// Has `stream` recorded from now on, or not any more, whatever the jobs say of others.
///
/// A job of its own, called `label`, is made where none names it, and removed again; where one does for many, the stream becomes, or is no longer, an exception of it.
/// Blocks.
pub fn switch(jobs: &Supervisor, stream: &StreamKey, label: &str, on: bool) -> Result<(), Error> {
    let exactly = Glob::exactly(stream);
    // What goes to clouds goes there whatever is recorded here.
    let ours = jobs.all().into_iter().filter(|view| view.job.kind == NAME && view.id != JOB);
    let ours: Vec<_> = ours.collect();
    let names = |job: &Job| job.wanted && job.streams.include(stream);
    if !on {
        for view in ours.iter().filter(|view| names(&view.job)) {
            if view.job.streams.only == [exactly.clone()] {
                // One that somebody has set up stays.
                if view.job.settings == json!({}) {
                    jobs.remove(&view.id)?;
                } else {
                    jobs.change(&view.id, &Change { wanted: Some(false), ..Change::default() })?;
                }
                continue;
            }
            jobs.update(&view.id, |job| {
                names(job).then(|| {
                    let mut streams = job.streams.clone();
                    streams.except.push(exactly.clone());
                    Change { streams: Some(streams), ..Change::default() }
                })
            })?;
        }
        return Ok(());
    }
    if ours.iter().any(|view| names(&view.job)) {
        return Ok(());
    }
    for view in ours.iter().filter(|view| view.job.wanted && view.job.streams.except.contains(&exactly)) {
        let changed = jobs.update(&view.id, |job| {
            let mut streams = job.streams.clone();
            streams.except.retain(|except| *except != exactly);
            streams.include(stream).then(|| Change { streams: Some(streams), ..Change::default() })
        })?;
        if names(&changed.job) {
            return Ok(());
        }
    }
    let only = vec![exactly];
    if let Some(own) = ours.iter().find(|view| view.job.streams.only == only) {
        let streams = Streams { only, except: Vec::new() };
        let change = Change { wanted: Some(true), streams: Some(streams), ..Change::default() };
        jobs.change(&own.id, &change)?;
        return Ok(());
    }
    jobs.create(New {
        kind: NAME.to_owned(),
        label: label.to_owned(),
        streams: Streams { only, except: Vec::new() },
        settings: json!({}),
        wanted: true,
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use tokio_util::sync::CancellationToken;

    use super::super::{Keep, Record, Recordings};
    use super::*;
    use crate::testing::live;
    use crate::{Ffmpeg, Snapshots};

    #[test]
    fn a_stream_is_switched_alone_whoever_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(store::Embedded::open(&folder.path().join("store")).unwrap());
        let recordings = Arc::new(
            Recordings::open(folder.path().join("record"), Keep::default(), control::outbound::Client::new())
                .unwrap(),
        );
        let ffmpeg = Arc::new(Ffmpeg::new(Some("/nowhere".into()), CancellationToken::new()));
        let kind = Box::new(Record::new(recordings, Arc::new(Snapshots::new(ffmpeg))));
        let jobs = Supervisor::open(store, vec![kind]).unwrap();
        let recorded = |name: &str| {
            jobs.all().iter().any(|view| view.job.wanted && view.job.streams.include(&live(name)))
        };
        switch(&jobs, &live("a"), "a", true).unwrap();
        switch(&jobs, &live("a"), "a", true).unwrap();
        assert_eq!((recorded("a"), recorded("b"), jobs.all().len()), (true, false, 1));
        switch(&jobs, &live("a"), "a", false).unwrap();
        assert!(!recorded("a"));
        switch(&jobs, &live("a"), "a", true).unwrap();
        assert_eq!((recorded("a"), jobs.all().len()), (true, 1), "it has one job again");
        switch(&jobs, &live("a"), "a", false).unwrap();
        assert!(jobs.all().is_empty());

        let streams = Streams { only: vec![Glob::parse("live/*").unwrap()], except: Vec::new() };
        let (kind, label) = (NAME.to_owned(), "all".to_owned());
        jobs.create(New { kind, label, streams, settings: json!({}), wanted: true }).unwrap();
        assert!(recorded("a"));
        switch(&jobs, &live("a"), "a", false).unwrap();
        assert_eq!((recorded("a"), recorded("b")), (false, true), "an exception");
        switch(&jobs, &live("a"), "a", true).unwrap();
        let all = jobs.all();
        assert!(recorded("a") && all.len() == 1 && all.iter().all(|view| view.job.streams.except.is_empty()));
    }
}
