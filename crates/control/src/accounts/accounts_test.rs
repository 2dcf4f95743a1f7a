#![allow(clippy::unwrap_used)]

use std::net::Ipv4Addr;

use store::Embedded;

use super::*;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const PASSWORD: &str = "correct horse";

fn accounts() -> (tempfile::TempDir, Accounts) {
    let folder = tempfile::tempdir().unwrap();
    let accounts = reopen(&folder);
    (folder, accounts)
}

fn reopen(folder: &tempfile::TempDir) -> Accounts {
    Accounts::open(Arc::new(Embedded::open(folder.path()).unwrap())).unwrap()
}

/// With the admin `ann`.
fn set_up() -> (tempfile::TempDir, Accounts) {
    let (folder, accounts) = accounts();
    accounts.set_up(accounts.setup().unwrap().reveal(), "Ann", PASSWORD).unwrap();
    (folder, accounts)
}

#[test]
fn the_first_account_is_made_once_with_the_secret_of_this_start() {
    let (folder, accounts) = accounts();
    let secret = accounts.setup().unwrap();
    assert!(matches!(accounts.set_up("wrong", "ann", PASSWORD), Err(Error::WrongSetupSecret)));
    assert!(matches!(accounts.set_up(secret.reveal(), "ann", "short"), Err(Error::Password(_))));
    assert!(matches!(accounts.set_up(secret.reveal(), "a nn", PASSWORD), Err(Error::Name)));
    drop(accounts);
    let accounts = reopen(&folder);
    assert!(matches!(accounts.set_up(secret.reveal(), "ann", PASSWORD), Err(Error::WrongSetupSecret)));
    let user = accounts.set_up(accounts.setup().unwrap().reveal(), " Ann ", PASSWORD).unwrap();
    assert_eq!((user.name.as_str(), user.role), ("ann", Role::Admin));
    assert!(accounts.setup().is_none());
    assert!(matches!(accounts.set_up(secret.reveal(), "eve", PASSWORD), Err(Error::SetUpAlready)));
    drop(accounts);
    assert!(reopen(&folder).setup().is_none());
}

#[test]
fn a_name_with_its_password_gets_in_and_nothing_else_does() {
    let (_folder, accounts) = set_up();
    assert_eq!(accounts.check("ANN", PASSWORD, None, HERE).unwrap().name, "ann");
    for (name, password) in [("ann", "wrong horse"), ("bob", PASSWORD), ("../ann", PASSWORD)] {
        assert!(matches!(accounts.check(name, password, None, HERE), Err(Error::WrongPassword)), "{name}");
    }
}

#[test]
fn who_guesses_waits_and_the_owner_elsewhere_does_not() {
    let (_folder, accounts) = set_up();
    for _ in 0..4 {
        assert!(matches!(accounts.check("ann", "wrong horse", None, HERE), Err(Error::WrongPassword)));
    }
    assert!(matches!(accounts.check("ann", PASSWORD, None, HERE), Err(Error::TooManyTries { seconds: 1 })));
    assert!(accounts.check("ann", PASSWORD, None, [10, 0, 0, 1].into()).is_ok());
}

#[test]
fn a_login_is_known_by_its_secret_until_it_ends() {
    let (folder, accounts) = set_up();
    let ann = accounts.user("ann").unwrap().unwrap();
    let (here, there) =
        (accounts.log_in(&ann, HERE, "Firefox").unwrap(), accounts.log_in(&ann, HERE, "curl").unwrap());
    drop(accounts);
    let accounts = reopen(&folder);
    let (id, user) = accounts.whose(here.reveal(), HERE).unwrap().unwrap();
    assert_eq!(user, ann);
    assert!(accounts.whose(id.as_str(), HERE).unwrap().is_none(), "its name in lists is no secret");
    assert_eq!(accounts.logins(Some("ann")).unwrap().len(), 2);
    assert!(accounts.logins(Some("bob")).unwrap().is_empty());
    assert!(accounts.revoke(id.as_str()).unwrap());
    assert!(accounts.whose(here.reveal(), HERE).unwrap().is_none());
    assert!(accounts.log_out(there.reveal()).unwrap());
    assert!(!accounts.log_out(there.reveal()).unwrap());
}

#[test]
fn another_password_and_removal_log_out() {
    let (_folder, accounts) = set_up();
    let bob = accounts.create("bob", PASSWORD, Role::Viewer).unwrap();
    let secret = accounts.log_in(&bob, HERE, "").unwrap();
    accounts.change("bob", None, Some("battery staple")).unwrap();
    assert!(accounts.whose(secret.reveal(), HERE).unwrap().is_none());
    assert!(accounts.check("bob", "battery staple", None, HERE).is_ok());
    let secret = accounts.log_in(&bob, HERE, "").unwrap();
    accounts.remove("bob").unwrap();
    assert!(accounts.whose(secret.reveal(), HERE).unwrap().is_none());
    assert!(matches!(accounts.remove("bob"), Err(Error::UnknownUser { .. })));
}

#[test]
fn there_is_always_an_admin() {
    let (_folder, accounts) = set_up();
    assert!(matches!(accounts.remove("ann"), Err(Error::LastAdmin)));
    assert!(matches!(accounts.change("ann", Some(Role::Operator), None), Err(Error::LastAdmin)));
    assert!(matches!(accounts.create("ann", PASSWORD, Role::Admin), Err(Error::NameTaken { .. })));
    accounts.create("bob", PASSWORD, Role::Operator).unwrap();
    assert!(matches!(accounts.remove("ann"), Err(Error::LastAdmin)));
    accounts.change("bob", Some(Role::Admin), None).unwrap();
    accounts.change("ann", Some(Role::Viewer), None).unwrap();
    assert!(matches!(accounts.change("eve", Some(Role::Admin), None), Err(Error::UnknownUser { .. })));
    let roles: Vec<_> = accounts.users().unwrap().into_iter().map(|user| (user.name, user.role)).collect();
    assert_eq!(roles, [("ann".to_owned(), Role::Viewer), ("bob".to_owned(), Role::Admin)]);
}

#[test]
fn the_owner_s_environment_has_the_last_word_on_the_first_admin() {
    let (_folder, accounts) = accounts();
    let admin = accounts.set_owner("admin", "007").unwrap();
    assert_eq!((admin.name.as_str(), admin.role), ("admin", Role::Admin));
    assert!(accounts.setup().is_none());
    let secret = accounts.log_in(&admin, HERE, "").unwrap();
    accounts.set_owner("admin", "007").unwrap();
    assert!(accounts.whose(secret.reveal(), HERE).unwrap().is_some(), "the same password changes nothing");
    accounts.set_owner("admin", "008").unwrap();
    assert!(accounts.whose(secret.reveal(), HERE).unwrap().is_none());
    assert!(accounts.is_password("admin", "008").unwrap() && !accounts.is_password("admin", "007").unwrap());
    assert!(matches!(accounts.set_owner("admin", ""), Err(Error::Password(_))));
    assert_eq!(accounts.users().unwrap().len(), 1);
}

#[test]
fn a_login_that_is_made_while_the_password_changes_ends_with_it() {
    let (_folder, accounts) = set_up();
    let checked = accounts.check("ann", PASSWORD, None, HERE).unwrap();
    accounts.change("ann", None, Some("battery staple")).unwrap();
    let secret = accounts.log_in(&checked, HERE, "").unwrap();
    assert!(accounts.whose(secret.reveal(), HERE).unwrap().is_none());

    let bob = accounts.create("bob", PASSWORD, Role::Viewer).unwrap();
    accounts.remove("bob").unwrap();
    let secret = accounts.log_in(&bob, HERE, "").unwrap();
    accounts.create("bob", PASSWORD, Role::Admin).unwrap();
    assert!(accounts.whose(secret.reveal(), HERE).unwrap().is_none(), "another bob");
}

#[test]
fn a_login_that_is_used_elsewhere_while_it_is_revoked_stays_revoked() {
    let (_folder, accounts) = set_up();
    let ann = accounts.user("ann").unwrap().unwrap();
    for round in 0..50 {
        let secret = accounts.log_in(&ann, HERE, "").unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for host in 0..10u8 {
                    accounts.whose(secret.reveal(), [10, 0, round, host].into()).unwrap();
                }
            });
            scope.spawn(|| accounts.log_out(secret.reveal()).unwrap());
        });
        assert!(accounts.whose(secret.reveal(), HERE).unwrap().is_none());
    }
}

#[test]
fn a_change_that_is_half_wrong_changes_nothing() {
    let (_folder, accounts) = set_up();
    accounts.create("bob", PASSWORD, Role::Viewer).unwrap();
    assert!(matches!(accounts.change("bob", Some(Role::Admin), Some("short")), Err(Error::Password(_))));
    assert_eq!(accounts.user("bob").unwrap().unwrap().role, Role::Viewer);
    assert!(matches!(
        accounts.change("ann", Some(Role::Viewer), Some("battery staple")),
        Err(Error::LastAdmin)
    ));
    assert!(accounts.is_password("ann", PASSWORD).unwrap());
}
