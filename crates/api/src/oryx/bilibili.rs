//! What Bilibili says about a video, for the tutorials that Oryx's console shows.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use control::outbound::{Client, Limits};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::Table;
use super::answer::Failure;
use super::endpoint::{Call, Guard};

/// Asks Bilibili, and keeps what it said for a while. Owns what it has heard.
#[derive(Debug)]
pub struct Bilibili {
    address: String,
    keep: Duration,
    /// JSON by the video's id.
    heard: Mutex<BTreeMap<String, (Instant, Arc<str>)>>,
    places: Semaphore,
}

pub(super) fn add(table: &mut Table) {
    table.at(Guard::Secret, "mgmt/bilibili", async |call: Call, body: Video| {
        match &*body.bvid {
            "" => return Err(Failure::new("no bvid")),
            id if id.len() > MAX_ID => return Err(Failure::about("invalid bvid ", id)),
            _ => {}
        }
        let text = call.bilibili.video(&call.outbound, &body.bvid).await?;
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    });
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Video {
    bvid: String,
}

#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    code: i64,
    #[serde(default)]
    message: String,
    #[serde(default)]
    data: Value,
}

impl Bilibili {
    /// Where it is.
    pub const ADDRESS: &str = "https://api.bilibili.com";

    /// The service at `address`: `https://host`. What it says is kept for a day, for five minutes in `development`.
    pub fn new(address: &str, development: bool) -> Bilibili {
        let keep = if development { Duration::from_secs(300) } else { Duration::from_secs(24 * 3600) };
        let places = Semaphore::new(AT_ONCE);
        Bilibili { address: address.to_owned(), keep, heard: Mutex::default(), places }
    }

    /// The object `data` of what it says about the video `id`, as JSON.
    async fn video(&self, client: &Client, id: &str) -> Result<Arc<str>, Failure> {
        if let Some(known) = self.known(id) {
            return Ok(known);
        }
        let url = format!("{}/x/web-interface/view?bvid={}", self.address, escaped(id));
        let failed = |why: &dyn std::fmt::Display| Failure::new(format!("get {url}: {why}"));
        let answer = {
            let _place = self.places.try_acquire().map_err(|_| failed(&"too many ask already"))?;
            client.get(&url, LIMITS).await.map_err(|error| failed(&error))?
        };
        if answer.status != 200 {
            return Err(failed(&format!("status {}", answer.status)));
        }
        let Said { code, message, data } = serde_json::from_slice(&answer.body).map_err(|error| {
            let text = String::from_utf8_lossy(&answer.body);
            let Failure(text) = Failure::about("json unmarshal ", &text);
            Failure::new(format!("{text}: {error}"))
        })?;
        if code != 0 || !data.is_object() {
            return Err(failed(&Failure::about(&format!("code {code}: "), &message).0));
        }
        let text: Arc<str> = data.to_string().into();
        self.remember(id, &text);
        Ok(text)
    }

    fn known(&self, id: &str) -> Option<Arc<str>> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.get(id).filter(|(at, _)| at.elapsed() < self.keep).map(|(_, text)| Arc::clone(text))
    }

    fn remember(&self, id: &str, text: &Arc<str>) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        if heard.len() >= MOST && !heard.contains_key(id) {
            let oldest = heard.iter().min_by_key(|(_, (at, _))| *at).map(|(id, _)| id.clone());
            oldest.map(|oldest| heard.remove(&oldest));
        }
        heard.insert(id.to_owned(), (Instant::now(), Arc::clone(text)));
    }
}

/// `text` as a value of a query.
fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            other => write!(out, "%{other:02X}").expect("writing to a string does not fail"),
        }
        out
    })
}

/// Bytes; they have 12.
const MAX_ID: usize = 64;
/// Videos to be remembered, of at most `LIMITS.bytes` each.
const MOST: usize = 32;
/// Questions under way.
const AT_ONCE: usize = 4;
const LIMITS: Limits = Limits { time: Duration::from_secs(10), bytes: 256 << 10 };

#[cfg(test)]
#[path = "bilibili_test.rs"]
mod tests;
