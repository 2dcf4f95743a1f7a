//! Somebody at the API of a server, as a browser is.

use serde_json::{Value, json};
use testkit::{Server, http};

use super::SOON;

/// Of everybody.
pub(crate) const PASSWORD: &str = "correct horse";

/// Somebody at the API of a server.
pub(crate) struct Client {
    pub(crate) server: String,
    pub(crate) cookie: String,
    pub(crate) csrf: String,
}

impl Client {
    pub(crate) fn stranger(server: &Server) -> Client {
        Client { server: server.http_url(""), cookie: String::new(), csrf: String::new() }
    }

    /// Who makes the first account, with what the server printed.
    pub(crate) fn owner(server: &Server) -> Client {
        server.wait_for_log(1, &["First account"], SOON);
        let log = server.log();
        let line = log.iter().find(|line| line.contains("First account")).unwrap();
        let token = line.split_once("/mgmt/setup?token=").unwrap().1.trim();
        let account = json!({"token": token, "name": "ann", "password": PASSWORD});
        Client::stranger(server).enters("setup", account)
    }

    pub(crate) fn log_in(server: &Server, name: &str) -> Client {
        Client::stranger(server).enters("session", json!({"name": name, "password": PASSWORD}))
    }

    #[track_caller]
    pub(crate) fn enters(mut self, path: &str, body: Value) -> Client {
        let answer = self.ask("POST", path, Some(body));
        assert_eq!(answer.status, 201, "{}", answer.text());
        let [cookie] = answer.header("set-cookie")[..] else { panic!("one cookie") };
        self.cookie = cookie.split(';').next().unwrap().to_owned();
        self.csrf = json_of(&answer)["csrf"].as_str().unwrap().to_owned();
        self
    }

    pub(crate) fn ask(&self, method: &str, path: &str, body: Option<Value>) -> http::Response {
        let headers = [("cookie", self.cookie.as_str()), ("x-csrf-token", self.csrf.as_str())];
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        http::send(method, &format!("{}api/v2/{path}", self.server), &headers, &body)
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Value {
        let answer = self.ask("GET", path, None);
        assert_eq!(answer.status, 200, "{}", answer.text());
        json_of(&answer)
    }
}

#[track_caller]
pub(crate) fn json_of(answer: &http::Response) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_else(|_| panic!("{}", answer.text()))
}
