//! A clock for a deadline that moves all the time.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use tokio::task::coop::unconstrained;
use tokio::time::{Instant, Sleep, sleep_until};

/// Wakes its task once a deadline is over. One that is put off costs nothing: the clock rings as it was set, and is set again then.
#[derive(Debug, Default)]
pub(super) struct Alarm {
    clock: Option<Clock>,
}

#[derive(Debug)]
struct Clock {
    sleep: Pin<Box<Sleep>>,
    /// When it rings, and whom it wakes.
    rings: Instant,
    wakes: Waker,
}

impl Alarm {
    /// Whether `deadline` is over; the task is woken when it is, or earlier.
    pub(super) fn poll(&mut self, deadline: std::time::Instant, cx: &mut Context<'_>) -> Poll<()> {
        let deadline = Instant::from_std(deadline);
        // Most times it is set already, and nothing of it need be touched.
        let set = |clock: &Clock| {
            clock.rings <= deadline && clock.wakes.will_wake(cx.waker()) && Instant::now() < clock.rings
        };
        if self.clock.as_ref().is_some_and(set) {
            return Poll::Pending;
        }
        let clock = self.clock.get_or_insert_with(|| {
            let (sleep, wakes) = (Box::pin(sleep_until(deadline)), cx.waker().clone());
            Clock { sleep, rings: deadline, wakes }
        });
        clock.wakes.clone_from(cx.waker());
        if deadline < clock.rings {
            clock.set(deadline);
        }
        while clock.has_rung(cx) {
            if deadline <= clock.rings {
                // For the next one.
                self.clock = None;
                return Poll::Ready(());
            }
            clock.set(deadline);
        }
        Poll::Pending
    }
}

impl Clock {
    /// Whether it has rung; else it is set, also where the task has done all that it may at a time.
    fn has_rung(&mut self, cx: &mut Context<'_>) -> bool {
        pin!(unconstrained(self.sleep.as_mut())).poll(cx).is_ready()
    }

    fn set(&mut self, deadline: Instant) {
        self.rings = deadline;
        self.sleep.as_mut().reset(deadline);
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Duration;

    use tokio::task::coop::consume_budget;
    use tokio::time::timeout;

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

    #[tokio::test(start_paused = true)]
    async fn it_rings_also_where_it_is_set_by_a_task_that_has_done_all_it_may() {
        let mut alarm = Alarm::default();
        let deadline = Instant::now() + Duration::from_secs(1);
        let mut spent = false;
        let rung = poll_fn(|cx| {
            while !spent {
                spent = pin!(consume_budget()).poll(cx).is_pending();
            }
            alarm.poll(deadline.into_std(), cx)
        });
        timeout(Duration::from_secs(60), rung).await.expect("it rings");
        assert_eq!(Instant::now(), deadline);
    }
}
