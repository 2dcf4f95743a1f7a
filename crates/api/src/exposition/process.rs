//! The process, the machine's disk and memory, and the store's file; by the names that every exporter has for a process.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeGaugeValue, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::metrics::host::{self, Host};

pub(super) fn register(registry: &mut Registry, data: &Path) {
    let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
    registry.register("sluice_build", "The program", build);
    registry.register_collector(Box::new(Process { data: data.to_owned(), since: SystemTime::now() }));
}

#[derive(Debug)]
struct Process {
    data: PathBuf,
    since: SystemTime,
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let host = Host::look(&self.data);
        if let Some(cpu) = host.cpu {
            let (counter, unit) = (ConstCounter::new(cpu), Unit::Seconds);
            let about = "Time of processor cores that the process has used.";
            counter.encode(encoder.encode_descriptor(
                "process_cpu",
                about,
                Some(&unit),
                counter.metric_type(),
            )?)?;
        }
        let mut gauge = Gauge(encoder);
        gauge.write("process_resident_memory", "Memory of the process.", Some(Unit::Bytes), host.memory)?;
        gauge.write(
            "process_open_fds",
            "Files and sockets that the process has open.",
            None,
            host.open_files,
        )?;
        gauge.write("process_max_fds", "As many as it may have open.", None, host::most_open_files())?;
        let since = self.since.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs_f64());
        gauge.write("process_start_time", "When it was started, since 1970.", Some(Unit::Seconds), since)?;
        let store = std::fs::metadata(self.data.join("store/sluice.redb")).ok().map(|file| file.len());
        gauge.write(
            "sluice_store_size",
            "The file with settings, accounts and keys.",
            Some(Unit::Bytes),
            store,
        )?;
        let disk = host.disk;
        let about = "The disk with the data folder.";
        gauge.write("sluice_disk_total", about, Some(Unit::Bytes), disk.map(|disk| disk.total))?;
        let about = "What of it the server may still write.";
        gauge.write("sluice_disk_free", about, Some(Unit::Bytes), disk.map(|disk| disk.free))
    }
}

struct Gauge<'a>(DescriptorEncoder<'a>);

impl Gauge<'_> {
    /// Nothing where the system does not tell it.
    fn write<T>(&mut self, name: &str, help: &str, unit: Option<Unit>, value: Option<T>) -> fmt::Result
    where
        ConstGauge<T>: EncodeMetric,
        T: EncodeGaugeValue,
    {
        let Some(value) = value else { return Ok(()) };
        let gauge = ConstGauge::new(value);
        gauge.encode(self.0.encode_descriptor(name, help, unit.as_ref(), gauge.metric_type())?)
    }
}
