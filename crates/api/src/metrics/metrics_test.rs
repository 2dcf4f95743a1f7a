#![allow(clippy::unwrap_used)]

use hub::{Phase, StreamInfo, Traffic};

use super::host::{Cores, Disk, Moved};
use super::*;

fn stream(number: usize, received: u64) -> StreamInfo {
    StreamInfo {
        parent: None,
        key: StreamKey::new("live", &number.to_string()).unwrap(),
        publisher: None,
        tracks: Vec::new(),
        derivations: Vec::new(),
        viewers: vec![("flv", 2), ("rtmp", 1)],
        phase: Some(Phase::Live),
        joinable: true,
        bytes: 0,
        traffic: Traffic { received, sent: 3 * received, skipped: received / 1_000, frames: 0 },
    }
}

fn survey(streams: Vec<StreamInfo>) -> Survey {
    let mut survey = Survey { publishers: streams.len(), ..Survey::default() };
    for info in &streams {
        survey.traffic.received += info.traffic.received;
        survey.traffic.sent += info.traffic.sent;
    }
    survey.viewers = vec![("flv", 2 * streams.len())];
    survey.streams = streams;
    survey
}

fn wall(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds)
}

fn take(metrics: &Metrics, second: u64, survey: &Survey, host: Host) {
    metrics.take(Duration::from_secs(second), wall(second), survey, 5, host);
}

/// The newest values of `names`, at a step of a second.
fn newest(metrics: &Metrics, key: Option<&StreamKey>, names: &[&str]) -> Option<Vec<f32>> {
    metrics.read(key, |history, shapes, _| {
        let place = |name: &&str| history.series().iter().position(|series| series.name == **name).unwrap();
        let places: Vec<_> = names.iter().map(place).collect();
        let part = history.part(shapes[0], 1, 0, u64::MAX, &places);
        part.columns.iter().map(|column| *column.last().unwrap()).collect()
    })
}

#[test]
fn what_was_moved_becomes_rates_and_protocols_have_their_own_series() {
    let metrics = Metrics::new();
    let host = |cpu, busy, all| Host {
        cpu: Some(cpu),
        cores: Some(Cores { busy, all }),
        network: Some(Moved { received: all, sent: 2 * all }),
        disk: Some(Disk { total: 100, free: 40 }),
        ..Host::default()
    };
    take(&metrics, 0, &survey(vec![stream(1, 1_000)]), host(1.0, 100, 800));
    take(&metrics, 2, &survey(vec![stream(1, 3_000)]), host(2.0, 150, 1_000));
    let names = ["received", "sent", "streams", "viewers", "viewers.flv", "media", "cpu", "system_cpu"];
    let values = newest(&metrics, None, &names).unwrap();
    assert_eq!(values, [1_000.0, 3_000.0, 1.0, 2.0, 2.0, 5.0, 50.0, 25.0]);
    let values = newest(&metrics, None, &["net_received", "net_sent", "disk_free", "memory"]).unwrap();
    assert_eq!((&values[..3], values[3].is_nan()), (&[100.0, 200.0, 40.0][..], true));
    let key = StreamKey::new("live", "1").unwrap();
    let values = newest(&metrics, Some(&key), &["received", "sent", "viewers", "skipped"]).unwrap();
    assert_eq!(values, [1_000.0, 3_000.0, 3.0, 2.0]);
    take(&metrics, 3, &Survey::default(), Host::default());
    assert_eq!(newest(&metrics, None, &["viewers.flv"]).unwrap(), [0.0], "it was watched by once");
    assert_eq!(newest(&metrics, Some(&key), &["received"]), None, "it goes with its stream");
}

#[test]
fn half_a_minute_is_what_scripts_are_told() {
    let metrics = Metrics::new();
    for second in 0..100 {
        let received = (0..=second).map(|at| if at < 60 { 9_000 } else { 500 }).sum();
        take(&metrics, second, &survey(vec![stream(1, received)]), Host::default());
    }
    let expected = Lately { received: 500.0, sent: 1_500.0 };
    assert_eq!(metrics.lately(), expected);
    let key = StreamKey::new("live", "1").unwrap();
    assert_eq!(metrics.lately_of_streams()[&key], expected);
}

#[test]
fn a_thousand_streams_have_a_history_and_no_more() {
    let metrics = Metrics::new();
    for second in 0..30 {
        let streams = (0..streams::MOST + 10).map(|number| stream(number, 1_000 * second)).collect();
        take(&metrics, second, &survey(streams), Host::default());
    }
    assert_eq!(metrics.lately_of_streams().len(), streams::MOST);
}

#[test]
fn a_clock_that_is_set_takes_what_was_measured_with_it() {
    let mut clock = Clock::default();
    let at = |second: u64| (Duration::from_millis(second * 1_000 + 500), wall(second + 7));
    let mut keep = |second: u64, ahead: i64| {
        let (elapsed, wall) = at(second);
        let wall = if ahead < 0 {
            wall - Duration::from_secs(ahead.unsigned_abs())
        } else {
            wall + Duration::from_secs(ahead.unsigned_abs())
        };
        clock.keep(elapsed, wall);
        (clock.origin - 1_800_000_007, clock.set.map(|(seconds, _)| seconds))
    };
    assert_eq!(keep(0, 0), (0, None));
    assert_eq!(keep(1, 1), (0, None), "it wavers");
    assert_eq!(keep(2, 2), (2, None), "it is being kept right");
    assert_eq!(keep(3, 3_602), (3_602, Some(3_600)));
    assert_eq!(keep(4, -10), (-10, Some(-3_612)));
}
