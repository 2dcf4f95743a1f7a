//! Setting everything up with a key alone, step by step: a step whose result is in the store is not taken again.

use std::sync::Arc;

use control::entry;
use serde::Deserialize;
use serde_json::json;

use super::api::{Api, CAM};
use super::cos::Setup;
use super::error::Error;
use super::sign::Credentials;
use super::{Account, Tencent};

impl Tencent {
    /// Becomes whoever the key `secret_id` belongs to, and sets up what recordings need there: a bucket, and an application for videos.
    ///
    /// Errs with the step that failed; those before are not taken again by the next try.
    pub async fn provision(self: &Arc<Self>, secret_id: &str, secret_key: &str) -> Result<(), Error> {
        let _alone = self.provisioning.acquire().await.map_err(|_| Error::Incomplete)?;
        let credentials = Credentials { id: secret_id.to_owned(), key: secret_key.to_owned() };
        let api = self.api(credentials.clone());
        let (app_id, uin) = who(&api).await?;
        let known = credentials.clone();
        self.note(move |account| {
            account.become_of(&app_id);
            account.uin.clone_from(&uin);
            account.secret_id.clone_from(&known.id);
            account.secret_key.clone_from(&known.key);
        })
        .await?;
        self.set_up_cos(&credentials).await?;
        self.set_up_vod(&api).await
    }

    async fn set_up_cos(self: &Arc<Self>, credentials: &Credentials) -> Result<(), Error> {
        let Account { app_id, cos, .. } = self.account();
        let region = if cos.region.is_empty() { self.places.region.clone() } else { cos.region.clone() };
        let mut name = cos.bucket;
        if name.is_empty() {
            // Its name is noted first, so that a kill leaves no bucket of which nobody knows.
            name = format!("{}-{app_id}", fresh_name()?);
            let noted = name.clone();
            self.note(move |account| account.cos.bucket.clone_from(&noted)).await?;
        }
        let bucket = self.places.bucket(&name, &region, credentials);
        let setup = Setup { client: &self.client, credentials, bucket };
        if cos.region.is_empty() {
            match setup.make().await {
                // Somebody else's, or in another region.
                Err(error @ Error::Bucket { status: 409, .. }) => {
                    self.note(|account| account.cos.bucket.clear()).await?;
                    return Err(error);
                }
                made => made?,
            }
            self.note(move |account| account.cos.region.clone_from(&region)).await?;
        }
        if !cos.policy {
            setup.let_read(&app_id).await?;
            self.note(|account| account.cos.policy = true).await?;
        }
        if !cos.cors {
            setup.let_pages_ask().await?;
            self.note(|account| account.cos.cors = true).await?;
        }
        Ok(())
    }

    async fn set_up_vod(self: &Arc<Self>, api: &Api) -> Result<(), Error> {
        let vod = self.account().vod;
        let mut application = vod.application;
        if application == 0 {
            application = api.create_application(&fresh_name()?).await?;
            self.note(move |account| account.vod.application = application).await?;
        }
        if vod.region.is_empty() {
            let region = self.places.region.clone();
            api.store_in(application, &region).await?;
            self.note(move |account| account.vod.region.clone_from(&region)).await?;
        }
        let mut templates = vod.templates;
        if templates.is_empty() {
            templates = api.templates(application).await?;
            let noted = templates.clone();
            self.note(move |account| account.vod.templates.clone_from(&noted)).await?;
        }
        if vod.remux.is_none() {
            let remux = templates.iter().find(|template| template.is_remux());
            let lacks = "template that makes an MP4 of what is there";
            let remux =
                remux.ok_or(Error::Nonsense { action: "DescribeTranscodeTemplates", lacks })?.definition;
            self.note(move |account| account.vod.remux = Some(remux)).await?;
        }
        if vod.domain.is_empty() {
            let domain = api.domain(application).await?;
            self.note(move |account| account.vod.domain.clone_from(&domain)).await?;
        }
        Ok(())
    }
}

/// The numbers of the account that the key belongs to, and of the user.
async fn who(api: &Api) -> Result<(String, String), Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Known {
        app_id: u64,
        #[serde(default)]
        uin: String,
    }
    let Known { app_id, uin } = api.call(CAM, "GetUserAppId", &json!({})).await?;
    Ok((app_id.to_string(), uin))
}

/// As Oryx calls what it makes there: names are of use once in a region.
fn fresh_name() -> Result<String, Error> {
    let id = entry::fresh_id().map_err(|_| Error::Randomness)?;
    Ok(format!("srs-lighthouse-{}", &id[..4]))
}
