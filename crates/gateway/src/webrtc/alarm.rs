//! A clock for a deadline that moves all the time.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use tokio::time::{Sleep, sleep_until};

/// Wakes its task once a deadline is over. One that is put off costs nothing: the clock rings as it was set, and is set again then.
#[derive(Debug, Default)]
pub(super) struct Alarm {
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Alarm {
    /// Whether `deadline` is over; the task is woken when it is, or earlier.
    pub(super) fn poll(&mut self, deadline: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let deadline = tokio::time::Instant::from_std(deadline);
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if deadline < sleep.deadline() {
            sleep.as_mut().reset(deadline);
        }
        while sleep.as_mut().poll(cx).is_ready() {
            if deadline <= sleep.deadline() {
                // For the next one.
                self.sleep = None;
                return Poll::Ready(());
            }
            sleep.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_rings_at_the_deadline_wherever_that_was_moved() {
        let mut alarm = Alarm::default();
        let start = tokio::time::Instant::now();
        let rings = async |alarm: &mut Alarm, millis: u64| {
            let deadline = start + Duration::from_millis(millis);
            poll_fn(|cx| alarm.poll(deadline.into_std(), cx)).await;
            start.elapsed().as_millis()
        };
        assert_eq!(rings(&mut alarm, 100).await, 100);
        let mut look = |millis: u64| {
            let mut cx = Context::from_waker(std::task::Waker::noop());
            alarm.poll((start + Duration::from_millis(millis)).into_std(), &mut cx)
        };
        assert_eq!((look(200), look(400), look(300)), (Poll::Pending, Poll::Pending, Poll::Pending));
        assert_eq!(rings(&mut alarm, 350).await, 350);
        assert_eq!(rings(&mut alarm, 10).await, 350, "over already");
    }
}
