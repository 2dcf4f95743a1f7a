//! Where publishers and viewers may come from.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use hub::{Action, StreamKey};
use ipnet::{IpNet, Ipv4Net};
use serde::{Deserialize, Serialize};
use store::{Collection, Store};

use crate::entry::{Error, fresh_id, good_label};
use crate::gate::Gate;
use crate::scope::Scope;

/// A network that may, or may not, publish or watch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressRule {
    /// Whose it is, or what for.
    pub label: String,
    /// The streams that it is about.
    pub scope: Scope,
    /// It is about publishing.
    pub publish: bool,
    /// It is about watching.
    pub play: bool,
    /// The addresses that it is about.
    pub network: IpNet,
    /// They may, and those whom no rule allows may not; else they may not.
    pub allow: bool,
    /// Since when.
    pub created: SystemTime,
}

impl AddressRule {
    fn is_about(&self, action: Action, stream: &StreamKey) -> bool {
        let action = match action {
            Action::Publish => self.publish,
            Action::Play => self.play,
        };
        action && self.scope.covers(stream)
    }
}

/// All rules together: who is in a network that may not is out, and where there are networks that may, everybody else is out as well.
#[derive(Debug, Clone, Default)]
pub struct AddressPolicy(Vec<AddressRule>);

impl AddressPolicy {
    /// Whether `from` may.
    pub fn admits(&self, action: Action, stream: &StreamKey, from: IpAddr) -> bool {
        let from = from.to_canonical();
        let about: Vec<&AddressRule> = self.0.iter().filter(|rule| rule.is_about(action, stream)).collect();
        let named =
            |allow: bool| about.iter().any(|rule| rule.allow == allow && rule.network.contains(&from));
        let asked = about.iter().any(|rule| rule.allow);
        !named(false) && (!asked || named(true))
    }

    /// Whether anybody may not watch `stream`.
    pub(crate) fn guards(&self, stream: &StreamKey) -> bool {
        self.0.iter().any(|rule| rule.is_about(Action::Play, stream))
    }
}

/// The network that is written as `text`: `192.0.2.0/24`, `2001:db8::/32`, or one address. What is beyond the prefix is cut off.
pub fn network(text: &str) -> Option<IpNet> {
    let network = match text.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address.to_canonical()),
        Err(_) => text.parse::<IpNet>().ok()?,
    };
    // Who comes from an IPv4 address is known by that.
    let mapped = match network {
        IpNet::V6(v6) if v6.prefix_len() >= 96 => {
            v6.addr().to_ipv4_mapped().map(|v4| (v4, v6.prefix_len() - 96))
        }
        _ => None,
    };
    let network = match mapped {
        Some((v4, prefix)) => Ipv4Net::new(v4, prefix).ok()?.into(),
        None => network,
    };
    Some(network.trunc())
}

/// Changes them, in the store and in the [`Gate`] alike: from the next publisher or viewer on. Blocks.
pub struct AddressRules {
    rules: Collection<AddressRule>,
    gate: Arc<Gate>,
    /// Held while both change.
    changing: Mutex<()>,
}

impl AddressRules {
    /// Those that `store` keeps, in force in `gate`.
    pub fn open(store: Arc<dyn Store>, gate: Arc<Gate>) -> Result<AddressRules, store::Error> {
        let rules = Collection::new(store, "access/addresses/");
        let rules = AddressRules { rules, gate, changing: Mutex::default() };
        rules.renew()?;
        Ok(rules)
    }

    /// Every rule, by its name.
    pub fn all(&self) -> Result<BTreeMap<String, AddressRule>, Error> {
        Ok(self.rules.all()?.into_iter().collect())
    }

    /// Adds a rule and returns it with its name.
    pub fn create(&self, rule: AddressRule) -> Result<(String, AddressRule), Error> {
        let rule = AddressRule { label: good_label(&rule.label)?, network: rule.network.trunc(), ..rule };
        if !rule.publish && !rule.play {
            return Err(Error::Field {
                field: "publish",
                reason: "a rule is about publishing, watching, or both".into(),
            });
        }
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.rules.all()?.len() >= MOST {
            return Err(Error::TooMany { whose: "the server", what: "address rules", most: MOST });
        }
        let id = fresh_id()?;
        self.rules.put(&id, &rule)?;
        self.renew()?;
        Ok((id, rule))
    }

    /// Removes a rule.
    pub fn remove(&self, id: &str) -> Result<(), Error> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.rules.remove(id)? {
            return Err(Error::Unknown { what: "address rule", id: id.to_owned() });
        }
        Ok(self.renew()?)
    }

    fn renew(&self) -> Result<(), store::Error> {
        let rules = self.rules.all()?.into_iter().map(|(_, rule)| rule).collect();
        self.gate.set_addresses(AddressPolicy(rules));
        Ok(())
    }
}

impl fmt::Debug for AddressRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddressRules")
    }
}

/// Each is looked at for whoever comes.
const MOST: usize = 1_000;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn rule(scope: &str, text: &str, allow: bool) -> AddressRule {
        AddressRule {
            label: "a".to_owned(),
            scope: Scope::from_pattern(scope).unwrap(),
            publish: true,
            play: false,
            network: network(text).unwrap(),
            allow,
            created: SystemTime::UNIX_EPOCH,
        }
    }

    fn admits(policy: &AddressPolicy, name: &str, from: &str) -> bool {
        let stream = StreamKey::new("live", name).unwrap();
        policy.admits(Action::Publish, &stream, from.parse().unwrap())
    }

    #[test]
    fn without_rules_everybody_may() {
        assert!(admits(&AddressPolicy::default(), "cam", "192.0.2.1"));
    }

    #[test]
    fn who_is_denied_is_out_and_who_is_not_allowed_where_others_are() {
        let deny = AddressPolicy(vec![rule("*", "192.0.2.0/24", false)]);
        assert!(!admits(&deny, "cam", "192.0.2.1") && !admits(&deny, "cam", "::ffff:192.0.2.1"));
        assert!(admits(&deny, "cam", "192.0.3.1") && admits(&deny, "cam", "2001:db8::1"));
        let allow = AddressPolicy(vec![
            rule("*/studio", "10.0.0.0/8", true),
            rule("live/studio", "2001:db8::/32", true),
            rule("*", "10.9.9.9", false),
        ]);
        for (name, from, admitted) in [
            ("studio", "10.1.2.3", true),
            ("studio", "2001:db8:1::1", true),
            ("studio", "192.0.2.1", false),
            ("studio", "10.9.9.9", false),
            ("cam", "192.0.2.1", true),
            ("cam", "10.9.9.9", false),
        ] {
            assert_eq!(admits(&allow, name, from), admitted, "{name} from {from}");
        }
        let stream = StreamKey::new("live", "studio").unwrap();
        assert!(allow.admits(Action::Play, &stream, [192, 0, 2, 1].into()), "nothing is said of watching");
        assert!(!allow.guards(&stream));
        let watch = AddressPolicy(vec![AddressRule { play: true, ..rule("live/*", "10.0.0.0/8", true) }]);
        assert!(watch.guards(&stream) && !watch.guards(&StreamKey::new("app", "studio").unwrap()));
    }

    #[test]
    fn networks_are_written_in_the_usual_ways() {
        for (text, shown) in [
            ("192.0.2.7/24", "192.0.2.0/24"),
            ("192.0.2.7", "192.0.2.7/32"),
            ("::1", "::1/128"),
            ("::ffff:192.0.2.7", "192.0.2.7/32"),
            ("::ffff:192.0.2.7/120", "192.0.2.0/24"),
            ("2001:db8:1::/32", "2001:db8::/32"),
        ] {
            assert_eq!(network(text).unwrap().to_string(), shown, "{text}");
        }
        for text in ["", "192.0.2.0/33", "localhost", "192.0.2", "192.0.2.0/24 ", "1.2.3.4/"] {
            assert_eq!(network(text), None, "{text}");
        }
    }

    #[test]
    fn rules_hold_at_once_and_after_a_restart_until_they_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = Arc::new(store::Embedded::open(folder.path()).unwrap());
        let keys = crate::PublishKeys::open(Arc::clone(&store), None).unwrap();
        let open = || AddressRules::open(Arc::clone(&store), keys.gate()).unwrap();
        let rules = open();
        let stream = StreamKey::new("live", "cam").unwrap();
        let admits = || keys.gate().addresses().admits(Action::Publish, &stream, [10, 0, 0, 1].into());
        let (id, _) = rules.create(rule("*", "10.0.0.0/8", false)).unwrap();
        assert!(!admits());
        keys.gate().set_addresses(AddressPolicy::default());
        let rules = open();
        assert!(!admits());
        assert_eq!(rules.all().unwrap().keys().collect::<Vec<_>>(), [&id]);
        rules.remove(&id).unwrap();
        assert!(admits());
        assert!(matches!(rules.remove(&id), Err(Error::Unknown { .. })));
        let idle = AddressRule { publish: false, ..rule("*", "::1", true) };
        assert!(matches!(rules.create(idle), Err(Error::Field { .. })));
        let nameless = AddressRule { label: " ".to_owned(), ..rule("*", "::1", true) };
        assert!(matches!(rules.create(nameless), Err(Error::Label)));
    }
}
