//! Video on demand: what of its API is needed. Source: Tencent Cloud, VOD API 2018-07-17.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::api::{Api, VOD};
use super::error::Error;
use super::sign::Credentials;
use crate::record::{Remuxed, Session};

/// An upload that was begun, with what opens its bucket for a while.
#[derive(Debug, Clone)]
pub(super) struct Opened {
    pub(super) session: Session,
    pub(super) credentials: Credentials,
    pub(super) token: String,
    /// When they end.
    pub(super) until: SystemTime,
}

/// A way of transcoding that everybody has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// What it is called by.
    pub definition: u64,
    /// What it makes, `mp4`.
    pub container: String,
    /// The codec that it makes pictures of; `copy`: it leaves them as they are.
    pub video: String,
    /// The same of sound.
    pub audio: String,
}

impl Template {
    /// Whether it changes the container alone, into MP4.
    pub(super) fn is_remux(&self) -> bool {
        (self.container.as_str(), self.video.as_str(), self.audio.as_str()) == ("mp4", "copy", "copy")
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Done {}

impl Api {
    /// Makes an application of its own there.
    pub(super) async fn create_application(&self, name: &str) -> Result<u64, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Made {
            sub_app_id: u64,
        }
        let asked = json!({"Name": name, "Description": "Recordings of live streams"});
        let Made { sub_app_id } = self.call(VOD, "CreateSubAppId", &asked).await?;
        Ok(sub_app_id)
    }

    /// Has an application store in `region`, unless otherwise said.
    pub(super) async fn store_in(&self, application: u64, region: &str) -> Result<(), Error> {
        let asked = json!({"SubAppId": application, "StorageRegion": region});
        match self.call::<Done>(VOD, "CreateStorageRegion", &asked).await {
            // It stores there already, as after a try that ended in the middle.
            Err(Error::Refused { code, .. }) if code.starts_with("FailedOperation.") => {}
            made => _ = made?,
        }
        self.call::<Done>(VOD, "ModifyDefaultStorageRegion", &asked).await?;
        Ok(())
    }

    /// The templates that everybody has and that are not outdated.
    pub(super) async fn templates(&self, application: u64) -> Result<Vec<Template>, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Listed {
            #[serde(default)]
            transcode_template_set: Vec<Value>,
        }
        let asked = json!({
            "SubAppId": application, "Type": "Preset", "ContainerType": "Video", "TEHDType": "Common", "Offset": 0, "Limit": 100,
        });
        let Listed { transcode_template_set } = self.call(VOD, "DescribeTranscodeTemplates", &asked).await?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let template = |found: &Value| {
            let definition = &found["Definition"];
            Some(Template {
                definition: definition.as_u64().or_else(|| definition.as_str()?.parse().ok())?,
                container: text(&found["Container"]),
                video: text(&found["VideoTemplate"]["Codec"]),
                audio: text(&found["AudioTemplate"]["Codec"]),
            })
        };
        let current =
            transcode_template_set.iter().filter(|found| !text(&found["Name"]).contains("Deprecated"));
        Ok(current.filter_map(template).collect())
    }

    /// The first domain that videos are served by.
    pub(super) async fn domain(&self, application: u64) -> Result<String, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Listed {
            #[serde(default)]
            domain_set: Vec<Domain>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Domain {
            domain: String,
            #[serde(default)]
            deploy_status: String,
        }
        let action = "DescribeVodDomains";
        let Listed { domain_set } = self.call(VOD, action, &json!({"SubAppId": application})).await?;
        let online = domain_set.into_iter().find(|found| found.deploy_status.contains("Online"));
        online.map(|found| found.domain).ok_or(Error::Nonsense { action, lacks: "domain that is online" })
    }

    /// Begins the upload of a playlist and what it names; or has `session` go on.
    ///
    /// The vendor's own uploaders hand in the session's key to have it go on; its pages on the API do not have that.
    pub(super) async fn apply(&self, application: u64, session: Option<&Session>) -> Result<Opened, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Applied {
            storage_bucket: String,
            storage_region: String,
            vod_session_key: String,
            media_storage_path: String,
            temp_certificate: Certificate,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Certificate {
            secret_id: String,
            secret_key: String,
            token: String,
            expired_time: u64,
        }
        let mut asked = json!({"SubAppId": application, "MediaType": "m3u8"});
        if let Some(session) = session {
            asked["VodSessionKey"] = json!(session.key);
        }
        let applied: Applied = self.call(VOD, "ApplyUpload", &asked).await?;
        let Certificate { secret_id: id, secret_key: key, token, expired_time } = applied.temp_certificate;
        Ok(Opened {
            session: Session {
                key: applied.vod_session_key,
                bucket: applied.storage_bucket,
                region: applied.storage_region,
                playlist: applied.media_storage_path.trim_start_matches('/').to_owned(),
            },
            credentials: Credentials { id, key },
            token,
            until: SystemTime::UNIX_EPOCH + Duration::from_secs(expired_time),
        })
    }

    /// Says that all of an upload is there. What the video is called, and where it is.
    pub(super) async fn commit(
        &self,
        application: u64,
        session: &Session,
    ) -> Result<(String, String), Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Committed {
            file_id: String,
            media_url: String,
        }
        let asked = json!({"SubAppId": application, "VodSessionKey": session.key});
        let Committed { file_id, media_url } = self.call(VOD, "CommitUpload", &asked).await?;
        Ok((file_id, media_url))
    }

    /// Has a video transcoded. What the task is called.
    pub(super) async fn process(
        &self,
        application: u64,
        file: &str,
        definition: u64,
    ) -> Result<String, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Begun {
            task_id: String,
        }
        let task = json!({"TranscodeTaskSet": [{"Definition": definition}]});
        let asked = json!({"SubAppId": application, "FileId": file, "MediaProcessTask": task});
        let Begun { task_id } = self.call(VOD, "ProcessMedia", &asked).await?;
        Ok(task_id)
    }

    /// What has become of videos that are transcoded, of [`AT_ONCE`] at most: what each is called, by which template, and what came of it.
    pub(super) async fn transcoded(
        &self,
        application: u64,
        files: &[String],
    ) -> Result<Vec<(String, u64, Remuxed)>, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Infos {
            #[serde(default)]
            media_info_set: Vec<Info>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Info {
            file_id: String,
            #[serde(default)]
            transcode_info: Option<Transcodes>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Transcodes {
            #[serde(default)]
            transcode_set: Vec<Transcoded>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase", default)]
        #[derive(Default)]
        struct Transcoded {
            definition: u64,
            url: String,
            bitrate: u64,
            height: u64,
            width: u64,
            size: u64,
            duration: f64,
            md5: String,
        }
        let asked = json!({"SubAppId": application, "FileIds": files, "Filters": ["transcodeInfo"]});
        let Infos { media_info_set } = self.call(VOD, "DescribeMediaInfos", &asked).await?;
        let each = media_info_set.into_iter().flat_map(|info| {
            let made = info.transcode_info.map(|made| made.transcode_set).unwrap_or_default();
            made.into_iter().map(move |made| {
                let Transcoded { definition, url, bitrate, height, width, size, duration, md5 } = made;
                let made = Remuxed { url, bitrate, height, width, size, duration, md5 };
                (info.file_id.clone(), definition, made)
            })
        });
        Ok(each.collect())
    }
}

/// Videos of which one request may ask. Source: VOD API, DescribeMediaInfos.
pub(super) const AT_ONCE: usize = 20;
