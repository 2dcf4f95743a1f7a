//! Any text as an RTMP URL, and as the three parts in which a client names a stream.

use rtmp::url::{Target, Url};

pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(url) = Url::parse(&text) {
        assert!(!url.app.is_empty() && !url.name.is_empty(), "{url:?}");
        let _ = url.tc_url();
    }
    let mut parts = text.splitn(3, '\n');
    let (app, tc_url, name) = (parts.next(), parts.next(), parts.next());
    if let (Some(app), Some(tc_url), Some(name)) = (app, tc_url, name)
        && let Ok(target) = Target::parse(app, tc_url, name)
    {
        assert!(!target.app.is_empty() && !target.name.is_empty(), "{target:?}");
    }
}
