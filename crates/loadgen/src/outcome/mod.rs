//! The result of one run: what is written as JSON, and as text for people. `docs/performance.md` defines every figure.

mod text;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::histogram::Histogram;
use crate::procfs::{Machine, Sample};
use crate::run::{Plan, Seat};
use crate::tally::{Counting, Counts, Meter};

/// Everything that was measured in one run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// Which server, in which setting; by the caller's words.
    pub(crate) server: String,
    /// Which load; by the caller's words.
    pub(crate) scenario: String,
    pub(crate) streams: u16,
    pub(crate) viewers: usize,
    pub(crate) window_s: f64,
    pub(crate) delivered: Delivered,
    pub(crate) frames: Frames,
    pub(crate) latency_ms: Quantiles,
    pub(crate) join_ms: Quantiles,
    pub(crate) cpu: Cpu,
    pub(crate) memory: Memory,
    pub(crate) trouble: Trouble,
    pub(crate) own: Own,
    pub(crate) machine: Machine,
    /// Why this run may not count.
    pub(crate) warnings: Vec<String>,
}

/// Bytes that viewers read from their sockets inside the window.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Delivered {
    pub(crate) gigabits: f64,
    pub(crate) mbits_per_viewer_s: f64,
}

/// What was published inside the window, compared with what viewers got of it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Frames {
    /// Pictures and audio frames of all streams.
    pub(crate) published: u64,
    pub(crate) expected: u64,
    pub(crate) received: u64,
    /// The share that the viewer with the smallest share got.
    pub(crate) worst_share: f64,
    /// Viewers that got less than 99.9 %.
    pub(crate) short_viewers: usize,
    pub(crate) missing_pictures: u64,
    pub(crate) gaps: u64,
    pub(crate) duplicates: u64,
    pub(crate) reordered: u64,
    pub(crate) foreign: u64,
    pub(crate) unstamped: u64,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Quantiles {
    pub(crate) count: u64,
    pub(crate) p50: f64,
    pub(crate) p90: f64,
    pub(crate) p99: f64,
    pub(crate) p999: f64,
    pub(crate) max: f64,
}

/// CPU time of the server and all its children.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Cpu {
    pub(crate) seconds: f64,
    pub(crate) seconds_per_gigabit: f64,
    /// The same with the load generator's own time: what moves from the writer's bill to the reader's stays in it.
    pub(crate) both_per_gigabit: f64,
    /// Of one core.
    pub(crate) share: f64,
    /// Of that time, what the kernel took.
    pub(crate) system_share: f64,
}

/// Resident memory of the server and all its children, KiB.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Memory {
    /// With the streams and without a viewer.
    pub(crate) before_viewers: u64,
    pub(crate) with_viewers: u64,
    pub(crate) anonymous: u64,
    pub(crate) per_viewer: f64,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Trouble {
    /// Viewers that never saw a picture.
    pub(crate) failed_joins: usize,
    /// Why viewers ended inside the window, and how many did.
    pub(crate) ends: BTreeMap<String, u64>,
    pub(crate) stalls: u64,
    pub(crate) longest_wait_ms: f64,
    /// HLS: requests that failed, segments that were gone.
    pub(crate) requests: u64,
    pub(crate) skipped_segments: u64,
}

/// Whether the load generator itself stood in the way.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Own {
    /// Of one core.
    pub(crate) cpu_share: f64,
    /// From the poll's report to the read, ms.
    pub(crate) queueing_p99_ms: f64,
    pub(crate) queueing_max_ms: f64,
    /// How late frames were published, ms.
    pub(crate) publish_late_p99_ms: f64,
    /// CPU used on this machine by neither the server nor us, in cores.
    pub(crate) others_cores: f64,
    /// Taken by the hypervisor, in cores.
    pub(crate) stolen_cores: f64,
}

/// Raw measurements of the window.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) window: Duration,
    pub(crate) bytes: u64,
    pub(crate) server_cpu: Duration,
    pub(crate) system_share: f64,
    pub(crate) own_cpu: Duration,
    pub(crate) busy: Duration,
    pub(crate) stolen: Duration,
    pub(crate) resident: u64,
    pub(crate) anonymous: u64,
}

/// Pictures and audio frames of one stream that were published inside the window.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Published {
    pub(crate) pictures: u64,
    pub(crate) audio: u64,
}

impl Outcome {
    pub(crate) fn new(
        plan: &Plan,
        meter: &Meter,
        measured: Measured,
        idle: &Sample,
        published: &[Published],
        seats: &[Seat],
    ) -> Outcome {
        let window = measured.window.as_secs_f64();
        let gigabits = measured.bytes as f64 * 8.0 / 1e9;
        let viewers = plan.viewers.max(1) as f64;
        let cpu = measured.server_cpu.as_secs_f64();
        let per_gigabit = |seconds: f64| if gigabits > 0.0 { seconds / gigabits } else { 0.0 };
        let others = measured.busy.saturating_sub(measured.server_cpu + measured.own_cpu);
        let mut outcome = Outcome {
            server: String::new(),
            scenario: String::new(),
            streams: plan.streams,
            viewers: plan.viewers,
            window_s: window,
            delivered: Delivered { gigabits, mbits_per_viewer_s: gigabits * 1e3 / viewers / window },
            frames: frames(meter, published, seats),
            latency_ms: Quantiles::of(&meter.latency),
            join_ms: joins(seats),
            cpu: Cpu {
                seconds: cpu,
                seconds_per_gigabit: per_gigabit(cpu),
                both_per_gigabit: per_gigabit(cpu + measured.own_cpu.as_secs_f64()),
                share: cpu / window,
                system_share: measured.system_share,
            },
            memory: Memory {
                before_viewers: idle.resident,
                with_viewers: measured.resident,
                anonymous: measured.anonymous,
                per_viewer: measured.resident.saturating_sub(idle.resident) as f64 / viewers,
            },
            trouble: trouble(seats),
            own: Own {
                cpu_share: measured.own_cpu.as_secs_f64() / window,
                others_cores: others.as_secs_f64() / window,
                stolen_cores: measured.stolen.as_secs_f64() / window,
                ..Own::default()
            },
            machine: Machine::here(),
            warnings: Vec::new(),
        };
        outcome.warn();
        outcome
    }

    /// Adds why viewers ended inside the window.
    pub(crate) fn with_ends(mut self, ends: BTreeMap<String, u64>) -> Outcome {
        if !ends.is_empty() {
            self.warnings.push(format!("{} viewers ended", ends.values().sum::<u64>()));
        }
        self.trouble.ends = ends;
        self
    }

    /// Adds what the load generator's own queues did to the latency.
    pub(crate) fn with_queueing(mut self, queueing: &Histogram, late: &Histogram) -> Outcome {
        self.own.queueing_p99_ms = millis(queueing.quantile(0.99));
        self.own.queueing_max_ms = millis(queueing.max());
        self.own.publish_late_p99_ms = millis(late.quantile(0.99));
        self
    }

    fn warn(&mut self) {
        let mut warn = |when: bool, text: String| {
            if when {
                self.warnings.push(text);
            }
        };
        let own = &self.own;
        warn(
            own.cpu_share > 0.85,
            format!("loadgen used {:.0} % of its core and may limit", own.cpu_share * 100.0),
        );
        warn(own.others_cores > 0.1, format!("other programs used {:.2} cores", own.others_cores));
        warn(own.stolen_cores > 0.05, format!("the hypervisor took {:.2} cores", own.stolen_cores));
        warn(self.trouble.failed_joins > 0, format!("{} viewers never joined", self.trouble.failed_joins));
        warn(
            self.frames.short_viewers > 0,
            format!("{} viewers got less than 99.9 %", self.frames.short_viewers),
        );
        let odd =
            self.frames.foreign + self.frames.unstamped + self.frames.duplicates + self.frames.reordered;
        warn(odd > 0, format!("{odd} pictures foreign, without stamp, doubled or out of order"));
    }
}

impl Quantiles {
    pub(crate) fn of(histogram: &Histogram) -> Quantiles {
        let at = |q| millis(histogram.quantile(q));
        Quantiles {
            count: histogram.count(),
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: millis(histogram.max()),
        }
    }
}

fn frames(meter: &Meter, published: &[Published], seats: &[Seat]) -> Frames {
    let sum = published.iter().map(|stream| stream.pictures + stream.audio).sum();
    let mut frames = Frames { published: sum, worst_share: 1.0, ..Frames::default() };
    for seat in seats {
        let Some(tally) = seat.tally() else { continue };
        let counts = &tally.counts;
        let stream = published.get(usize::from(tally.stream())).copied().unwrap_or_default();
        let (expected, received) = match meter.counting {
            Counting::Span => (tally.spanned(), counts.video),
            Counting::Pictures => (stream.pictures, counts.video),
            Counting::Frames => (stream.pictures + stream.audio, counts.video + counts.audio),
        };
        let share = if expected > 0 { received as f64 / expected as f64 } else { 0.0 };
        frames.expected += expected;
        frames.received += received;
        frames.worst_share = frames.worst_share.min(share);
        frames.short_viewers += usize::from(share < 0.999);
        frames.missing_pictures += counts.missing;
        frames.gaps += counts.gaps;
        frames.duplicates += counts.duplicates;
        frames.reordered += counts.reordered;
        frames.foreign += counts.foreign;
        frames.unstamped += counts.unstamped;
    }
    frames
}

fn trouble(seats: &[Seat]) -> Trouble {
    let mut trouble = Trouble::default();
    for seat in seats {
        let Some(tally) = seat.tally() else { continue };
        let Counts { stalls, longest_wait, .. } = tally.counts;
        let faults = seat.faults();
        trouble.failed_joins += usize::from(tally.joined.is_none());
        trouble.stalls += stalls + faults.stalls;
        trouble.longest_wait_ms = trouble.longest_wait_ms.max(millis(longest_wait));
        trouble.requests += faults.requests;
        trouble.skipped_segments += faults.skipped;
    }
    trouble
}

fn joins(seats: &[Seat]) -> Quantiles {
    let mut histogram = Histogram::new();
    for seat in seats {
        if let Some((begun, joined)) = seat.begun().zip(seat.tally().and_then(|tally| tally.joined)) {
            histogram.record(joined.saturating_duration_since(begun));
        }
    }
    Quantiles::of(&histogram)
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
