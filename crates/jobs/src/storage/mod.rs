//! Object storage: buckets of S3, and of all who speak as it does (MinIO, R2, COS, OSS).
//!
//! A file goes there in parts, each of which the other side checks against the digest that is signed with it. Which have arrived is the caller's to
//! note, so that an upload goes on after whatever interrupts it, also of this process.

mod bucket;
mod error;
mod http;

use std::ops::Range;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use control::outbound;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::multipart::{MultipartStore as _, PartId};
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, BackoffConfig, ObjectStore as _, ObjectStoreExt as _, PutMultipartOptions,
    PutOptions, RetryConfig,
};

use tokio::time::timeout;

pub use bucket::{Bucket, Named};
pub use error::{Error, Trial};

/// A bucket that can be asked. A handle: clones share it.
#[derive(Debug, Clone)]
pub struct Storage {
    s3: AmazonS3,
}

impl Storage {
    /// That of `bucket`, asked by `client`. Nothing is asked yet.
    pub fn new(bucket: &Bucket, client: &outbound::Client) -> Result<Storage, Error> {
        Storage::with_token(bucket, None, client)
    }

    /// The same with keys that hold for a while, together with `token` alone.
    pub(crate) fn with_token(
        bucket: &Bucket,
        token: Option<&str>,
        client: &outbound::Client,
    ) -> Result<Storage, Error> {
        let retries = RetryConfig {
            backoff: BackoffConfig { max_backoff: Duration::from_secs(10), ..BackoffConfig::default() },
            max_retries: RETRIES,
            ..RetryConfig::default()
        };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&bucket.name)
            .with_virtual_hosted_style_request(!bucket.path_style)
            .with_access_key_id(&bucket.key_id)
            .with_secret_access_key(&bucket.secret)
            .with_allow_http(true)
            .with_disable_tagging(true)
            .with_disable_bulk_delete(true)
            .with_retry(retries)
            .with_http_connector(http::Connector::new(client.clone()));
        if !bucket.region.is_empty() {
            builder = builder.with_region(&bucket.region);
        }
        if let Some(token) = token {
            builder = builder.with_token(token);
        }
        if let Some(endpoint) = bucket.address() {
            builder = builder.with_endpoint(endpoint);
        }
        Ok(Storage { s3: builder.build()? })
    }

    /// Writes a small object, called as those of `bucket` are, reads it again and removes it.
    pub async fn test(&self, bucket: &Bucket) -> Result<(), Trial> {
        let id = control::entry::uuid().map_err(|_| Trial::Write(Error::Randomness))?;
        let named = Named { app: "sluice", stream: "test", id: &id, started: SystemTime::now() };
        let name = bucket.object(&named, 0, "mp4");
        let written = soon(self.put(&name, Bytes::from_static(TEST), "text/plain")).await;
        let read = match &written {
            Ok(()) => soon(self.read(&name, 0..TEST.len() as u64)).await,
            Err(_) => Ok(Bytes::new()),
        };
        // Whatever became of it, nothing is to be left there.
        let removed = soon(self.remove(&name)).await;
        written.map_err(Trial::Write)?;
        if read.map_err(Trial::Read)? != TEST {
            return Err(Trial::Read(Error::Altered));
        }
        removed.map_err(Trial::Remove)
    }

    /// Puts `bytes` there in one piece.
    pub(crate) async fn put(&self, name: &str, bytes: Bytes, kind: &'static str) -> Result<(), Error> {
        let options = PutOptions { attributes: of_kind(kind), ..PutOptions::default() };
        self.s3.put_opts(&path(name)?, bytes.into(), options).await?;
        Ok(())
    }

    /// Removes an object, if it is there.
    pub(crate) async fn remove(&self, name: &str) -> Result<(), Error> {
        match self.s3.delete(&path(name)?).await {
            Err(object_store::Error::NotFound { .. }) => Ok(()),
            removed => Ok(removed?),
        }
    }

    /// How many bytes an object has; `None` when there is none.
    pub(crate) async fn size(&self, name: &str) -> Result<Option<u64>, Error> {
        match self.s3.head(&path(name)?).await {
            Ok(found) => Ok(Some(found.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(err) => Err(err.into()),
        }
    }

    /// Reads a part of an object, of at most [`http::MOST`] bytes.
    pub async fn read(&self, name: &str, part: Range<u64>) -> Result<Bytes, Error> {
        Ok(self.s3.get_range(&path(name)?, part).await?)
    }

    /// Begins an object in parts. What it is called by then.
    pub(crate) async fn begin(&self, name: &str, kind: &'static str) -> Result<String, Error> {
        let options = PutMultipartOptions { attributes: of_kind(kind), ..PutMultipartOptions::default() };
        Ok(self.s3.create_multipart_opts(&path(name)?, options).await?)
    }

    /// Puts part `number` (from 0) there. What is to be handed in at the end.
    pub(crate) async fn part(
        &self,
        name: &str,
        upload: &String,
        number: usize,
        bytes: Bytes,
    ) -> Result<String, Error> {
        Ok(self.s3.put_part(&path(name)?, upload, number, bytes.into()).await?.content_id)
    }

    /// Makes the parts one object.
    pub(crate) async fn complete(
        &self,
        name: &str,
        upload: &String,
        parts: impl Iterator<Item = String>,
    ) -> Result<(), Error> {
        let parts = parts.map(|content_id| PartId { content_id }).collect();
        self.s3.complete_multipart(&path(name)?, upload, parts).await?;
        Ok(())
    }

    /// Lets go of parts that are to become no object: they cost as much as one.
    pub(crate) async fn abort(&self, name: &str, upload: &String) -> Result<(), Error> {
        Ok(self.s3.abort_multipart(&path(name)?, upload).await?)
    }
}

/// What somebody waits for in front of a screen.
async fn soon<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    timeout(SOON, work).await.unwrap_or(Err(Error::Slow(SOON)))
}

fn path(name: &str) -> Result<Path, Error> {
    Ok(Path::parse(name).map_err(object_store::Error::from)?)
}

fn of_kind(kind: &'static str) -> Attributes {
    Attributes::from_iter([(Attribute::ContentType, kind)])
}

/// So often a request is sent again at once. What takes longer to come back is the caller's.
const RETRIES: usize = 3;
const SOON: Duration = Duration::from_secs(20);
const TEST: &[u8] = b"Sluice can write, read and remove here.\n";
