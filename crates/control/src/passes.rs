//! Passes while the server runs: signed, asked for, and given to guests.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use hub::{Action, StreamKey};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use store::{Collection, Store, Typed};

use crate::entry::{Error, fresh_id, good_label};
use crate::gate::Gate;
use crate::key::Key;
use crate::pass::{Grant, Pass, PassRule};
use crate::scope::Scope;

/// Signs passes and changes what they are good for, in the store and in the [`Gate`] alike: from the next publisher or viewer on. Blocks.
pub struct Passes {
    store: Arc<dyn Store>,
    invites: Collection<Invite>,
    gate: Arc<Gate>,
    signing: ArcSwap<Signing>,
    /// Held while what signs, the store and the gate change.
    changing: Mutex<()>,
}

/// What signs passes, and what did until a moment ago.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Signing {
    key: Key,
    /// Keys that were replaced, the newest first, and until when passes signed with them hold.
    previous: Vec<(Key, SystemTime)>,
}

/// Somebody who is let in to one stream until a day, and may be uninvited before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// Who it is.
    pub label: String,
    /// The app of the stream.
    pub app: String,
    /// The stream's name.
    pub stream: String,
    /// They publish it; else they watch it.
    pub publish: bool,
    /// From where; `None`: from everywhere.
    pub network: Option<IpNet>,
    /// Since when.
    pub created: SystemTime,
    /// Until when.
    pub expires: SystemTime,
}

impl Invite {
    /// What they do.
    pub fn action(&self) -> Action {
        if self.publish { Action::Publish } else { Action::Play }
    }
}

/// What an operator may know of the key that signs.
#[derive(Debug, Clone)]
pub struct SigningKey {
    /// The key itself; whoever has it can make passes.
    pub key: Key,
    /// Until when passes signed with the one before hold.
    pub previous_until: Option<SystemTime>,
}

impl Passes {
    /// What `store` keeps, in force in `gate`; the key that signs is made at the first start.
    pub fn open(store: Arc<dyn Store>, gate: Arc<Gate>) -> Result<Passes, Error> {
        let signing = match store.read::<Signing>(SIGNING)? {
            Some(kept) => kept,
            None => {
                let made = Signing { key: Key::generate()?, previous: Vec::new() };
                store.write(SIGNING, &made)?;
                made
            }
        };
        let invites = Collection::new(Arc::clone(&store), "access/invites/");
        let guarded = store.read::<Vec<Scope>>(GUARDED)?.unwrap_or_default();
        gate.set_passes(PassRule::default().with_guarded(guarded));
        let signing = ArcSwap::from_pointee(signing);
        let passes = Passes { store, invites, gate, signing, changing: Mutex::default() };
        passes.renew()?;
        Ok(passes)
    }

    /// `pass` as text, to be sent in the query as `token`, of a recording as `pass`. Does not block.
    pub fn sign(&self, pass: &Pass) -> Result<String, Error> {
        Ok(pass.sign(self.signing.load().key.reveal())?)
    }

    /// What signs. Does not block.
    pub fn signing_key(&self) -> SigningKey {
        let signing = self.signing.load();
        let until = signing.previous.iter().map(|(_, until)| *until).max();
        let previous_until = until.filter(|until| SystemTime::now() < *until);
        SigningKey { key: signing.key.clone(), previous_until }
    }

    /// What signs and what has signed, to be looked for in what must not hold any of it. Does not block.
    pub fn secrets(&self) -> Vec<String> {
        let signing = self.signing.load();
        let previous = signing.previous.iter().map(|(key, _)| key);
        previous.chain([&signing.key]).map(|key| key.reveal().to_owned()).collect()
    }

    /// Signs with another key from now on. Passes signed until now hold for `grace` more, if they would have held so long; without any grace
    /// all of them end. Invitations are signed anew when they are looked at.
    pub fn rotate(&self, grace: Duration) -> Result<(), Error> {
        let _changing = self.changing();
        let signing = self.signing.load();
        let now = SystemTime::now();
        let until = now.checked_add(grace).filter(|_| !grace.is_zero());
        let replaced = until.map(|until| (signing.key.clone(), until));
        let before = signing.previous.iter().filter(|(_, until)| now < *until && replaced.is_some());
        let previous = replaced.iter().chain(before).take(MOST_KEYS).cloned().collect();
        let next = Signing { key: Key::generate()?, previous };
        self.store.write(SIGNING, &next)?;
        self.signing.store(Arc::new(next));
        Ok(self.renew()?)
    }

    /// What cannot be watched without a pass. Does not block.
    pub fn guarded(&self) -> Vec<Scope> {
        self.gate.passes().guarded().to_vec()
    }

    /// Makes a pass needed to watch these, and no others.
    pub fn set_guarded(&self, guarded: Vec<Scope>) -> Result<(), Error> {
        if guarded.len() > MOST {
            return Err(Error::TooMany { whose: "the server", what: "guarded scopes", most: MOST });
        }
        let _changing = self.changing();
        self.store.write(GUARDED, &guarded)?;
        self.gate.set_passes(PassRule::clone(&self.gate.passes()).with_guarded(guarded));
        Ok(())
    }

    /// Every invitation by its name, in the order of names.
    pub fn invites(&self) -> Result<Vec<(String, Invite)>, Error> {
        Ok(self.invites.all()?)
    }

    /// Invites somebody. Those who were, long ago, are forgotten.
    pub fn invite(&self, invite: Invite) -> Result<(String, Invite), Error> {
        let invite = Invite { label: good_label(&invite.label)?, ..invite };
        if let Err(bad) = StreamKey::new(&invite.app, &invite.stream) {
            return Err(Error::Field { field: "stream", reason: bad.to_string() });
        }
        let scope = Scope::Stream { app: Some(invite.app.clone()), name: invite.stream.clone() };
        if Scope::from_pattern(&scope.pattern()) != Some(scope) {
            return Err(Error::Field { field: "stream", reason: "is to be one stream, so without *".into() });
        }
        let _changing = self.changing();
        let now = SystemTime::now();
        let (old, kept): (Vec<_>, Vec<_>) = self
            .invites
            .all()?
            .into_iter()
            .partition(|(_, invite)| now.duration_since(invite.expires).is_ok_and(|ended| ended > KEPT));
        for (id, _) in old {
            self.invites.remove(&id)?;
        }
        if kept.len() >= MOST {
            return Err(Error::TooMany { whose: "the server", what: "invitations", most: MOST });
        }
        let id = fresh_id()?;
        self.invites.put(&id, &invite)?;
        self.renew()?;
        Ok((id, invite))
    }

    /// The text that lets them in.
    pub fn token(&self, id: &str, invite: &Invite) -> Result<String, Error> {
        let scope = Scope::Stream { app: Some(invite.app.clone()), name: invite.stream.clone() };
        let Invite { network, expires, .. } = *invite;
        let grant = Grant::Streams { scope, action: invite.action() };
        self.sign(&Pass { grant, expires, network, invite: Some(id.to_owned()) })
    }

    /// The invitation that `token` belongs to, if it holds.
    pub fn invited(&self, token: &str) -> Result<Option<Invite>, Error> {
        let pass = self.gate.passes().read(token, SystemTime::now());
        let Some(id) = pass.and_then(|pass| pass.invite) else { return Ok(None) };
        Ok(self.invites.get(&id)?)
    }

    /// Invites somebody no more; who is there stays.
    pub fn uninvite(&self, id: &str) -> Result<(), Error> {
        let _changing = self.changing();
        if !self.invites.remove(id)? {
            return Err(Error::Unknown { what: "invitation", id: id.to_owned() });
        }
        Ok(self.renew()?)
    }

    /// Puts in force what signs and who is invited.
    fn renew(&self) -> Result<(), store::Error> {
        let signing = self.signing.load();
        let previous = signing.previous.iter().map(|(key, until)| (key.reveal(), Some(*until)));
        let keys: Vec<_> = std::iter::once((signing.key.reveal(), None)).chain(previous).collect();
        let invites: HashSet<String> = self.invites.all()?.into_iter().map(|(id, _)| id).collect();
        let rule = PassRule::clone(&self.gate.passes()).with_keys(&keys).with_invites(invites);
        self.gate.set_passes(rule);
        Ok(())
    }

    fn changing(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Passes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passes").field("rule", &self.gate.passes()).finish_non_exhaustive()
    }
}

/// Where it is in the store what signs, and what is guarded.
const SIGNING: &str = "access/signing";
const GUARDED: &str = "access/guarded";
/// Keys that were replaced: each pass is verified with each.
const MOST_KEYS: usize = 8;
/// Invitations, and scopes that are guarded.
const MOST: usize = 1_000;
/// How long an invitation is shown that has ended.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3600);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn store() -> (tempfile::TempDir, Arc<dyn Store>) {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(store::Embedded::open(folder.path()).unwrap());
        (folder, store)
    }

    fn open(store: &Arc<dyn Store>) -> Passes {
        let gate = crate::PublishKeys::open(Arc::clone(store), None).unwrap().gate();
        Passes::open(Arc::clone(store), gate).unwrap()
    }

    fn admits(passes: &Passes, action: Action, token: &str) -> bool {
        let stream = StreamKey::new("live", "cam").unwrap();
        let query = format!("token={token}");
        passes.gate.passes().admits(action, &stream, &query, [192, 0, 2, 1].into(), SystemTime::now())
    }

    fn invite(label: &str, expires: SystemTime) -> Invite {
        let (app, stream) = ("live".to_owned(), "cam".to_owned());
        let created = SystemTime::now();
        Invite { label: label.to_owned(), app, stream, publish: true, network: None, created, expires }
    }

    fn soon() -> SystemTime {
        SystemTime::now() + Duration::from_secs(3600)
    }

    #[test]
    fn what_is_signed_holds_after_a_restart_and_through_the_grace_of_a_rotation() {
        let (_folder, store) = store();
        let passes = open(&store);
        let scope = Scope::App("live".to_owned());
        let grant = Grant::Streams { scope, action: Action::Play };
        let pass = Pass { grant, expires: soon(), network: None, invite: None };
        let token = passes.sign(&pass).unwrap();
        drop(passes);
        let passes = open(&store);
        assert!(admits(&passes, Action::Play, &token) && !admits(&passes, Action::Publish, &token));
        passes.rotate(Duration::from_secs(60)).unwrap();
        assert!(admits(&passes, Action::Play, &token) && admits(&open(&store), Action::Play, &token));
        assert!(passes.signing_key().previous_until.is_some());
        passes.rotate(Duration::from_secs(1)).unwrap();
        assert!(admits(&passes, Action::Play, &token), "a grace is a promise");
        passes.rotate(Duration::ZERO).unwrap();
        assert!(!admits(&passes, Action::Play, &token) && !admits(&open(&store), Action::Play, &token));
        assert!(admits(&passes, Action::Play, &passes.sign(&pass).unwrap()));
    }

    #[test]
    fn a_guest_comes_until_the_day_or_until_they_are_uninvited() {
        let (_folder, store) = store();
        let passes = open(&store);
        let (id, guest) = passes.invite(invite(" Ann ", soon())).unwrap();
        let token = passes.token(&id, &guest).unwrap();
        assert_eq!(passes.invited(&token).unwrap().unwrap().label, "Ann");
        drop(passes);
        let passes = open(&store);
        assert!(admits(&passes, Action::Publish, &token) && !admits(&passes, Action::Play, &token));
        passes.uninvite(&id).unwrap();
        assert!(!admits(&passes, Action::Publish, &token) && passes.invited(&token).unwrap().is_none());
        assert!(matches!(passes.uninvite(&id), Err(Error::Unknown { .. })));
        let everything = Invite { stream: "*".to_owned(), ..invite("Max", soon()) };
        assert!(matches!(passes.invite(everything), Err(Error::Field { field: "stream", .. })));
        let (id, late) = passes.invite(invite("Bob", SystemTime::now())).unwrap();
        assert!(!admits(&passes, Action::Publish, &passes.token(&id, &late).unwrap()));
        let old = SystemTime::now() - KEPT - Duration::from_secs(1);
        passes.invite(invite("Eve", old)).unwrap();
        passes.invite(invite("Fay", soon())).unwrap();
        let names: HashSet<_> =
            passes.invites().unwrap().into_iter().map(|(_, invite)| invite.label).collect();
        assert_eq!(names, HashSet::from(["Bob".to_owned(), "Fay".to_owned()]));
    }

    #[test]
    fn what_is_guarded_stays_so() {
        let (_folder, store) = store();
        let passes = open(&store);
        let cam = StreamKey::new("live", "cam").unwrap();
        assert!(!passes.gate.passes().guards(&cam));
        passes.set_guarded(vec![Scope::App("live".to_owned())]).unwrap();
        passes.rotate(Duration::ZERO).unwrap();
        assert!(passes.gate.passes().guards(&cam) && open(&store).gate.passes().guards(&cam));
        passes.set_guarded(Vec::new()).unwrap();
        assert!(!passes.gate.passes().guards(&cam) && !open(&store).gate.passes().guards(&cam));
    }
}
