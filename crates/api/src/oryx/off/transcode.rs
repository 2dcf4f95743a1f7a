//! Transcoding.

use serde_json::json;

use super::super::Table;
use super::task_id;

pub(super) fn add(table: &mut Table) {
    table.says("ffmpeg/transcode/query", || {
        json!({
            "all": false, "vcodec": "", "acodec": "", "vbitrate": 0, "abitrate": 0, "vprofile": "", "vpreset": "",
            "achannels": 0, "server": "", "secret": "",
        })
    });
    table.refuses("ffmpeg/transcode/apply", "transcoding");
    table.says("ffmpeg/transcode/task", || {
        json!({
            "uuid": task_id("transcode"), "enabled": false, "input": "", "output": "",
            "frame": {"log": "", "update": ""},
        })
    });
}
