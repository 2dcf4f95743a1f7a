//! Our RTMP client against other people's servers.

use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use bytes::Bytes;
use container::flv::{self, TagKind};
use gateway::rtmp::client::{Action, Client, Error, Event, MediaKind, Options};
use gateway::tls::Trust;
use media::Time;
use testkit::nginx::Nginx;
use testkit::{Clip, Process, Server, Tool, tool};

use crate::support::{SLUICE, SOON, STREAM, USUAL};

/// A message of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Message {
    kind: MediaKind,
    time: Time,
    body: Bytes,
}

/// The sound and pictures of the clip.
fn messages(clip: &Clip) -> Vec<Message> {
    let mut reader = flv::Reader::new();
    reader.push(&std::fs::read(clip.path()).unwrap());
    let tags = std::iter::from_fn(|| reader.next().unwrap());
    let message = |tag: flv::Tag| {
        let kind = match tag.kind {
            TagKind::Audio => MediaKind::Audio,
            TagKind::Video => MediaKind::Video,
            TagKind::Data => return None,
        };
        Some(Message { kind, time: Time::from_millis(tag.timestamp.into()), body: tag.body })
    };
    tags.filter_map(message).collect()
}

/// Sends all of them, four times as fast as they play, and says goodbye.
async fn publish(mut client: Client, messages: &[Message]) {
    let began = tokio::time::Instant::now();
    for message in messages {
        let due = began + message.time.since(Time::ZERO).to_std() / 4;
        while let Ok(event) = tokio::time::timeout_at(due, client.next()).await {
            event.unwrap();
        }
        client.send(message.kind, message.time, std::slice::from_ref(&message.body)).await.unwrap();
    }
    client.finish().await.unwrap();
}

/// What comes until there are `count`, or the server ends it.
async fn watch(mut client: Client, count: usize) -> Vec<Message> {
    let mut messages = Vec::new();
    while messages.len() < count {
        match client.next().await {
            Ok(Event::Media(media)) if media.kind != MediaKind::Data => {
                messages.push(Message { kind: media.kind, time: media.time, body: media.body });
            }
            Ok(_) => {}
            Err(Error::Ended(_) | Error::Closed) => break,
            Err(error) => panic!("{error}"),
        }
    }
    messages
}

async fn dial(url: &str, action: Action) -> Client {
    let options = Options { trust: Trust::insecure(), ..Options::default() };
    let dialed = tokio::time::timeout(SOON, Client::dial(url, action, &options)).await.unwrap();
    dialed.unwrap_or_else(|error| panic!("{url}: {error}"))
}

fn of(kind: MediaKind, messages: &[Message]) -> Vec<&Bytes> {
    messages.iter().filter(|message| message.kind == kind).map(|message| &message.body).collect()
}

/// Publishes the clip to one URL and plays it at the other, by our client both.
async fn goes_through(publish_url: &str, play_url: &str) {
    let clip = Clip::new(USUAL);
    let sent = messages(&clip);
    let player = dial(play_url, Action::Play).await;
    let publisher = dial(publish_url, Action::Publish).await;
    // Not all of the end: who ends the stream when is the server's to say.
    let played = async { tokio::time::timeout(STREAM, watch(player, sent.len() - 4)).await.unwrap() };
    let (seen, ()) = tokio::join!(played, publish(publisher, &sent));
    for kind in [MediaKind::Video, MediaKind::Audio] {
        let (sent, seen) = (of(kind, &sent), of(kind, &seen));
        assert!(seen.len() + 4 > sent.len(), "{kind:?}: {} of {}", seen.len(), sent.len());
        assert!(sent.starts_with(&seen), "{kind:?}: others than were sent");
    }
}

#[tokio::test]
async fn nginx_takes_what_we_publish_and_we_take_what_it_plays() {
    if !tool::have(&[Tool::Ffmpeg, Tool::Nginx]) {
        return;
    }
    let nginx = Nginx::start();
    let url = nginx.url("live/s?key=value");
    goes_through(&url, &url).await;
}

#[tokio::test]
async fn our_own_server_does_with_tls_and_without() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let server = Server::of(SLUICE).env("SLUICE_RTMPS_LISTEN", "127.0.0.1:0").start();
    goes_through(&server.publish_url("live/s"), &server.rtmps_url("live/s")).await;
    let publish = format!("{}?secret={}", server.rtmps_url("live/t"), Server::KEY);
    goes_through(&publish, &server.rtmp_url("live/t")).await;
}

/// FFmpeg as a server of one connection, on a port that was free a moment ago.
fn listening(arguments: impl Fn(&str) -> Vec<String>) -> (String, Process) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("rtmp://127.0.0.1:{port}/live/s");
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-hide_banner", "-loglevel", "error", "-y"]).args(arguments(&url));
    (url, Process::start("listening ffmpeg", &mut command))
}

/// Once FFmpeg listens.
async fn dial_soon(url: &str, action: Action) -> Client {
    let began = tokio::time::Instant::now();
    loop {
        match Client::dial(url, action, &Options::default()).await {
            Ok(client) => return client,
            Err(Error::Connect { .. }) if began.elapsed() < SOON => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(error) => panic!("{url}: {error}"),
        }
    }
}

#[tokio::test]
async fn ffmpeg_takes_what_we_publish() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(USUAL);
    let sent = messages(&clip);
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.flv");
    let (url, ffmpeg) = listening(|url| {
        let copy = copy.to_str().unwrap();
        ["-f", "flv", "-listen", "1", "-i", url, "-c", "copy", "-f", "flv", copy].map(str::to_owned).to_vec()
    });
    publish(dial_soon(&url, Action::Publish).await, &sent).await;
    ffmpeg.wait(SOON);
    let mut reader = flv::Reader::new();
    reader.push(&std::fs::read(copy).unwrap());
    let tags: Vec<_> = std::iter::from_fn(|| reader.next().unwrap()).collect();
    let pictures = |kind: TagKind| tags.iter().filter(move |tag| tag.kind == kind).count();
    let (video, audio) = (pictures(TagKind::Video), pictures(TagKind::Audio));
    assert!(video >= of(MediaKind::Video, &sent).len() - 2, "{video} pictures");
    assert!(audio >= of(MediaKind::Audio, &sent).len() - 4, "{audio} sounds");
}

#[tokio::test]
async fn we_take_what_ffmpeg_plays() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(USUAL);
    let sent = messages(&clip);
    let (url, _ffmpeg) = listening(|url| {
        let clip = clip.path().to_str().unwrap();
        let read = ["-readrate", "4", "-i", clip, "-c", "copy", "-flvflags", "no_duration_filesize"];
        let write = ["-f", "flv", "-listen", "1", url];
        read.into_iter().chain(write).map(str::to_owned).collect()
    });
    let player = dial_soon(&url, Action::Play).await;
    let seen = tokio::time::timeout(STREAM, watch(player, sent.len())).await.unwrap();
    let (sent, seen) = (of(MediaKind::Video, &sent), of(MediaKind::Video, &seen));
    assert!(seen.len() + 2 >= sent.len(), "{} of {}", seen.len(), sent.len());
}
