//! A server's valid answers, damaged: the client's session ends in an error or goes on.

use media::Time;
use rtmp::client::Action;

use super::conversation::{client, damaged, playing, publishing};

pub fn run(data: &[u8]) {
    let Some((which, data)) = data.split_first() else { return };
    let (valid, action) =
        if which % 2 == 0 { (publishing(), Action::Publish) } else { (playing(), Action::Play) };
    let mut session = client(action);
    for (number, piece) in damaged(&valid.server, data).iter().enumerate() {
        let now = Time::from_millis(number as i64 * 100);
        if session.receive(now, piece).is_err() || session.tick(now).is_err() {
            return;
        }
        while session.poll().is_some() {}
    }
}
