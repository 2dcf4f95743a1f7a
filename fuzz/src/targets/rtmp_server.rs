//! A client's valid conversation, damaged: the server's session ends in an error or goes on, and what it holds is bounded.

use media::Time;

use super::conversation::{damaged, playing, publishing, serve, server};

pub fn run(data: &[u8]) {
    let Some((which, data)) = data.split_first() else { return };
    let valid = if which % 2 == 0 { publishing() } else { playing() };
    let mut session = server();
    for (number, piece) in damaged(&valid.client, data).iter().enumerate() {
        let now = Time::from_millis(number as i64 * 100);
        if session.receive(now, piece).is_err() || session.tick(now).is_err() || serve(&mut session).is_err()
        {
            return;
        }
    }
}
