//! What scripts are told of where the server runs.

/// Ports as others see them, and how a console of Oryx's kind is to look.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// It runs in a container.
    pub docker: bool,
    /// Its address for WebRTC is set by hand.
    pub candidate: bool,
    /// Of RTMP.
    pub rtmp_port: u16,
    /// Of HTTP; `None`: that of the page which asks.
    pub http_port: Option<u16>,
    /// Of SRT.
    pub srt_port: u16,
    /// Of WebRTC.
    pub rtc_port: u16,
    /// Forms that are shown for restreaming, for files, and for cameras.
    pub slots: [usize; 3],
}
