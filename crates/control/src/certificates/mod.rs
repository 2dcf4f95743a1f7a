//! The certificate that listeners with TLS show: where it comes from, how it is changed, and how it is renewed.
//!
//! [`Certificates`] owns the choice: our own (self-signed), one that was uploaded, or one that an authority gives ([`acme`]). Whatever goes wrong
//! with another, the one in service stays. Who shows it is a [`Showcase`], for the listeners are not our business.

pub mod acme;
mod challenges;
mod folder;
mod metrics;
pub mod pair;
mod run;
mod schedule;
mod state;
pub mod steps;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tokio::sync::{mpsc, oneshot};

use crate::settings::Settings;
pub use acme::{Authority, BadOrder, Failure, Order};
pub use challenges::Challenges;
pub use folder::FileError;
use folder::Folder;
pub use pair::{Facts, Fault, Pem};
pub use run::Orders;
use state::{Choice, Chosen, State};
pub use state::{Source, View};
pub use steps::{Mood, Step, Steps};

/// Whoever shows certificates to clients.
pub trait Showcase: Send + Sync + 'static {
    /// Shows `pem` to clients that come from now on. Errs with why it cannot; then what it shows stays.
    fn show(&self, pem: &Pem) -> Result<(), String>;

    /// Shows what it has without us: that of the settings, or one of its own making, `anew` if it is told so. Reads files again. Gives
    /// what it shows; nothing when it has none. Errs with why it cannot; then what it shows stays.
    fn show_own(&self, anew: bool) -> Result<Option<Own>, String>;
}

/// What a [`Showcase`] has without us.
#[derive(Debug, Clone)]
pub struct Own {
    /// The texts.
    pub pem: Pem,
    /// The settings name it, and it goes before all others.
    pub given: bool,
}

/// Why nothing has changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The settings decide.
    #[error(
        "the certificate is set by tls.certificate in the settings, which goes before; take it off there, and start the server again"
    )]
    Locked,
    /// The pair cannot be used.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// One order at a time.
    #[error("another certificate is being ordered; wait until it has come or has failed")]
    Busy,
    /// There is nothing to renew.
    #[error("no certificate has been ordered that could be renewed")]
    NotOrdered,
    /// The order came to nothing.
    #[error(transparent)]
    Order(#[from] Failure),
    /// It cannot be kept.
    #[error(transparent)]
    File(#[from] FileError),
    /// It cannot be kept.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// It cannot be shown.
    #[error("{0}")]
    Show(String),
    /// The server stops.
    #[error("the server is stopping")]
    Stopping,
}

/// The certificate of this server. A handle: clones share it. What blocks says so.
#[derive(Clone)]
pub struct Certificates(Arc<Inner>);

struct Inner {
    settings: Settings,
    folder: Folder,
    showcase: Arc<dyn Showcase>,
    authority: Authority,
    steps: Steps,
    challenges: Challenges,
    state: Mutex<State>,
    /// Held while one certificate takes the place of another.
    changing: Mutex<()>,
    orders: mpsc::Sender<Wanted>,
    /// This server's place among all others, from 0 to 1.
    spread: f64,
}

/// An order, and who waits for its outcome.
struct Wanted {
    order: Order,
    /// What was chosen when it was placed: it gives way to what was chosen since.
    chosen: u64,
    reply: Option<oneshot::Sender<Result<Facts, Failure>>>,
}

impl Certificates {
    /// What `settings` and the files in `folder` say, shown by `showcase`. Without a usable one that was chosen, what the showcase has itself is
    /// shown, and the steps tell why. [`run`](Orders::run) what comes with it.
    ///
    /// Errs when the store does, and when nothing that should be shown can be.
    pub fn open(
        settings: Settings,
        folder: &Path,
        showcase: Arc<dyn Showcase>,
        authority: Authority,
    ) -> Result<(Certificates, Orders), Error> {
        let (orders, receiver) = mpsc::channel(1);
        let choice: Choice = settings.read()?;
        let inner = Inner {
            settings,
            folder: Folder::at(folder),
            showcase,
            authority,
            steps: Steps::default(),
            challenges: Challenges::default(),
            state: Mutex::default(),
            changing: Mutex::default(),
            orders,
            spread: spread(),
        };
        let certificates = Certificates(Arc::new(inner));
        certificates.begin_with(&choice)?;
        Ok((certificates.clone(), Orders::new(certificates, receiver)))
    }

    /// Shows what was chosen before the start. Blocks.
    fn begin_with(&self, choice: &Choice) -> Result<(), Error> {
        let now = SystemTime::now();
        let own = self.0.showcase.show_own(false).map_err(Error::Show)?;
        let given = own.as_ref().is_some_and(|own| own.given);
        self.state().own(own, now);
        {
            let mut state = self.state();
            state.order.clone_from(&choice.order);
            (state.failures, state.not_before) = (choice.failures, choice.not_before());
        }
        let (Some(name), false) = (choice.chosen.file(), given) else { return Ok(()) };
        let trouble = match self.0.folder.read::<Pem>(name) {
            Ok(Some(pem)) => match pem.read(now) {
                Ok(facts) => match self.0.showcase.show(&pem) {
                    Ok(()) => {
                        self.state().show(choice.chosen.into(), pem, facts);
                        None
                    }
                    Err(err) => Some(err),
                },
                Err(fault) => Some(fault.to_string()),
            },
            Ok(None) => Some(format!("there is no file {name}")),
            Err(err) => Some(err.to_string()),
        };
        if let Some(trouble) = trouble {
            let what = if choice.chosen == Chosen::Acme { "ordered" } else { "uploaded" };
            let text = format!(
                "The certificate that was {what} cannot be used: {trouble}. Our own is shown instead; the file is left as it is."
            );
            self.0.steps.add(Mood::Bad, text);
            if choice.chosen == Chosen::Acme {
                self.state().missing = true;
            }
        }
        Ok(())
    }

    /// Errs when what `settings` keep of the choice cannot be understood. Blocks.
    pub fn check(settings: &Settings) -> Result<(), store::Error> {
        settings.read::<Choice>().map(|_| ())
    }

    /// What there is.
    pub fn view(&self) -> View {
        self.state().view(SystemTime::now(), self.0.spread)
    }

    /// What has happened.
    pub fn steps(&self) -> &Steps {
        &self.0.steps
    }

    /// What is answered to authorities.
    pub fn challenges(&self) -> &Challenges {
        &self.0.challenges
    }

    /// The texts in service, with the private key: for who is trusted with it.
    pub fn reveal(&self) -> Option<Arc<Pem>> {
        self.state().pem.clone()
    }

    /// Shows `pem` from now on, and after a restart. Blocks.
    pub fn upload(&self, pem: Pem) -> Result<Facts, Error> {
        let facts = pem.check(SystemTime::now())?;
        let _changing = self.changing()?;
        self.show(Chosen::Uploaded, None, &pem, &facts)?;
        self.0.steps.add(
            Mood::Good,
            format!("An uploaded certificate for {} is in service.", facts.names.join(", ")),
        );
        Ok(facts)
    }

    /// Shows our own from now on, with `anew` a new one. What was uploaded or ordered stays in its file, and is not renewed. Blocks.
    pub fn own(&self, anew: bool) -> Result<(), Error> {
        let _changing = self.changing()?;
        let own = self.0.showcase.show_own(anew).map_err(Error::Show)?;
        self.0.settings.write(&Choice::default()).inspect_err(|_| self.show_again())?;
        let mut state = self.state();
        state.own(own, SystemTime::now());
        state.chosen += 1;
        state.forget_order();
        drop(state);
        self.0.steps.add(Mood::Good, "Our own, self-signed certificate is in service.");
        Ok(())
    }

    /// Reads again what may have changed on the disk: files of the settings, our own. What was uploaded or ordered stays. Blocks.
    pub fn reload(&self) -> Result<(), Error> {
        // Not by `changing`, which refuses where the settings name files: those are read again, too.
        let _changing = self.0.changing.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(self.state().source, Source::Files | Source::SelfSigned | Source::None) {
            return Ok(());
        }
        let own = self.0.showcase.show_own(false).map_err(Error::Show)?;
        self.state().own(own, SystemTime::now());
        Ok(())
    }

    /// Places an order; how it goes is told in the steps and the view.
    pub fn begin(&self, order: Order) -> Result<(), Error> {
        self.enqueue(order, None)
    }

    /// Orders a certificate and waits until it is in service. The order goes on when nobody waits any more.
    pub async fn order(&self, order: Order) -> Result<Facts, Error> {
        let (reply, outcome) = oneshot::channel();
        self.enqueue(order, Some(reply))?;
        Ok(outcome.await.map_err(|_| Error::Stopping)??)
    }

    /// Orders again what was ordered, now.
    pub fn renew(&self) -> Result<(), Error> {
        let order = self.state().order.clone().ok_or(Error::NotOrdered)?;
        self.enqueue(order, None)
    }

    fn enqueue(
        &self,
        order: Order,
        reply: Option<oneshot::Sender<Result<Facts, Failure>>>,
    ) -> Result<(), Error> {
        let mut state = self.state();
        if state.source == Source::Files {
            return Err(Error::Locked);
        }
        if state.ordering {
            return Err(Error::Busy);
        }
        let chosen = state.chosen;
        self.0.orders.try_send(Wanted { order, chosen, reply }).map_err(|err| match err {
            mpsc::error::TrySendError::Full(_) => Error::Busy,
            mpsc::error::TrySendError::Closed(_) => Error::Stopping,
        })?;
        state.ordering = true;
        Ok(())
    }

    /// Puts `pem`, which came by `order` if it was ordered, into service: it is shown, kept in its file, and chosen. Where one of these
    /// fails, what was shown and kept before is again. For who holds `changing`.
    fn show(&self, chosen: Chosen, order: Option<Order>, pem: &Pem, facts: &Facts) -> Result<(), Error> {
        self.0.showcase.show(pem).map_err(Error::Show)?;
        self.keep(chosen, order.clone(), pem).inspect_err(|_| self.show_again())?;
        let mut state = self.state();
        state.show(chosen.into(), pem.clone(), facts.clone());
        if chosen == Chosen::Acme {
            state.order = order;
        } else {
            state.forget_order();
        }
        Ok(())
    }

    /// Writes `pem` into its file and that it is chosen into the store, or neither.
    fn keep(&self, chosen: Chosen, order: Option<Order>, pem: &Pem) -> Result<(), Error> {
        let name = chosen.file().unwrap_or_default();
        let before = self.0.folder.bytes(name)?;
        self.0.folder.write(name, pem)?;
        let written = self.0.settings.write(&Choice { chosen, order, ..Choice::default() });
        if written.is_err()
            && let Err(err) = self.0.folder.put_back(name, before.as_deref())
        {
            let text = format!("The certificate that was kept before cannot be put back: {err}.");
            self.0.steps.add(Mood::Bad, text);
        }
        Ok(written?)
    }

    /// Shows what is in service, after something else was shown that is not to be.
    fn show_again(&self) {
        let (source, pem) = {
            let state = self.state();
            (state.source, state.pem.clone())
        };
        let shown = match (source, pem) {
            (Source::Uploaded | Source::Acme, Some(pem)) => self.0.showcase.show(&pem),
            _ => self.0.showcase.show_own(false).map(|_| ()),
        };
        if let Err(err) = shown {
            let text = format!("The certificate before cannot be shown again: {err}.");
            self.0.steps.add(Mood::Bad, text);
        }
    }

    fn changing(&self) -> Result<MutexGuard<'_, ()>, Error> {
        let changing = self.0.changing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.state().source == Source::Files { Err(Error::Locked) } else { Ok(changing) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Certificates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificates").field("source", &self.state().source).finish_non_exhaustive()
    }
}

fn spread() -> f64 {
    let mut byte = [0; 2];
    // Without randomness all servers start at the same time, which harms none of them.
    let _ = getrandom::fill(&mut byte);
    f64::from(u16::from_ne_bytes(byte)) / f64::from(u16::MAX)
}

#[cfg(test)]
#[path = "certificates_test.rs"]
mod tests;
