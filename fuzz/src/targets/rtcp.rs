//! Any bytes as reports of a player, as they are once they are decrypted.

use rtc::rtcp::{Report, read};

pub fn run(data: &[u8]) {
    let mut reports = 0;
    read(data, |report| {
        reports += 1;
        match report {
            Report::Missing { lost, .. } => assert!((1..=17).contains(&lost.sequences().count())),
            Report::Arrivals(arrivals) => assert!(arrivals.count() <= 4_096),
            Report::Reception(_) | Report::KeyFrameWanted { .. } | Report::Bandwidth(_) => {}
        }
    });
    assert!(reports <= data.len() / 4, "no report is smaller");
}
