//! Object storage, and what of recordings is there.

use jobs::record::{Manifest, Uploading};
use jobs::storage::{Bucket, Trial};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A bucket of S3, or of a service that speaks as it does.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewStorage {
    /// The address of the service, without the bucket; empty for Amazon's.
    #[serde(default)]
    #[schema(example = "https://s3.example.com")]
    pub(crate) endpoint: String,
    /// The region that requests are signed for; empty for `us-east-1`, which most take who are not Amazon.
    #[serde(default)]
    pub(crate) region: String,
    pub(crate) bucket: String,
    /// Addresses have the bucket in their path (MinIO), and not in front of the host.
    #[serde(default)]
    pub(crate) path_style: bool,
    /// The access key's name.
    pub(crate) key_id: String,
    /// Its secret. It can be set and is never told; without it, it stays as it is.
    #[schema(write_only)]
    pub(crate) secret: Option<String>,
    /// What objects are called; left out, `{app}/{stream}/{year}-{month}-{day}/{id}`. With `{app}`, `{stream}`, `{id}`, `{year}`, `{month}` and `{day}`; `.mp4` is appended.
    pub(crate) names: Option<String>,
    /// Recordings go there when they are done: those that are from now on.
    pub(crate) uploads: bool,
    /// They stay on the disk as well. Without, a recording leaves the disk once it is there, which is looked at.
    #[serde(default = "yes")]
    pub(crate) keeps: bool,
    /// Much of a recording goes there while it is made, so that it is there soon after its end. Not where the service wants parts of one size (R2).
    #[serde(default)]
    pub(crate) ahead: bool,
}

/// A bucket, without the secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StorageView {
    pub(crate) endpoint: String,
    pub(crate) region: String,
    pub(crate) bucket: String,
    pub(crate) path_style: bool,
    pub(crate) key_id: String,
    /// A secret is set.
    pub(crate) secret_set: bool,
    pub(crate) names: String,
    pub(crate) uploads: bool,
    pub(crate) keeps: bool,
    pub(crate) ahead: bool,
}

/// Whether a bucket does what is needed of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StorageTest {
    pub(crate) works: bool,
    /// What it did not do: `write`, `read` or `remove`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failed: Option<&'static str>,
    /// Why, in the words of the bucket if it had some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

/// Whether a recording is to go into object storage.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UploadSwitch {
    pub(crate) wanted: bool,
}

/// A recording on its way into object storage, or there.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UploadView {
    pub(crate) state: UploadState,
    /// While it is sent: how much has arrived, from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) done: Option<f32>,
    /// While it waits: why it did not get there the last time. It is tried again, for as long as it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trouble: Option<String>,
    /// Where it is: the bucket and its service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bucket: Option<String>,
    /// What its files are called there, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) objects: Vec<String>,
    /// It is not on the disk any more.
    pub(crate) away: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum UploadState {
    /// Its turn has not come, or it is tried again later.
    Waiting,
    /// It is being sent.
    Sending,
    /// All of it is there.
    There,
}

impl NewStorage {
    /// As it is kept; a secret that is not told stays as it was `before`.
    pub(crate) fn bucket(self, before: &Bucket) -> Bucket {
        let NewStorage {
            endpoint,
            region,
            bucket: name,
            path_style,
            key_id,
            secret,
            names,
            uploads,
            keeps,
            ahead,
        } = self;
        let secret = secret.unwrap_or_else(|| before.secret.clone());
        let names = names.unwrap_or_else(|| Bucket::default().names);
        Bucket { endpoint, region, name, path_style, key_id, secret, names, uploads, keeps, ahead }
    }
}

impl From<Bucket> for StorageView {
    fn from(bucket: Bucket) -> StorageView {
        let Bucket { endpoint, region, name, path_style, key_id, secret, names, uploads, keeps, ahead } =
            bucket;
        let secret_set = !secret.is_empty();
        StorageView {
            endpoint,
            region,
            bucket: name,
            path_style,
            key_id,
            secret_set,
            names,
            uploads,
            keeps,
            ahead,
        }
    }
}

impl From<Result<(), Trial>> for StorageTest {
    fn from(tested: Result<(), Trial>) -> StorageTest {
        let (failed, reason) = match tested {
            Ok(()) => return StorageTest { works: true, failed: None, reason: None },
            Err(Trial::Write(reason)) => ("write", reason),
            Err(Trial::Read(reason)) => ("read", reason),
            Err(Trial::Remove(reason)) => ("remove", reason),
        };
        StorageTest { works: false, failed: Some(failed), reason: Some(reason.to_string()) }
    }
}

impl UploadView {
    pub(crate) fn new(uploading: Uploading, manifest: &Manifest) -> UploadView {
        let (state, done, trouble) = match uploading {
            Uploading::Waiting { trouble } => (UploadState::Waiting, None, trouble),
            Uploading::Sending { done } => (UploadState::Sending, Some(done), None),
            Uploading::There => (UploadState::There, None, None),
        };
        let there = manifest.upload.clone().filter(|upload| upload.done).unwrap_or_default();
        let bucket = Some(there.bucket).filter(|bucket| !bucket.is_empty());
        let objects = there.objects.into_iter().map(|object| object.name).collect();
        UploadView { state, done, trouble, bucket, objects, away: manifest.away }
    }
}

fn yes() -> bool {
    true
}
