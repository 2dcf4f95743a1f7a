#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::RawQuery;
use axum::routing::get;
use serde_json::json;
use tokio::net::TcpListener;

use super::*;

/// Bilibili, as it answers to a query; counts how often it is asked.
async fn service() -> (Bilibili, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let answer = move |RawQuery(query): RawQuery| async move {
        counter.fetch_add(1, Ordering::SeqCst);
        match &*query.unwrap() {
            "bvid=BV1missing" => json!({"code": -404, "message": "nothing there"}).to_string(),
            "bvid=BV1page" => "<html>".to_owned(),
            "bvid=BV1large" => "x".repeat(LIMITS.bytes + 1),
            other => json!({"code": 0, "data": {"title": other, "stat": {"view": 7}}}).to_string(),
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/x/web-interface/view", get(answer));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (Bilibili::new(&address, false), asked)
}

#[tokio::test]
async fn a_video_is_asked_for_once_a_day_and_by_its_escaped_id() {
    let (bilibili, asked) = service().await;
    let client = Client::new();
    for _ in 0..3 {
        let text = bilibili.video(&client, "BV1 a&b=/é").await.unwrap();
        let data: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(data, json!({"title": "bvid=BV1%20a%26b%3D%2F%C3%A9", "stat": {"view": 7}}));
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    let long_ago = Instant::now() - bilibili.keep;
    bilibili.heard.lock().unwrap().values_mut().for_each(|(at, _)| *at = long_ago);
    bilibili.video(&client, "BV1 a&b=/é").await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    assert_eq!(Bilibili::new("", true).keep, Duration::from_secs(300));
}

#[tokio::test]
async fn no_more_than_some_videos_are_remembered() {
    let bilibili = Bilibili::new("", false);
    for number in 0..MOST + 5 {
        bilibili.remember(&number.to_string(), &"{}".into());
    }
    assert_eq!(bilibili.heard.lock().unwrap().len(), MOST);
    assert!(bilibili.known("0").is_none() && bilibili.known(&(MOST + 4).to_string()).is_some());
}

#[tokio::test]
async fn what_goes_wrong_is_said_and_not_remembered() {
    let (bilibili, asked) = service().await;
    let client = Client::new();
    let fails = async |bilibili: &Bilibili, id: &str| bilibili.video(&client, id).await.unwrap_err().0;
    let url =
        |bilibili: &Bilibili, id: &str| format!("get {}/x/web-interface/view?bvid={id}: ", bilibili.address);
    for _ in 0..2 {
        let said = fails(&bilibili, "BV1missing").await;
        assert_eq!(said, url(&bilibili, "BV1missing") + "code -404: nothing there");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    let said = fails(&bilibili, "BV1page").await;
    assert!(said.starts_with("json unmarshal <html>: "), "{said}");
    let said = fails(&bilibili, "BV1large").await;
    assert_eq!(said, url(&bilibili, "BV1large") + "the answer has more than 262144 bytes");
    let elsewhere = Bilibili::new(&format!("{}/none", bilibili.address), false);
    assert_eq!(fails(&elsewhere, "x").await, url(&elsewhere, "x") + "status 404");
    let nobody = Bilibili::new("http://127.0.0.1:1", false);
    let said = fails(&nobody, "x").await;
    assert!(said.starts_with(&(url(&nobody, "x") + "cannot connect: ")), "{said}");
    let held: Vec<_> = std::iter::from_fn(|| bilibili.places.try_acquire().ok()).collect();
    assert_eq!(fails(&bilibili, "y").await, url(&bilibili, "y") + "too many ask already");
    drop(held);
}
