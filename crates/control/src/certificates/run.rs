//! Placing orders, and renewing what grows old.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::acme::{Desk, Failure, Order, failure};
use super::state::{Choice, Chosen};
use super::{Certificates, Error, Facts, Mood, Source, Wanted, schedule};
use crate::moment;

/// The orders of a server: what carries them out. To be [`run`](Orders::run) by whoever has opened the certificates.
pub struct Orders {
    certificates: Certificates,
    wanted: mpsc::Receiver<Wanted>,
}

impl Orders {
    pub(super) fn new(certificates: Certificates, wanted: mpsc::Receiver<Wanted>) -> Orders {
        Orders { certificates, wanted }
    }

    /// Carries out orders, one at a time, and renews certificates before they expire, until `stop`. An order that is under way then is given up.
    pub async fn run(mut self, stop: CancellationToken) {
        let work = async {
            loop {
                let wait = self.certificates.until_next_look(SystemTime::now());
                tokio::select! {
                    wanted = self.wanted.recv() => match wanted {
                        Some(wanted) => self.certificates.carry_out(wanted).await,
                        None => return,
                    },
                    () = tokio::time::sleep(wait) => self.certificates.look(SystemTime::now()).await,
                }
            }
        };
        stop.run_until_cancelled(work).await;
    }
}

impl Certificates {
    /// How long nothing has to be looked at. Clocks are set, so it is never long.
    fn until_next_look(&self, now: SystemTime) -> Duration {
        let due = self.state().renewal(now, self.0.spread);
        let wait = due.map_or(LOOK, |due| due.duration_since(now).unwrap_or_default());
        wait.clamp(SHORTEST, LOOK)
    }

    /// Renews what is due.
    async fn look(&self, now: SystemTime) {
        let (source, due) = {
            let state = self.state();
            (state.source, state.renewal(now, self.0.spread))
        };
        match source {
            // Makes our own anew when it is about to expire.
            Source::SelfSigned => {
                let own = self.clone();
                let renewed = tokio::task::spawn_blocking(move || own.renew_own()).await;
                if let Ok(Err(err)) = renewed {
                    self.0.steps.add(Mood::Doubt, format!("Our own certificate cannot be looked at: {err}."));
                }
            }
            Source::Acme => self.ask_for_window(now).await,
            _ => {}
        }
        if due.is_some_and(|due| due <= now)
            && let Err(err) = self.renew()
            && !matches!(err, Error::Busy)
        {
            self.0.steps.add(Mood::Doubt, format!("The certificate is not renewed: {err}."));
        }
    }

    fn renew_own(&self) -> Result<(), Error> {
        let _changing = self.changing()?;
        if self.state().source != Source::SelfSigned {
            return Ok(());
        }
        let own = self.0.showcase.show_own(false).map_err(Error::Show)?;
        self.state().own(own, SystemTime::now());
        Ok(())
    }

    /// Asks the authority when it wants its certificate to be renewed, as often as it wants to be asked.
    async fn ask_for_window(&self, now: SystemTime) {
        let (order, pem) = {
            let state = self.state();
            if state.window_until.is_some_and(|until| until > now) {
                return;
            }
            match (&state.order, &state.pem) {
                (Some(order), Some(pem)) => (order.clone(), pem.clone()),
                _ => return,
            }
        };
        let asked = self.desk().window(&order, &pem).await;
        let (window, believed) = match asked {
            Some((window, believed)) => (Some(window), believed.clamp(LOOK, 4 * WINDOW)),
            None => (None, WINDOW),
        };
        let mut state = self.state();
        // Whatever came meanwhile has a window of its own.
        if state.pem.as_ref().is_some_and(|now| **now == *pem) {
            (state.window, state.window_until) = (window, Some(now + believed));
        }
    }

    async fn carry_out(&self, wanted: Wanted) {
        let Wanted { order, chosen, reply } = wanted;
        let outcome = self.get(&order, chosen).await;
        match &outcome {
            Ok(facts) => {
                let until = moment::day(facts.not_after);
                let names = facts.names.join(", ");
                self.0.steps.add(Mood::Good, format!("The certificate for {names} is in service. It is valid until {until}, and renewed before."));
            }
            Err(failure) => self.failed(failure, &order, chosen).await,
        }
        self.state().ordering = false;
        if let Some(reply) = reply {
            // Who asked may have gone.
            let _ = reply.send(outcome);
        }
    }

    async fn get(&self, order: &Order, chosen: u64) -> Result<Facts, Failure> {
        let old = {
            let state = self.state();
            let renews = state.source == Source::Acme && state.order.as_ref() == Some(order);
            state.pem.clone().filter(|_| renews)
        };
        let pem = tokio::time::timeout(LONGEST, self.desk().obtain(order, old.as_deref())).await;
        let too_long =
            || Failure::new(failure::AUTHORITY, "The authority has taken too long. Try again later.");
        let pem = pem.map_err(|_| too_long())??;
        let (certificates, order) = (self.clone(), order.clone());
        let kept = tokio::task::spawn_blocking(move || certificates.take_over(&order, chosen, pem)).await;
        let trouble =
            |why: String| Failure::new(failure::UNUSABLE, format!("The certificate has come, but {why}."));
        match kept {
            Ok(Ok(facts)) => Ok(facts),
            Ok(Err(err)) => Err(trouble(err.to_string())),
            Err(err) => Err(trouble(err.to_string())),
        }
    }

    /// Keeps and shows what has come for `order`, unless something else was `chosen` meanwhile. Blocks.
    fn take_over(&self, order: &Order, chosen: u64, pem: super::Pem) -> Result<Facts, Error> {
        let facts = pem.check(SystemTime::now())?;
        let _changing = self.changing()?;
        if self.state().chosen != chosen {
            return Err(Error::Show("another has been chosen meanwhile, which stays".to_owned()));
        }
        self.show(Chosen::Acme, Some(order.clone()), &pem, &facts)?;
        Ok(facts)
    }

    /// Tells of a failure, and sees to it that a renewal is tried again, but not too soon.
    async fn failed(&self, failure: &Failure, order: &Order, chosen: u64) {
        let now = SystemTime::now();
        let text = {
            let mut state = self.state();
            state.failure = Some(failure.clone());
            let renews = state.order.as_ref() == Some(order) && state.chosen == chosen;
            if renews {
                state.failures = state.failures.saturating_add(1);
                let pause = schedule::pause(state.facts.as_ref(), state.failures, self.0.spread);
                let again = failure.retry_at.map_or(now + pause, |at| at.max(now + pause));
                state.not_before = Some(again);
            }
            match (renews, state.not_before) {
                (true, Some(again)) => format!(
                    "{} The certificate in service stays. It is tried again after {}.",
                    failure.text,
                    moment::minutes(again)
                ),
                _ => format!("{} The certificate in service stays.", failure.text),
            }
        };
        self.0.steps.add(Mood::Bad, text);
        let certificates = self.clone();
        let kept = tokio::task::spawn_blocking(move || certificates.keep_failures()).await;
        if let Ok(Err(err)) = kept {
            self.0.steps.add(Mood::Doubt, format!("It cannot be written down when to try again: {err}."));
        }
    }

    fn keep_failures(&self) -> Result<(), Error> {
        let (failures, not_before) = {
            let state = self.state();
            (state.failures, state.not_before)
        };
        let seconds = not_before.and_then(|at| at.duration_since(UNIX_EPOCH).ok()).map(|at| at.as_secs());
        self.0
            .settings
            .update(|choice: &mut Choice| (choice.failures, choice.retry) = (failures, seconds))?;
        Ok(())
    }

    fn desk(&self) -> Desk<'_> {
        let inner = &*self.0;
        Desk {
            authority: &inner.authority,
            folder: &inner.folder,
            challenges: &inner.challenges,
            steps: &inner.steps,
        }
    }
}

/// How often it is looked at what grows old.
const LOOK: Duration = Duration::from_secs(3600);
const SHORTEST: Duration = Duration::from_secs(1);
/// How often an authority is asked for its window if it does not say how often.
const WINDOW: Duration = Duration::from_secs(6 * 3600);
/// Of one order, with a hundred names and all its pauses.
const LONGEST: Duration = Duration::from_secs(15 * 60);
