#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

/// app, name, query, vhost.
fn target(app: &str, tc_url: &str, name: &str) -> (String, String, String, Option<String>) {
    let Target { app, name, query, vhost } = Target::parse(app, tc_url, name).unwrap();
    (app, name, query, vhost)
}

fn expect(
    app: &str,
    name: &str,
    query: &str,
    vhost: Option<&str>,
) -> (String, String, String, Option<String>) {
    (app.into(), name.into(), query.into(), vhost.map(str::to_owned))
}

#[test]
fn the_plain_spelling() {
    let plain = expect("live", "s", "", None);
    assert_eq!(target("live", "rtmp://h/live", "s"), plain);
    assert_eq!(target("live/", "rtmp://h:1935/live/", "s"), plain);
    assert_eq!(target("/live", "", "/s"), plain);
    assert_eq!(target("", "rtmp://h/live", "s"), plain, "the app is in tcUrl");
    assert_eq!(target("live", "h/other", "s"), plain, "a tcUrl that is none");
}

#[test]
fn the_last_element_is_the_stream() {
    assert_eq!(target("live/inner", "rtmp://h/live/inner", "s"), expect("live/inner", "s", "", None));
    assert_eq!(target("live", "rtmp://h/live", "inner/s"), expect("live/inner", "s", "", None));
    assert_eq!(target("a//b/", "", "c//s/"), expect("a/b/c", "s", "", None));
    assert_eq!(
        target("live/s", "rtmp://h/live/s", ""),
        expect("live", "s", "", None),
        "the whole URL as the server"
    );
}

#[test]
fn the_query_may_be_anywhere() {
    let secret = expect("live", "s", "secret=x", None);
    assert_eq!(target("live", "rtmp://h/live", "s?secret=x"), secret);
    assert_eq!(target("live?secret=x", "rtmp://h/live?secret=x", "s"), secret);
    assert_eq!(target("live", "rtmp://h/live?secret=x", "s"), secret);
    assert_eq!(target("live?secret=x", "rtmp://h/live", "s"), secret);
    assert_eq!(target("live?a=1", "rtmp://h/live?b=2", "s?c=3"), expect("live", "s", "b=2&a=1&c=3", None));
    assert_eq!(
        target("live", "", "s?t=a/b&u=c?d"),
        expect("live", "s", "t=a/b&u=c?d", None),
        "a slash in a token"
    );
    assert_eq!(target("live", "", "s?&secret=x&"), secret);
}

#[test]
fn fragments_are_kept() {
    assert_eq!(target("live", "", "s#f"), expect("live", "s", "#f", None));
    assert_eq!(target("live?a=1", "", "s?b=2#f"), expect("live", "s", "a=1&b=2#f", None));
    assert_eq!(target("live?a=1", "", "s#f"), expect("live", "s", "a=1#f", None));
    assert_eq!(target("live#v=1", "rtmp://h/live#v=1", "s"), expect("live", "s", "#v=1", None));
}

#[test]
fn vhosts_are_found() {
    for (app, name) in [("live...vhost...v.com", "s"), ("live?vhost=v.com", "s"), ("live", "s?vhost=v.com")] {
        assert_eq!(
            target(app, &format!("rtmp://h/{app}"), name),
            expect("live", "s", "vhost=v.com", Some("v.com")),
            "{app}"
        );
    }
    assert_eq!(
        target("live?domain=v.com", "", "s?k=v"),
        expect("live", "s", "domain=v.com&k=v", Some("v.com"))
    );
    assert_eq!(target("live?domain=d&vhost=v", "", "s").3.as_deref(), Some("v"));
    assert_eq!(target("live?vhost=__defaultVhost__", "", "s").3, None);
    assert_eq!(target("live?vhost=", "", "s").3, None);
}

#[test]
fn definst_is_dropped() {
    let plain = expect("live", "s", "", None);
    assert_eq!(target("live/_definst_", "rtmp://h/live/_definst_", "s"), plain);
    assert_eq!(target("live/_definst_/", "", "s"), plain);
    assert_eq!(target("live/_definst_?k=v", "", "s"), expect("live", "s", "k=v", None));
    assert_eq!(
        target("live", "", "_definst_"),
        expect("live", "_definst_", "", None),
        "as a name it is a name"
    );
}

#[test]
fn an_app_and_a_name_are_needed() {
    assert!(Target::parse("", "", "s").is_err());
    assert!(Target::parse("live", "rtmp://h/live", "").is_err());
    assert!(Target::parse("live", "rtmp://h/live", "?secret=x").is_err());
    assert!(Target::parse("_definst_", "", "s").is_err());
}

/// host, port, tls, app, name.
fn url(text: &str) -> (String, u16, bool, String, String) {
    let Url { tls, host, port, app, name } = Url::parse(text).unwrap();
    (host, port, tls, app, name)
}

#[test]
fn urls_to_dial() {
    let parts =
        |host: &str, port, tls, app: &str, name: &str| (host.into(), port, tls, app.into(), name.into());
    assert_eq!(url("rtmp://h/live/s"), parts("h", 1935, false, "live", "s"));
    assert_eq!(url("RTMPS://h/live/s"), parts("h", 443, true, "live", "s"));
    assert_eq!(url("rtmp://h:1/a/b/s?k=v/w"), parts("h", 1, false, "a/b", "s?k=v/w"));
    assert_eq!(url("rtmp://[::1]:1936/live/s"), parts("::1", 1936, false, "live", "s"));
    assert_eq!(url("rtmp://[::1]/live/s"), parts("::1", 1935, false, "live", "s"));
    assert_eq!(url("rtmp://h/app?k=v/s"), parts("h", 1935, false, "app", "s?k=v"));
    assert_eq!(
        url("rtmp://h/live-bvc/?streamname=n&key=k/l"),
        parts("h", 1935, false, "live-bvc", "?streamname=n&key=k/l"),
        "a platform whose names are all query"
    );
}

#[test]
fn urls_that_are_none() {
    for text in [
        "",
        "h/live/s",
        "http://h/live/s",
        "rtmp://",
        "rtmp://h",
        "rtmp://h/",
        "rtmp://h/live",
        "rtmp://h/live/",
        "rtmp:///live/s",
        "rtmp://h:x/live/s",
        "rtmp://h:70000/live/s",
        "rtmp://[::1/live/s",
        "rtmp://u:p@h/live/s",
    ] {
        assert!(Url::parse(text).is_err(), "{text}");
    }
}

#[test]
fn tc_url_is_what_was_parsed() {
    for text in ["rtmp://h/live", "rtmps://h/live", "rtmp://h:443/live/inner", "rtmp://[::1]:1936/live"] {
        assert_eq!(Url::parse(&format!("{text}/s")).unwrap().tc_url(), text);
    }
}

proptest! {
    #[test]
    fn nothing_panics(a in "\\PC{0,20}", b in "\\PC{0,20}", c in "\\PC{0,20}") {
        let _ = (Target::parse(&a, &b, &c), Url::parse(&a), Url::parse(&format!("rtmp://{a}/{b}?{c}")));
    }

    #[test]
    fn spellings_agree(app in "[a-z]{1,5}(/[a-z]{1,5})?", name in "[a-z]{1,5}", key in "[a-z]{1,5}=[a-z/]{1,5}") {
        let tc_url = format!("rtmp://h/{app}");
        let on_name = Target::parse(&app, &tc_url, &format!("{name}?{key}")).unwrap();
        let on_app = Target::parse(&format!("{app}?{key}"), &format!("{tc_url}?{key}"), &name).unwrap();
        prop_assert_eq!(&on_name, &on_app);
        prop_assert_eq!((on_name.app, on_name.name, on_name.query), (app, name, key));
    }
}
