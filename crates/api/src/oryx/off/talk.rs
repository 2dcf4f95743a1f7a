//! The assistant of live rooms. Without a room there is no stage, and everything else belongs to one.

use serde::Deserialize;
use serde_json::Value;

use super::super::Table;
use super::super::answer::Failure;
use super::super::endpoint::{Call, Guard};
use super::super::system::Nothing;
use super::{first_empty, rooms};

pub(super) fn add(table: &mut Table) {
    table.at(Guard::Room, "ai-talk/stage/start", async |_: Call, body: Talk| {
        first_empty("empty ", &[("room id", &body.room)])?;
        Err(rooms::unknown(&body.room))
    });
    table.at(Guard::Room, "ai-talk/stage/conversation", async |_: Call, body: Talk| body.no_stage(&[]));
    table.at(Guard::Room, "ai-talk/stage/upload", async |_: Call, body: Talk| {
        let said = [&*body.audio, &*body.text].concat();
        body.no_stage(&[("rid", &body.rid), ("userId", &body.user), ("audio and text", &said)])
    });
    table.at(Guard::Room, "ai-talk/stage/query", async |_: Call, body: Talk| {
        body.no_stage(&[("rid", &body.rid)])
    });
    // The token is all that it looks at.
    table
        .at(Guard::Open, "ai-talk/stage/verify", async |_: Call, body: Talk| Err(rooms::unknown(&body.room)));
    table.at(Guard::Open, "ai-talk/stage/hello-voices/", async |_: Call, _: Nothing| {
        Err(Failure::not_yet("the assistant's voices"))
    });
    table.at(Guard::Room, "ai-talk/subscribe/start", async |_: Call, body: Talk| {
        Err(Failure::about("no stage in room ", &body.room))
    });
    table.at(Guard::Room, "ai-talk/subscribe/query", async |_: Call, body: Talk| {
        body.no_stage(&[("spid", &body.spid)])
    });
    table.at(Guard::Room, "ai-talk/subscribe/remove", async |_: Call, body: Talk| {
        body.no_stage(&[("spid", &body.spid), ("asid", &body.asid)])
    });
    table.at(Guard::Open, "ai-talk/subscribe/tts", spoken);
    for path in ["ai-talk/user/query", "ai-talk/user/update"] {
        table.at(Guard::Room, path, async |_: Call, body: Talk| body.no_stage(&[("userId", &body.user)]));
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Talk {
    room: String,
    sid: String,
    rid: String,
    spid: String,
    asid: String,
    #[serde(rename = "userid")]
    user: String,
    audio: String,
    text: String,
}

impl Talk {
    /// Errs with what is missing, or with the stage, which there is not.
    fn no_stage(&self, needed: &[(&str, &str)]) -> Result<Value, Failure> {
        first_empty("empty ", &[("sid", &self.sid)])?;
        first_empty("empty ", needed)?;
        Err(Failure::about("invalid sid ", &self.sid))
    }
}

/// An answer as a player fetches it: all there is stands in the query, the room's token as well.
async fn spoken(call: Call, _: Nothing) -> Result<Value, Failure> {
    for name in ["sid", "spid", "asid", "room", "roomToken"] {
        first_empty("empty ", &[(name, &call.parameter(name))])?;
    }
    Err(Failure::about("invalid sid ", &call.parameter("sid")))
}
