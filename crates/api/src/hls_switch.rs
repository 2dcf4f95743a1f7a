//! HLS that is changed while the server runs: what is chosen is kept, and put in force.

use std::sync::{Arc, Mutex, PoisonError};

use control::Settings;
use control::settings::HlsChoice;
use gateway::config::{Hls, HlsApp, HlsInForce, HlsMode};
use media::Delta;

/// Changes how HLS is served, in the store and in the gateway alike. Blocks.
#[derive(Debug)]
pub struct HlsSwitch {
    /// As the configuration says.
    configured: Hls,
    in_force: Arc<HlsInForce>,
    settings: Settings,
    /// Held while both change.
    changing: Mutex<()>,
}

impl HlsSwitch {
    /// What `configured` says and what was chosen before.
    pub fn open(configured: Hls, settings: Settings) -> Result<HlsSwitch, store::Error> {
        let in_force = with(&configured, settings.read()?).in_force();
        Ok(HlsSwitch { configured, in_force, settings, changing: Mutex::default() })
    }

    /// What the gateway goes by.
    pub fn in_force(&self) -> Arc<HlsInForce> {
        Arc::clone(&self.in_force)
    }

    /// Whether one playlist is for all.
    pub(crate) fn is_plain(&self) -> bool {
        self.in_force.load().default.mode == HlsMode::Plain
    }

    /// Whether segments are short.
    pub(crate) fn is_short(&self) -> bool {
        self.in_force.load().default.fragment <= SHORT.0
    }

    /// Chooses, for good: from the next request, and the next start point, on.
    pub(crate) fn choose(&self, change: impl FnMut(&mut HlsChoice)) -> Result<(), store::Error> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let choice = self.settings.update(change)?;
        self.in_force.replace(with(&self.configured, choice));
        Ok(())
    }
}

fn with(configured: &Hls, choice: HlsChoice) -> Hls {
    let mut app: HlsApp = configured.default;
    if let Some(plain) = choice.plain {
        app.mode = if plain { HlsMode::Plain } else { HlsMode::Context };
    }
    if let Some(short) = choice.short {
        (app.fragment, app.window) = if short { SHORT } else { LONG };
    }
    configured.clone().with_default(app)
}

/// Lengths of a segment and of a playlist. Source: Oryx 5.15, HLS of its media server.
const SHORT: (Delta, Delta) = (Delta::secs(2), Delta::secs(16));
const LONG: (Delta, Delta) = (Delta::secs(10), Delta::secs(60));

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_is_chosen_goes_before_the_configuration_and_outlives_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings::new(Arc::new(store::Embedded::open(folder.path()).unwrap()));
        let own = HlsApp { fragment: Delta::secs(5), ..HlsApp::default() };
        let mut configured = Hls::default().with_default(own);
        configured.apps.insert("vip".to_owned(), own);
        let open = || HlsSwitch::open(configured.clone(), settings.clone()).unwrap();
        let switch = open();
        assert_eq!(switch.in_force.app("live"), own, "nothing is chosen");
        switch.choose(|choice| choice.plain = Some(true)).unwrap();
        assert_eq!(switch.in_force.app("live"), HlsApp { mode: HlsMode::Plain, ..own });
        switch.choose(|choice| choice.short = Some(true)).unwrap();
        for switch in [switch, open()] {
            let app = switch.in_force.app("live");
            assert_eq!((app.mode, app.fragment, app.window), (HlsMode::Plain, SHORT.0, SHORT.1));
            assert!(switch.is_plain() && switch.is_short());
            assert_eq!(switch.in_force.app("vip"), own, "an app with settings of its own keeps them");
        }
        open().choose(|choice| choice.short = Some(false)).unwrap();
        assert_eq!(open().in_force.app("live").fragment, LONG.0);
    }
}
