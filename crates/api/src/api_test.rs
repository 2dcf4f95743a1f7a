#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode, header};
use control::Permission;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use store::Embedded;
use tower::ServiceExt;

use super::*;

pub(crate) const PASSWORD: &str = "correct horse";

pub(crate) struct Server {
    pub(crate) api: Api,
    /// To be run by tests that order certificates.
    pub(crate) orders: std::sync::Mutex<Option<control::certificates::Orders>>,
    _folder: tempfile::TempDir,
}

/// A browser: what it was told to keep.
#[derive(Default, Clone)]
pub(crate) struct Browser {
    pub(crate) cookie: String,
    pub(crate) csrf: String,
    pub(crate) bearer: String,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
    pub(crate) headers: header::HeaderMap,
}

impl Server {
    pub(crate) fn new() -> Server {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn store::Store> = Arc::new(Embedded::open(folder.path()).unwrap());
        let accounts = Arc::new(Accounts::open(Arc::clone(&store)).unwrap());
        let platform = Platform::open(&*store, Arc::clone(&accounts), None, true).unwrap();
        let keys = Arc::new(PublishKeys::open(Arc::clone(&store), None).unwrap());
        let hub = Hub::new(hub::Config::default(), keys.gate());
        let gate = keys.gate();
        let aliases = Arc::new(Aliases::open(Arc::clone(&store), Arc::clone(&gate)).unwrap());
        let passes = Arc::new(Passes::open(Arc::clone(&store), Arc::clone(&gate)).unwrap());
        let addresses = Arc::new(AddressRules::open(Arc::clone(&store), gate).unwrap());
        let outbound = outbound::Client::new();
        let hooks = Arc::new(Hooks::open(Arc::clone(&store), outbound.clone()).unwrap());
        let past = Arc::new(Past::open(Arc::clone(&store)).unwrap());
        let recordings =
            jobs::Recordings::open(folder.path().join("record"), Default::default(), outbound.clone())
                .unwrap();
        let recordings = Arc::new(recordings);
        let ffmpeg = jobs::Ffmpeg::new(Some("/nowhere/ffmpeg".into()), CancellationToken::new());
        let snapshots = Arc::new(Snapshots::new(Arc::new(ffmpeg)));
        let timeshifts = Arc::new(jobs::Timeshifts::open(folder.path().join("timeshift")).unwrap());
        let tools = jobs::Tools {
            recordings: Arc::clone(&recordings),
            snapshots,
            timeshifts: Arc::clone(&timeshifts),
        };
        let kinds = jobs::kinds(&tools);
        let jobs = Arc::new(jobs::Supervisor::open(Arc::clone(&store), kinds).unwrap());
        let tencent = Tencent::open(
            Settings::new(Arc::clone(&store)),
            outbound.clone(),
            // Nothing listens there.
            jobs::tencent::Places {
                api: "http://127.0.0.1:1".to_owned(),
                cos: "http://127.0.0.1:1".to_owned(),
                ..Default::default()
            },
            Arc::clone(&recordings),
            Arc::clone(&jobs),
        );
        let tencent = Arc::new(tencent.unwrap());
        let (settings, audit) = (Settings::new(store), Arc::new(Audit::open(folder.path()).unwrap()));
        let hls = Arc::new(HlsSwitch::open(Default::default(), settings.clone()).unwrap());
        let environment = Environment { rtmp_port: 1936, slots: [1, 2, 3], ..Environment::default() };
        let stop = CancellationToken::new();
        let (platform, logs, data) = (Arc::new(platform), Arc::default(), folder.path().to_owned());
        // Nobody listens there.
        let bilibili = Arc::new(Bilibili::new("http://127.0.0.1:1", true));
        let well_known = folder.path().join("well-known");
        let ffmpeg = jobs::Ffmpeg::new(Some("/nowhere/ffmpeg".into()), stop.clone());
        let snapshots = Arc::new(Snapshots::new(Arc::new(ffmpeg)));
        let shelf = Arc::new(crate::oryx::Shelf::default());
        let authority = control::certificates::Authority {
            directory: "https://127.0.0.1:1/directory".to_owned(),
            staging: None,
            roots: None,
            port: 1,
            own: Vec::new(),
        };
        let tls = folder.path().join("tls");
        let certificates = control::Certificates::open(settings.clone(), &tls, shelf, authority);
        let (certificates, orders) = certificates.unwrap();
        let parts = Parts {
            hub,
            accounts,
            platform,
            keys,
            aliases,
            passes,
            addresses,
            hooks,
            settings,
            audit,
            hls,
            snapshots,
            environment,
            configuration: "".into(),
            exposition: Arc::default(),
            logs,
            past,
            data,
            outbound,
            bilibili,
            well_known,
            jobs,
            recordings,
            tencent,
            timeshifts,
            certificates,
            stop,
        };
        Server { api: Api::new(parts), orders: std::sync::Mutex::new(Some(orders)), _folder: folder }
    }

    /// With the admin `ann`, who is logged in.
    pub(crate) async fn set_up() -> (Server, Browser) {
        let server = Server::new();
        let token = server.api.accounts.setup().unwrap();
        let body = json!({"token": token.reveal(), "name": "ann", "password": PASSWORD});
        let answer = server.ask(&Browser::default(), "POST", "/api/v2/setup", Some(body)).await;
        assert_eq!(answer.status, StatusCode::CREATED);
        (server, answer.browser())
    }

    pub(crate) async fn ask(
        &self,
        browser: &Browser,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> Answer {
        let text = body.map(|body| body.to_string()).unwrap_or_default();
        self.send(browser, method, path, text).await
    }

    async fn send(&self, browser: &Browser, method: &str, path: &str, body: String) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !browser.cookie.is_empty() {
            request = request.header("cookie", &browser.cookie);
        }
        if !browser.csrf.is_empty() {
            request = request.header("x-csrf-token", &browser.csrf);
        }
        if !browser.bearer.is_empty() {
            request = request.header("authorization", &browser.bearer);
        }
        let mut request = request.body(Body::from(body)).unwrap();
        let peer: SocketAddr = "127.0.0.1:5000".parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        let response = self.api.router().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer { status: parts.status, body, headers: parts.headers }
    }

    pub(crate) async fn log_in(&self, name: &str) -> Browser {
        let body = json!({"name": name, "password": PASSWORD});
        self.ask(&Browser::default(), "POST", "/api/v2/session", Some(body)).await.browser()
    }
}

impl Answer {
    #[track_caller]
    pub(crate) fn browser(&self) -> Browser {
        let cookie = self.headers["set-cookie"].to_str().unwrap();
        assert!(cookie.contains("HttpOnly; SameSite=Strict") && cookie.contains("Path=/api/v2;"), "{cookie}");
        let cookie = cookie.split(';').next().unwrap().to_owned();
        Browser { cookie, csrf: self.body["csrf"].as_str().unwrap().to_owned(), bearer: String::new() }
    }

    #[track_caller]
    pub(crate) fn is(&self, status: u16, code: &str) {
        assert_eq!((self.status.as_u16(), &self.body["code"]), (status, &json!(code)), "{}", self.body);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert_eq!(self.body["status"], status);
    }
}

/// The path of a route with something in the place of names.
pub(crate) fn filled(route: &Route) -> String {
    // Without topics events are refused rather than endless; without a stream, history is the server's, which not everybody may see.
    let history = if route.path.ends_with("/metrics/range") { "?stream=none" } else { "" };
    route.path.replace("{id}", "1").replace("{name}", "nobody").replace("{number}", "1") + history
}

#[tokio::test]
async fn strangers_get_in_nowhere_but_where_it_says_open() {
    let (server, ann) = Server::set_up().await;
    let routes = super::routes();
    assert!(routes.len() > 15, "{routes:?}");
    for route in &routes {
        let answer = server.ask(&Browser::default(), route.method, &filled(route), Some(json!({}))).await;
        if route.access == Access::Open {
            assert_ne!(answer.body["code"], "unauthenticated", "{route:?}");
        } else {
            answer.is(401, "unauthenticated");
            let forged = Browser { csrf: String::new(), ..ann.clone() };
            if route.method != "GET" {
                server.ask(&forged, route.method, &filled(route), None).await.is(403, "csrf");
            }
        }
    }
    let open: Vec<_> = routes
        .iter()
        .filter(|route| route.access == Access::Open)
        .map(|route| (route.method, &*route.path))
        .collect();
    let expected = [
        ("POST", "/api/v2/invited"),
        ("GET", "/api/v2/openapi.json"),
        ("GET", "/api/v2/public/streams/{id}"),
        ("GET", "/api/v2/public/streams/{id}/snapshot"),
        ("GET", "/api/v2/reference"),
        ("POST", "/api/v2/session"),
        ("GET", "/api/v2/setup"),
        ("POST", "/api/v2/setup"),
    ];
    assert_eq!(open, expected, "a route that is open to everybody is a decision");
}

#[tokio::test]
async fn roles_bound_what_may_be_done() {
    let (server, ann) = Server::set_up().await;
    for (name, role) in [("vic", "viewer"), ("olga", "operator")] {
        let body = json!({"name": name, "password": PASSWORD, "role": role});
        assert_eq!(server.ask(&ann, "POST", "/api/v2/users", Some(body)).await.status, StatusCode::CREATED);
    }
    let (vic, olga) = (server.log_in("vic").await, server.log_in("olga").await);
    for route in routes() {
        let (Access::Needs(permission) | Access::SetupOr(permission) | Access::PassOr(permission)) =
            route.access
        else {
            continue;
        };
        for (browser, role) in [(&vic, control::Role::Viewer), (&olga, control::Role::Operator)] {
            let answer = server.ask(browser, route.method, &filled(&route), Some(json!({}))).await;
            let refused = answer.body["code"] == "forbidden";
            assert_eq!(refused, !role.permits(permission), "{role} {route:?} {}", answer.body);
        }
    }
    let session = server.ask(&vic, "GET", "/api/v2/session", None).await.body;
    assert_eq!(session["user"]["role"], "viewer");
    assert_eq!(
        session["permissions"],
        json!(["streams:read", "recordings:read", "system:read", "metrics:read"])
    );
    server.ask(&vic, "GET", "/api/v2/logins?everybody=true", None).await.is(403, "forbidden");
}

#[tokio::test]
async fn a_login_ends_where_and_when_it_should() {
    let (server, ann) = Server::set_up().await;
    let elsewhere = server.log_in("ann").await;
    let logins = server.ask(&ann, "GET", "/api/v2/logins", None).await.body;
    assert_eq!(logins["items"].as_array().unwrap().len(), 2, "{logins}");
    let other = logins["items"].as_array().unwrap().iter().find(|login| login["current"] == false).unwrap();
    let path = format!("/api/v2/logins/{}", other["id"].as_str().unwrap());
    assert_eq!(server.ask(&ann, "DELETE", &path, None).await.status, StatusCode::NO_CONTENT);
    server.ask(&ann, "DELETE", &path, None).await.is(404, "not_found");
    server.ask(&elsewhere, "GET", "/api/v2/session", None).await.is(401, "unauthenticated");

    let change = json!({"current": "wrong horse", "password": "battery staple"});
    server.ask(&ann, "PUT", "/api/v2/session/password", Some(change)).await.is(401, "wrong_password");
    let change = json!({"current": PASSWORD, "password": "battery staple"});
    let again = server.ask(&ann, "PUT", "/api/v2/session/password", Some(change)).await.browser();
    server.ask(&ann, "GET", "/api/v2/session", None).await.is(401, "unauthenticated");
    let out = server.ask(&again, "DELETE", "/api/v2/session", None).await;
    assert!(out.headers["set-cookie"].to_str().unwrap().contains("sluice_session=; "));
    server.ask(&again, "GET", "/api/v2/session", None).await.is(401, "unauthenticated");
}

/// As a program that has the token `secret`.
async fn with_token(server: &Server, secret: &str, method: &str, path: &str) -> Answer {
    let browser = Browser { bearer: format!("Bearer {secret}"), ..Browser::default() };
    server.ask(&browser, method, path, Some(json!({}))).await
}

#[tokio::test]
async fn a_token_opens_what_it_is_for_and_nothing_about_accounts_of_its_owner() {
    let (server, ann) = Server::set_up().await;
    let wanted = json!({"label": "monitoring", "permissions": ["streams:read"], "expires_in": 3600});
    let made = server.ask(&ann, "POST", "/api/v2/tokens", Some(wanted)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let secret = made.body["secret"].as_str().unwrap();
    for route in routes() {
        let answer = with_token(&server, secret, route.method, &filled(&route)).await;
        match route.access {
            Access::Login => answer.is(403, "needs_login"),
            Access::Needs(Permission::StreamsRead) => {
                assert_ne!(answer.body["code"], "forbidden", "{route:?}")
            }
            Access::Needs(_) | Access::SetupOr(_) | Access::PassOr(_) => answer.is(403, "forbidden"),
            Access::Account | Access::Open => assert_ne!(answer.status.as_u16(), 403, "{route:?}"),
        }
    }
    let session = with_token(&server, secret, "GET", "/api/v2/session").await.body;
    assert_eq!((&session["permissions"], &session["csrf"]), (&json!(["streams:read"]), &Value::Null));
    with_token(&server, "wrong", "GET", "/api/v2/streams").await.is(401, "unauthenticated");
    let both = Browser { bearer: "Bearer wrong".to_owned(), ..ann.clone() };
    server.ask(&both, "GET", "/api/v2/streams", None).await.is(401, "unauthenticated");

    let listed = server.ask(&ann, "GET", "/api/v2/tokens", None).await.body;
    assert!(!listed.to_string().contains(secret) && listed["items"][0]["used"].is_string(), "{listed}");
    let path = format!("/api/v2/tokens/{}", made.body["id"].as_str().unwrap());
    assert_eq!(server.ask(&ann, "DELETE", &path, None).await.status, StatusCode::NO_CONTENT);
    with_token(&server, secret, "GET", "/api/v2/streams").await.is(401, "unauthenticated");
    let unknown = json!({"label": "x", "permissions": ["everything"]});
    let for_ever = json!({"label": "x", "permissions": ["streams:read"], "expires_in": u64::MAX});
    let answer = server.ask(&ann, "POST", "/api/v2/tokens", Some(for_ever)).await;
    answer.is(422, "invalid_field");
    assert_eq!(answer.body["errors"][0]["field"], "expires_in");
    let answer = server.ask(&ann, "POST", "/api/v2/tokens", Some(unknown)).await;
    answer.is(422, "invalid_field");
    assert_eq!(answer.body["errors"][0]["field"], "permissions[0]");
}

#[tokio::test]
async fn a_second_factor_is_put_in_force_with_password_and_code() {
    let (server, ann) = Server::set_up().await;
    let path = "/api/v2/session/second-factor";
    let proposed = server.ask(&ann, "GET", path, None).await.body;
    let secret = proposed["secret"].as_str().unwrap();
    assert_eq!(proposed["url"], format!("otpauth://totp/Sluice:ann?secret={secret}&issuer=Sluice"));
    let factor = |password: &str| json!({"secret": secret, "code": "12345", "password": password});
    server.ask(&ann, "PUT", path, Some(factor("wrong horse"))).await.is(401, "wrong_password");
    server.ask(&ann, "PUT", path, Some(factor(PASSWORD))).await.is(401, "wrong_code");
    let none = json!({"secret": "AAAA", "code": "123456", "password": PASSWORD});
    server.ask(&ann, "PUT", path, Some(none)).await.is(422, "invalid_field");
    assert_eq!(server.ask(&ann, "GET", "/api/v2/session", None).await.body["user"]["second_factor"], false);
    let removed = server.ask(&ann, "DELETE", path, Some(json!({"password": PASSWORD}))).await;
    assert_eq!(removed.status, StatusCode::OK, "{}", removed.body);
}

#[tokio::test]
async fn what_was_changed_or_tried_is_written_down_with_who_it_was() {
    let (server, ann) = Server::set_up().await;
    let viewer = json!({"name": "vic", "password": PASSWORD, "role": "viewer"});
    server.ask(&ann, "POST", "/api/v2/users", Some(viewer)).await;
    let vic = server.log_in("vic").await;
    server.ask(&vic, "DELETE", "/api/v2/users/ann", None).await.is(403, "forbidden");
    let wrong = json!({"name": "ann", "password": "wrong horse"});
    server.ask(&Browser::default(), "POST", "/api/v2/session", Some(wrong)).await.is(401, "wrong_password");
    let log = server.ask(&ann, "GET", "/api/v2/audit", None).await.body;
    let seen: Vec<_> = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| {
            format!("{} {} {} {}", item["who"], item["action"], item["subject"], item["status"])
                .replace('"', "")
        })
        .collect();
    let expected = [
        "null login ann 401",
        "vic DELETE /api/v2/users/{name} /api/v2/users/ann 403",
        "vic login vic 201",
        "ann POST /api/v2/users /api/v2/users 201",
        "ann set up  201",
    ];
    assert_eq!(seen, expected);
    assert!(!log.to_string().contains(PASSWORD));
    let page = server.ask(&ann, "GET", "/api/v2/audit?limit=1", None).await.body;
    let rest = server
        .ask(&ann, "GET", &format!("/api/v2/audit?after={}", page["next"].as_str().unwrap()), None)
        .await;
    assert_eq!(rest.body["items"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn a_token_for_accounts_makes_nobody_an_admin() {
    let (server, ann) = Server::set_up().await;
    let wanted = json!({"label": "t", "permissions": ["accounts:read", "accounts:write", "streams:read", "system:read", "metrics:read", "recordings:read", "jobs:read"]});
    let made = server.ask(&ann, "POST", "/api/v2/tokens", Some(wanted)).await;
    let token =
        Browser { bearer: format!("Bearer {}", made.body["secret"].as_str().unwrap()), ..Browser::default() };
    let user = |role: &str| Some(json!({"name": role, "password": PASSWORD, "role": role}));
    assert_eq!(server.ask(&token, "POST", "/api/v2/users", user("viewer")).await.status, 201);
    server.ask(&token, "POST", "/api/v2/users", user("operator")).await.is(403, "forbidden");
    server.ask(&token, "POST", "/api/v2/users", user("admin")).await.is(403, "forbidden");
    let viewer = "/api/v2/users/viewer";
    server.ask(&token, "PATCH", viewer, Some(json!({"role": "admin"}))).await.is(403, "forbidden");
    let password = Some(json!({"password": "another horse"}));
    server.ask(&token, "PATCH", "/api/v2/users/ann", password.clone()).await.is(403, "forbidden");
    server.ask(&token, "DELETE", "/api/v2/users/ann", None).await.is(403, "forbidden");
    server.ask(&token, "DELETE", "/api/v2/users/ann/second-factor", None).await.is(403, "forbidden");
    assert_eq!(server.ask(&token, "PATCH", viewer, password).await.status, 200);
    assert_eq!(
        server.ask(&ann, "PATCH", viewer, Some(json!({"role": "admin"}))).await.status,
        200,
        "an admin may"
    );
}

#[tokio::test]
async fn what_was_typed_as_a_name_is_not_written_down() {
    let (server, ann) = Server::set_up().await;
    let body = json!({"name": "my-Secret_password", "password": "x"});
    server.ask(&Browser::default(), "POST", "/api/v2/session", Some(body)).await.is(401, "wrong_password");
    let audit = server.ask(&ann, "GET", "/api/v2/audit", None).await.body.to_string();
    assert!(audit.contains("(unknown name)") && !audit.to_lowercase().contains("my-secret"), "{audit}");
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_said() {
    let (server, ann) = Server::set_up().await;
    let users = "/api/v2/users";
    for (body, field) in [
        (json!({"name": "bob", "password": PASSWORD, "role": "king"}), "role"),
        (json!({"name": "bob", "password": "short", "role": "viewer"}), "password"),
        (json!({"name": "b b", "password": PASSWORD, "role": "viewer"}), "name"),
        (json!({"name": 5, "password": PASSWORD, "role": "viewer"}), "name"),
    ] {
        let answer = server.ask(&ann, "POST", users, Some(body)).await;
        answer.is(422, "invalid_field");
        assert_eq!(answer.body["errors"][0]["field"], field, "{}", answer.body);
    }
    for body in ["", "{", "[]", "{\"name\":\"\\ud800\"}", "{} {}", "\u{0}"] {
        let answer = server.send(&ann, "POST", users, body.to_owned()).await;
        assert!(matches!(answer.status.as_u16(), 400 | 422), "{body:?}: {}", answer.body);
    }
    let twice = r#"{"name":"bob","name":"eve","password":"correct horse","role":"viewer"}"#;
    let answer = server.send(&ann, "POST", users, twice.to_owned()).await;
    answer.is(422, "invalid_field");
    assert_eq!(answer.body["errors"][0]["field"], "name");
    let answer =
        server.send(&ann, "PATCH", "/api/v2/settings", r#"{"ai":{"url":"a","url":"b"}}"#.to_owned()).await;
    assert!(answer.status.is_client_error(), "{}", answer.body);
    let nested = format!(r#"{{"name":{}1{}}}"#, "[".repeat(500), "]".repeat(500));
    server.send(&ann, "POST", users, nested).await.is(422, "invalid_field");
    let deep = "[".repeat(100_000);
    server.send(&ann, "POST", users, deep).await.is(400, "invalid_body");
    server.send(&ann, "POST", users, " ".repeat(300 << 10)).await.is(413, "too_large");
    server.ask(&ann, "PUT", users, None).await.is(405, "method_not_allowed");
    server.ask(&ann, "GET", "/api/v2/nothing", None).await.is(404, "not_found");
    server.ask(&ann, "DELETE", "/api/v2/sessions/x", None).await.is(400, "invalid_parameter");
    server.ask(&ann, "GET", "/api/v2/sessions?limit=x", None).await.is(400, "invalid_parameter");
    server.ask(&ann, "GET", "/api/v2/streams/live%2Fnone", None).await.is(404, "not_found");
    server.ask(&ann, "GET", "/api/v2/streams/live", None).await.is(422, "invalid_field");
    server.ask(&ann, "POST", "/api/v2/streams/live%2Fnone/kick", None).await.is(404, "not_found");
    let snapshot = "/api/v2/streams/live%2Fnone/snapshot";
    server.ask(&ann, "GET", snapshot, None).await.is(404, "not_found");
    server.ask(&ann, "GET", "/api/v2/streams/none/snapshot", None).await.is(422, "invalid_field");
    for width in ["15", "0", "1921", "4294967295"] {
        let answer = server.ask(&ann, "GET", &format!("{snapshot}?width={width}"), None).await;
        answer.is(422, "invalid_field");
        assert_eq!(answer.body["errors"][0]["field"], "width");
    }
    for width in ["", "-1", "4294967296", "wide", "64&width=64"] {
        let answer = server.ask(&ann, "GET", &format!("{snapshot}?width={width}"), None).await;
        answer.is(400, "invalid_parameter");
    }
    server.ask(&ann, "DELETE", "/api/v2/users/ann", None).await.is(409, "last_admin");
    let again = json!({"token": "x", "name": "eve", "password": PASSWORD});
    server.ask(&ann, "POST", "/api/v2/setup", Some(again)).await.is(409, "set_up_already");
}

#[tokio::test]
async fn somebody_called_all_sees_no_more_than_anybody() {
    let (server, ann) = Server::set_up().await;
    let body = json!({"name": "all", "password": PASSWORD, "role": "viewer"});
    server.ask(&ann, "POST", "/api/v2/users", Some(body)).await;
    let all = server.log_in("all").await;
    for path in ["/api/v2/logins", "/api/v2/logins?user=all"] {
        let listed = server.ask(&all, "GET", path, None).await.body;
        let owners: Vec<_> = listed["items"].as_array().unwrap().iter().map(|item| &item["user"]).collect();
        assert_eq!(owners, ["all"], "{path}");
    }
    server.ask(&all, "GET", "/api/v2/tokens?everybody=true", None).await.is(403, "forbidden");
}

#[tokio::test]
async fn a_page_of_another_origin_logs_nobody_in() {
    let (server, _) = Server::set_up().await;
    for (origin, status) in [("http://here:2022", 201), ("http://evil.example", 403), ("null", 403)] {
        let mut request = Request::post("/api/v2/session")
            .header("host", "here:2022")
            .header("origin", origin)
            .body(Body::from(json!({"name": "ann", "password": PASSWORD}).to_string()))
            .unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 5000))));
        let response = server.api.router().oneshot(request).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{origin}");
    }
}

#[tokio::test]
async fn keys_are_made_changed_rotated_and_removed() {
    let (server, ann) = Server::set_up().await;
    let keys = "/api/v2/keys";
    let before = server.ask(&ann, "GET", keys, None).await.body;
    assert_eq!((&before["items"], &before["open"]), (&json!([]), &json!(false)));
    let wanted = json!({"label": "church", "app": "church", "expires_in": 3600});
    let made = server.ask(&ann, "POST", keys, Some(wanted)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    assert!(made.body["expires"].is_string() && made.body.get("stream").is_none(), "{}", made.body);
    let stream = hub::StreamKey::new("church", "cam").unwrap();
    let admits = |key: &Value| {
        let now = std::time::SystemTime::now();
        server.api.keys.gate().publishing().admits(&stream, key.as_str().unwrap(), now)
    };
    assert!(admits(&made.body["key"]) && !admits(&before["global"]));

    let path = format!("{keys}/{}", made.body["id"].as_str().unwrap());
    let rotated = server.ask(&ann, "POST", &format!("{path}/rotate"), Some(json!({"grace": 60}))).await.body;
    assert!(admits(&made.body["key"]) && admits(&rotated["key"]) && rotated["key"] != made.body["key"]);
    let change = json!({"label": "organ", "expires_in": null, "disabled": true});
    let changed = server.ask(&ann, "PATCH", &path, Some(change)).await.body;
    assert_eq!((&changed["label"], changed.get("expires")), (&json!("organ"), None));
    assert!(!admits(&rotated["key"]) && !admits(&before["global"]), "disabled is not open");
    assert_eq!(server.ask(&ann, "DELETE", &path, None).await.status, StatusCode::NO_CONTENT);
    assert!(admits(&before["global"]));
    server.ask(&ann, "DELETE", &path, None).await.is(404, "not_found");

    for (body, field) in [
        (json!({"label": ""}), "label"),
        (json!({"label": "x", "app": "api"}), "app"),
        (json!({"label": "x", "stream": "a/b"}), "stream"),
        (json!({"label": "x", "key": "short"}), "key"),
        (json!({"label": "x", "expires_in": u64::MAX}), "expires_in"),
    ] {
        let answer = server.ask(&ann, "POST", keys, Some(body)).await;
        answer.is(422, "invalid_field");
        assert_eq!(answer.body["errors"][0]["field"], field, "{}", answer.body);
    }
}

/// The next event or comment of a response that is still coming; `None` at its end.
async fn next_event(body: &mut Body) -> Option<String> {
    let frame = body.frame().await?.unwrap().into_data().unwrap();
    Some(String::from_utf8(frame.to_vec()).unwrap())
}

#[tokio::test(start_paused = true)]
async fn events_tell_what_is_there_what_changes_and_end_with_the_login() {
    let (server, ann) = Server::set_up().await;
    let listen = async |topics: &str| {
        let mut request = Request::get(format!("/api/v2/events?topics={topics}"))
            .header("cookie", &ann.cookie)
            .body(Body::empty())
            .unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 5000))));
        server.api.router().oneshot(request).await.unwrap()
    };
    assert_eq!(listen("streams,other").await.status().as_u16(), 422);
    let response = listen("streams").await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut body = response.into_body();
    let first = next_event(&mut body).await.unwrap();
    assert!(
        first.contains("event: streams\n") && first.contains(r#"data: {"snapshot":true,"items":[]}"#),
        "{first}"
    );

    server.api.keys.set_open(true).unwrap();
    let request = hub::AccessRequest {
        action: hub::Action::Publish,
        key: hub::StreamKey::new("live", "cam").unwrap(),
        query: String::new(),
        protocol: "rtmp",
        peer: ([127, 0, 0, 1], 5001).into(),
        agent: String::new(),
        url: String::new(),
        page: String::new(),
    };
    let publisher = server.api.hub.publish(request).await.unwrap();
    let changed = next_event(&mut body).await.unwrap();
    assert!(
        changed.contains(r#""changed":[{"id":"live/cam""#) && changed.contains(r#""gone":[]"#),
        "{changed}"
    );
    drop(publisher);
    loop {
        let event = next_event(&mut body).await.unwrap();
        if event.contains(r#""gone":["live/cam"]"#) {
            break;
        }
        assert!(event.contains("changed") || event.starts_with(':'), "{event}");
    }
    assert!(next_event(&mut body).await.unwrap().starts_with(':'), "nothing to tell, and still here");
    server.ask(&ann, "DELETE", "/api/v2/session", None).await;
    assert_eq!(next_event(&mut body).await, None);
}

#[tokio::test]
async fn listeners_are_bounded_in_number_and_end_with_the_server() {
    let (server, ann) = Server::set_up().await;
    let held: Vec<_> =
        std::iter::from_fn(|| Arc::clone(&server.api.listeners).try_acquire_owned().ok()).collect();
    assert_eq!(held.len(), LISTENERS);
    server.ask(&ann, "GET", "/api/v2/events?topics=streams", None).await.is(503, "too_many_listeners");
    drop(held);
    server.api.stop.cancel();
    let answer = server.ask(&ann, "GET", "/api/v2/events?topics=streams,system", None).await;
    assert_eq!(answer.status, StatusCode::OK, "and it has ended");
}

#[tokio::test]
async fn who_guesses_is_told_when_to_try_again() {
    let (server, _) = Server::set_up().await;
    let guess = || json!({"name": "ann", "password": "wrong horse"});
    for _ in 0..4 {
        server
            .ask(&Browser::default(), "POST", "/api/v2/session", Some(guess()))
            .await
            .is(401, "wrong_password");
    }
    let answer = server.ask(&Browser::default(), "POST", "/api/v2/session", Some(guess())).await;
    answer.is(429, "too_many_tries");
    assert_eq!(answer.headers["retry-after"], "1");
    let written = server.api.audit.newest(None, 100);
    assert!(written.iter().all(|entry| entry.deed.status != 429), "waiting is not written down");
}

#[tokio::test]
async fn the_document_has_every_route() {
    let document: Value = serde_json::from_str(&openapi()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
    let mut ids = std::collections::HashSet::new();
    for route in routes() {
        let operation = &document["paths"][&route.path][route.method.to_lowercase()];
        assert!(operation["summary"].is_string(), "{route:?}");
        assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{route:?}");
        assert!(Method::from_bytes(route.method.as_bytes()).is_ok());
    }
}

#[tokio::test]
async fn passes_let_in_to_what_is_guarded() {
    let (server, ann) = Server::set_up().await;
    let passes = "/api/v2/passes";
    let gate = server.api.keys.gate();
    let play = |name: &str, token: &Value| {
        let stream = hub::StreamKey::new("live", name).unwrap();
        let query = format!("token={}", token.as_str().unwrap());
        let now = std::time::SystemTime::now();
        gate.passes().admits(hub::Action::Play, &stream, &query, [192, 0, 2, 1].into(), now)
    };
    let before = server.ask(&ann, "GET", passes, None).await.body;
    assert_eq!(before["guarded"], json!([]));
    let guarded = json!({"guarded": ["live/*", "*/cam"]});
    assert_eq!(
        server.ask(&ann, "PUT", passes, Some(guarded.clone())).await.body["guarded"],
        guarded["guarded"]
    );
    assert!(gate.passes().guards(&hub::StreamKey::new("other", "cam").unwrap()));
    let wrong = server.ask(&ann, "PUT", passes, Some(json!({"guarded": ["live/*", "live"]}))).await;
    wrong.is(422, "invalid_field");
    assert_eq!(wrong.body["errors"][0]["field"], "guarded[1]");

    let wanted = json!({"streams": "live/cam", "expires_in": 60, "network": "192.0.2.0/24"});
    let made = server.ask(&ann, "POST", passes, Some(wanted.clone())).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    assert!(play("cam", &made.body["token"]) && !play("other", &made.body["token"]));
    let after = server.ask(&ann, "POST", &format!("{passes}/rotate"), Some(json!({}))).await.body;
    assert_ne!(after["signing_key"], before["signing_key"]);
    assert!(!play("cam", &made.body["token"]));
    for (name, value) in
        [("streams", json!("cam")), ("expires_in", json!(u64::MAX)), ("network", json!("here"))]
    {
        let mut body = wanted.clone();
        body[name] = value;
        let answer = server.ask(&ann, "POST", passes, Some(body)).await;
        answer.is(422, "invalid_field");
        assert_eq!(answer.body["errors"][0]["field"], name);
    }
}

#[tokio::test]
async fn guests_see_what_they_are_invited_to_until_they_are_not() {
    let (server, ann) = Server::set_up().await;
    let wanted =
        json!({"label": "Bob", "action": "publish", "app": "live", "stream": "bob", "expires_in": 60});
    let made = server.ask(&ann, "POST", "/api/v2/invites", Some(wanted.clone())).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let listed = server.ask(&ann, "GET", "/api/v2/invites", None).await.body;
    assert_eq!(listed["items"], json!([made.body]));
    let guest = Browser::default();
    let token = json!({"token": made.body["token"]});
    let seen = server.ask(&guest, "POST", "/api/v2/invited", Some(token.clone())).await.body;
    assert_eq!(
        (&seen["label"], &seen["action"], &seen["stream"]),
        (&json!("Bob"), &json!("publish"), &json!("bob"))
    );
    let path = format!("/api/v2/invites/{}", made.body["id"].as_str().unwrap());
    assert_eq!(server.ask(&ann, "DELETE", &path, None).await.status, StatusCode::NO_CONTENT);
    server.ask(&ann, "DELETE", &path, None).await.is(404, "not_found");
    server.ask(&guest, "POST", "/api/v2/invited", Some(token)).await.is(404, "not_found");
    for (name, value) in
        [("label", json!("")), ("app", json!("api")), ("stream", json!("a/b")), ("network", json!("x"))]
    {
        let mut body = wanted.clone();
        body[name] = value;
        let answer = server.ask(&ann, "POST", "/api/v2/invites", Some(body)).await;
        answer.is(422, "invalid_field");
        assert_eq!(answer.body["errors"][0]["field"], name);
    }
}

#[tokio::test]
async fn aliases_and_address_rules_are_made_and_removed() {
    let (server, ann) = Server::set_up().await;
    let wanted = json!({"label": "door", "app": "live", "stream": "door"});
    let made = server.ask(&ann, "POST", "/api/v2/aliases", Some(wanted)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let named = json!({"label": "x", "app": "live", "stream": "y", "name": made.body["name"]});
    server.ask(&ann, "POST", "/api/v2/aliases", Some(named)).await.is(409, "taken");
    let path = format!("/api/v2/aliases/{}", made.body["id"].as_str().unwrap());
    let changed = server.ask(&ann, "PATCH", &path, Some(json!({"disabled": true}))).await.body;
    assert_eq!((&changed["disabled"], &changed["label"]), (&json!(true), &json!("door")));
    assert_eq!(server.ask(&ann, "GET", "/api/v2/aliases", None).await.body["items"], json!([changed]));
    assert_eq!(server.ask(&ann, "DELETE", &path, None).await.status, StatusCode::NO_CONTENT);
    let slash = json!({"label": "x", "app": "live", "stream": "y", "name": "short"});
    server.ask(&ann, "POST", "/api/v2/aliases", Some(slash)).await.is(422, "invalid_field");

    let rules = "/api/v2/address-rules";
    let wanted = json!({"label": "x", "actions": ["publish"], "network": "192.0.2.9/24", "effect": "deny"});
    let made = server.ask(&ann, "POST", rules, Some(wanted.clone())).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    assert_eq!((&made.body["network"], &made.body["streams"]), (&json!("192.0.2.0/24"), &json!("*")));
    let stream = hub::StreamKey::new("live", "cam").unwrap();
    let admits = || {
        let policy = server.api.keys.gate().addresses();
        policy.admits(hub::Action::Publish, &stream, [192, 0, 2, 77].into())
    };
    assert!(!admits());
    assert_eq!(server.ask(&ann, "GET", rules, None).await.body["items"], json!([made.body]));
    let path = format!("{rules}/{}", made.body["id"].as_str().unwrap());
    assert_eq!(server.ask(&ann, "DELETE", &path, None).await.status, StatusCode::NO_CONTENT);
    assert!(admits());
    for (name, value) in [("actions", json!([])), ("network", json!("x/1")), ("streams", json!("live"))] {
        let mut body = wanted.clone();
        body[name] = value;
        let answer = server.ask(&ann, "POST", rules, Some(body)).await;
        answer.is(422, "invalid_field");
        assert_eq!(answer.body["errors"][0]["field"], name);
    }
}

#[tokio::test]
async fn settings_are_merged_checked_as_a_whole_and_guarded_by_their_etag() {
    let (server, ann) = Server::set_up().await;
    let path = "/api/v2/settings";
    let before = server.ask(&ann, "GET", path, None).await;
    let defaults = json!({
        "hls": {"plain": false, "short": false, "set": []}, "pages": {},
        "source_limits": {"files": 5000, "cameras": 5000}, "ai": {"key_set": false},
    });
    assert_eq!(before.body, defaults);
    let patch = json!({
        "hls": {"plain": true}, "pages": {"title": "Mine"}, "source_limits": {"cameras": 9},
        "ai": {"key": "sk-secret", "url": "https://ai.example"},
    });
    let changed = server.ask(&ann, "PATCH", path, Some(patch)).await;
    let expected = json!({
        "hls": {"plain": true, "short": false, "set": ["plain"]}, "pages": {"title": "Mine"},
        "source_limits": {"files": 5000, "cameras": 9}, "ai": {"key_set": true, "url": "https://ai.example"},
    });
    assert_eq!(changed.body, expected);
    let again = server.ask(&ann, "GET", path, None).await;
    assert_eq!((&again.body, &again.headers["etag"]), (&expected, &changed.headers["etag"]));
    assert!(!again.body.to_string().contains("sk-secret"));

    for (patch, field) in [
        (json!({"hls": {"short": "yes"}, "pages": {"title": "Lost"}}), "hls.short"),
        (json!({"source_limits": {"files": 0}, "pages": {"title": "Lost"}}), "source_limits.files"),
        (json!({"ai": {"url": "ftp://x"}}), "ai.url"),
        (json!({"ai": {"key": ""}}), "ai.key"),
        (json!({"ai": {"key_set": true}}), "ai.key_set"),
        (json!({"pages": {"title": "x".repeat(5000)}}), "pages.title"),
        (json!({"other": 1}), "other"),
    ] {
        let answer = server.ask(&ann, "PATCH", path, Some(patch)).await;
        answer.is(422, "invalid_field");
        assert_eq!(answer.body["errors"][0]["field"], field, "{}", answer.body);
    }
    assert_eq!(server.ask(&ann, "GET", path, None).await.body, expected, "nothing of it");

    let odd = control::settings::AiService { url: "no-scheme".to_owned(), ..Default::default() };
    let kept: control::settings::AiService = server.api.settings.read().unwrap();
    server.api.settings.write(&odd).unwrap();
    let other = server.ask(&ann, "PATCH", path, Some(json!({"source_limits": {"files": 5000}}))).await;
    assert_eq!(other.status, StatusCode::OK, "what another API has set is in nobody's way");
    server.api.settings.write(&kept).unwrap();

    let stale = |etag: &header::HeaderValue| {
        let request = Request::patch(path).header("cookie", &ann.cookie).header("x-csrf-token", &ann.csrf);
        let mut request = request
            .header("if-match", etag)
            .body(Body::from(r#"{"pages":{"title":null},"ai":null}"#))
            .unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 5000))));
        server.api.router().oneshot(request)
    };
    assert_eq!(stale(&before.headers["etag"]).await.unwrap().status(), StatusCode::PRECONDITION_FAILED);
    assert_eq!(stale(&again.headers["etag"]).await.unwrap().status(), StatusCode::OK);
    let after = server.ask(&ann, "GET", path, None).await.body;
    assert_eq!((&after["pages"], &after["ai"]), (&json!({}), &json!({"key_set": false})));
    let reset = server.ask(&ann, "PATCH", path, Some(json!({"hls": null, "source_limits": null}))).await;
    assert_eq!(reset.body, defaults);
}
