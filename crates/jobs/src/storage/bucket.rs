//! Where a bucket is, who may use it, and what objects in it are called.

use std::fmt;
use std::net::Ipv4Addr;
use std::time::SystemTime;

use control::entry::Error;
use control::moment;
use control::settings::Subject;
use object_store::path::Path;
use serde::{Deserialize, Serialize};
use url::Url;

/// A bucket, and what is to go there. `Debug` hides the secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bucket {
    /// The address of the service, without the bucket: `https://s3.example.com`. Empty: Amazon's, by the region.
    pub endpoint: String,
    /// As its requests are signed; empty: `us-east-1`, which most who are not Amazon take.
    pub region: String,
    /// Its name.
    pub name: String,
    /// The bucket is in the path of addresses, and not in front of the host.
    pub path_style: bool,
    /// The access key's name,
    pub key_id: String,
    /// and its secret.
    pub secret: String,
    /// What objects are called, see [`Named`].
    pub names: String,
    /// Recordings go there.
    pub uploads: bool,
    /// They stay on the disk as well.
    pub keeps: bool,
    /// Much of them goes there while they are made.
    pub ahead: bool,
}

/// What an object is called after: `{app}`, `{stream}`, `{id}`, `{year}`, `{month}` and `{day}` of a template.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// The stream's app.
    pub app: &'a str,
    /// The stream's name in it.
    pub stream: &'a str,
    /// The recording.
    pub id: &'a str,
    /// When it began; the day is that of UTC.
    pub started: SystemTime,
}

impl Default for Bucket {
    fn default() -> Bucket {
        let text = String::new;
        Bucket {
            endpoint: text(),
            region: text(),
            name: text(),
            path_style: false,
            key_id: text(),
            secret: text(),
            names: NAMES.to_owned(),
            uploads: false,
            keeps: true,
            ahead: false,
        }
    }
}

impl Subject for Bucket {
    const KEY: &'static str = "settings/storage";
}

impl Bucket {
    /// Errs with the first thing that is wrong.
    pub fn check(&self) -> Result<(), Error> {
        let bad = |field, reason: &str| Err(Error::Field { field, reason: reason.to_owned() });
        let host = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-' | b'_');
        if !self.endpoint.is_empty() && self.service().is_none() {
            return bad("endpoint", "is not `https://host` or `http://host:port`");
        }
        if let Some((_, host)) = self.service()
            && !self.path_style
            && is_numbers(host)
        {
            return bad("path_style", "has to be on: nothing goes in front of an address of numbers");
        }
        if self.region.len() > LONGEST || !self.region.bytes().all(host) {
            return bad("region", "has letters, digits and `-` only");
        }
        if !(3..=63).contains(&self.name.len()) || !self.name.bytes().all(host) {
            return bad("bucket", "has 3 to 63 letters, digits, `.`, `-` and `_`");
        }
        for (field, text) in [("key_id", &self.key_id), ("secret", &self.secret)] {
            if text.is_empty() || text.len() > LONGEST || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
                return bad(field, &format!("has 1 to {LONGEST} visible ASCII characters"));
            }
        }
        if self.address().is_some_and(|address| Url::parse(&address).is_err()) {
            return bad("endpoint", "is no address together with the bucket");
        }
        check_names(&self.names).map_err(|reason| Error::Field { field: "names", reason })
    }

    /// Scheme and host of the service.
    fn service(&self) -> Option<(&str, &str)> {
        let (scheme, host) = self.endpoint.split_once("://")?;
        let host = host.strip_suffix('/').unwrap_or(host);
        let plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-' | b':' | b'[' | b']');
        let good = matches!(scheme, "http" | "https") && !host.is_empty() && host.bytes().all(plain);
        (good && self.endpoint.len() <= LONGEST).then_some((scheme, host))
    }

    /// The address that the bucket's own begins with; `None` where the library knows it.
    pub(super) fn address(&self) -> Option<String> {
        let (scheme, host) = self.service()?;
        Some(match self.path_style {
            true => format!("{scheme}://{host}"),
            false => format!("{scheme}://{}.{host}", self.name),
        })
    }

    /// Whether the service has an address of numbers, in front of which nothing goes.
    pub(crate) fn is_at_numbers(&self) -> bool {
        self.service().is_some_and(|(_, host)| is_numbers(host))
    }

    /// Where it is, without the path, and the path that names of objects follow.
    pub(crate) fn root(&self) -> Option<(String, String)> {
        let path = if self.path_style { format!("/{}/", self.name) } else { "/".to_owned() };
        Some((self.address()?, path))
    }

    /// As people call it, and none but it: `name at host`.
    pub fn known_as(&self) -> String {
        let host = self.service().map_or(String::new(), |(_, host)| host.to_ascii_lowercase());
        let amazon = host.is_empty() || host.starts_with("s3") && host.ends_with(".amazonaws.com");
        format!("{} at {}", self.name, if amazon { "Amazon S3" } else { &host })
    }

    /// Whether what is in the bucket that is known as `known_as` is here: a service may have moved.
    pub fn may_have(&self, known_as: &str) -> bool {
        known_as.strip_prefix(self.name.as_str()).is_some_and(|rest| rest.starts_with(" at "))
    }

    /// Whether something of a recording goes there while it is made.
    pub(crate) fn goes_ahead(&self) -> bool {
        // R2 takes parts of one size only. Source: Cloudflare R2, "Multipart upload limits".
        let even = self.service().is_some_and(|(_, host)| host.ends_with(".r2.cloudflarestorage.com"));
        self.uploads && self.ahead && !even && self.check().is_ok()
    }

    /// What file `number` (from 0) of something is called there; its name ends with `end`.
    pub(crate) fn object(&self, named: &Named<'_>, number: usize, end: &str) -> String {
        let day = moment::day(named.started);
        let mut day = day.split('-');
        let [year, month, day] = std::array::from_fn(|_| day.next().unwrap_or_default());
        let value = |place| match place {
            "app" => named.app,
            "stream" => named.stream,
            "id" => named.id,
            "year" => year,
            "month" => month,
            "day" => day,
            _ => "",
        };
        let pieces = pieces(&self.names).into_iter();
        let name: String = pieces
            .map(|piece| match piece {
                Piece::Text(text) => text,
                Piece::Place(place) => value(place),
            })
            .collect();
        let name = match number {
            0 => format!("{name}.{end}"),
            more => format!("{name}-{}.{end}", more + 1),
        };
        // As it is, but for what cannot be a name there.
        Path::parse(&name).unwrap_or_else(|_| Path::from(name)).into()
    }
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.known_as())
    }
}

/// Whether a host is an address of IP.
fn is_numbers(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    host.starts_with('[') || name.parse::<Ipv4Addr>().is_ok()
}

/// Errs with what is wrong with a template.
fn check_names(template: &str) -> Result<(), String> {
    if template.len() > LONGEST || template.chars().any(char::is_control) {
        return Err(format!("has at most {LONGEST} characters, all of them visible"));
    }
    if template.split('/').any(|piece| matches!(piece, "" | "." | "..")) {
        return Err("has a folder without a name; it neither begins nor ends with `/`".to_owned());
    }
    for piece in pieces(template) {
        match piece {
            Piece::Text(text) if text.contains(['{', '}']) => {
                return Err("has a `{` without a `}`, or the other way round".to_owned());
            }
            Piece::Place(name) if !PLACES.contains(&name) => {
                let places = PLACES.map(|name| format!("{{{name}}}")).join(", ");
                return Err(format!("has {{{name}}}; there are {places}"));
            }
            _ => {}
        }
    }
    if !pieces(template).contains(&Piece::Place("id")) {
        return Err("lacks {id}: without it one recording would replace another".to_owned());
    }
    Ok(())
}

/// What a template consists of.
fn pieces(template: &str) -> Vec<Piece<'_>> {
    let (mut pieces, mut rest) = (Vec::new(), template);
    while let Some((text, behind)) = rest.split_once('{')
        && let Some((place, behind)) = behind.split_once('}')
    {
        pieces.extend([Piece::Text(text), Piece::Place(place)]);
        rest = behind;
    }
    pieces.push(Piece::Text(rest));
    pieces
}

#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    /// What was between braces.
    Place(&'a str),
}

const PLACES: [&str; 6] = ["app", "stream", "id", "year", "month", "day"];
const NAMES: &str = "{app}/{stream}/{year}-{month}-{day}/{id}";
/// Of any text here, in bytes.
const LONGEST: usize = 256;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use super::*;

    fn bucket() -> Bucket {
        let text = str::to_owned;
        let (endpoint, name) = (text("https://s3.example.com:9000/"), text("films"));
        Bucket { endpoint, name, key_id: text("AKIA"), secret: text("hush"), ..Bucket::default() }
    }

    fn wrong(bucket: &Bucket) -> &'static str {
        match bucket.check() {
            Err(Error::Field { field, .. }) => field,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_wrong_has_its_field() {
        bucket().check().unwrap();
        let field = |change: fn(&mut Bucket)| {
            let mut bucket = bucket();
            change(&mut bucket);
            wrong(&bucket)
        };
        for endpoint in [
            "https://a:99999",
            "http://a:b:c",
            "http://x.1.2.3.444",
            "s3.example.com",
            "ftp://a",
            "https://",
            "https://a/b",
            "https://u:p@a",
            "https://a?b",
        ] {
            let bucket = Bucket { endpoint: endpoint.to_owned(), ..bucket() };
            assert_eq!(wrong(&bucket), "endpoint", "{endpoint}");
        }
        for endpoint in ["http://192.168.1.5:9000", "https://[::1]:9000"] {
            let bucket = Bucket { endpoint: endpoint.to_owned(), ..bucket() };
            assert_eq!(wrong(&bucket), "path_style", "{endpoint}");
            Bucket { path_style: true, ..bucket }.check().unwrap();
        }
        assert_eq!(field(|bucket| bucket.region = "a b".to_owned()), "region");
        assert_eq!(field(|bucket| bucket.name = "a/b/c".to_owned()), "bucket");
        assert_eq!(field(|bucket| bucket.key_id = String::new()), "key_id");
        assert_eq!(field(|bucket| bucket.secret = "a\nb".to_owned()), "secret");
        for names in ["", "{app}", "{id", "{id}/", "/{id}", "a//{id}", "../{id}", "{id}{hour}"] {
            let bucket = Bucket { names: names.to_owned(), ..bucket() };
            assert_eq!(wrong(&bucket), "names", "{names}");
        }
        assert!(!format!("{:?}", bucket()).contains("hush"));
    }

    #[test]
    fn the_bucket_is_in_front_of_the_host_or_in_the_path() {
        let path = Bucket { path_style: true, ..bucket() };
        assert_eq!(bucket().address().unwrap(), "https://films.s3.example.com:9000");
        assert_eq!(path.address().unwrap(), "https://s3.example.com:9000");
        assert_eq!(Bucket { endpoint: String::new(), ..bucket() }.address(), None);
        assert_eq!(bucket().known_as(), "films at s3.example.com:9000");
    }

    #[test]
    fn objects_are_called_after_what_they_are_of() {
        let started = SystemTime::UNIX_EPOCH + Duration::from_secs(1_796_000_000);
        let named = Named { app: "live", stream: "{id}", id: "0-1", started };
        let bucket = bucket();
        assert_eq!(bucket.object(&named, 0, "mp4"), "live/{id}/2026-11-30/0-1.mp4");
        assert_eq!(bucket.object(&named, 2, "mp4"), "live/{id}/2026-11-30/0-1-3.mp4");
        assert_eq!(
            bucket.object(&Named { stream: "直播 %", ..named }, 0, "mp4"),
            "live/直播 %/2026-11-30/0-1.mp4"
        );
    }
}
