//! Waiting for what other processes do: often asked, always limited.

use std::time::{Duration, Instant};

/// Asks `ready` until it has an answer.
///
/// Panics after `limit`, naming `what` was waited for.
#[track_caller]
pub fn until<T>(what: &str, limit: Duration, mut ready: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(answer) = ready() {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited {limit:?} for {what}");
        std::thread::sleep(PAUSE);
    }
}

/// Between two questions: short beside everything that is waited for.
const PAUSE: Duration = Duration::from_millis(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_ends_the_wait() {
        let mut asked = 0;
        let answer = until("the third question", Duration::from_secs(10), || {
            asked += 1;
            (asked == 3).then_some("here")
        });
        assert_eq!((answer, asked), ("here", 3));
    }

    #[test]
    #[should_panic(expected = "for something that never comes")]
    fn the_limit_names_what_was_waited_for() {
        until("something that never comes", Duration::ZERO, || None::<()>);
    }
}
