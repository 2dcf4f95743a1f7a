//! Certificates by the API.

use serde::Deserialize;
use serde_json::json;

use super::super::Table;
use super::super::answer::Failure;
use super::super::endpoint::{Call, Guard};

pub(super) fn add(table: &mut Table) {
    table.refuses("mgmt/auto-self-signed-certificate", FEATURE);
    table.at(Guard::Change, "mgmt/ssl", async |_: Call, body: Pair| {
        super::first_empty("empty ", &[("key", body.key.trim()), ("crt", body.crt.trim())])?;
        Err(Failure::not_yet(FEATURE))
    });
    table.at(Guard::Change, "mgmt/letsencrypt", async |_: Call, body: Order| {
        super::first_empty("empty ", &[("domain", body.domain.trim())])?;
        Err(Failure::not_yet(FEATURE))
    });
    table.says("mgmt/cert/query", || json!({"provider": "", "domain": "", "key": "", "crt": ""}));
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Pair {
    key: String,
    crt: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Order {
    domain: String,
}

const FEATURE: &str = "certificates by the API";
