//! RTMP with TLS in and out of the real binary.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use testkit::clip::{Clip, Spec};
use testkit::ffmpeg::{self, Play, Publish, Version};
use testkit::{Process, Server, Signal, Tool, tool};

use crate::support::chain::Chain;
use crate::support::{B_FRAMES, SLUICE, SOON, STREAM, USUAL, assert_whole, original, wait_for_viewers};

const LISTEN: &str = "SLUICE_RTMPS_LISTEN";

fn start() -> Server {
    Server::of(SLUICE).env(LISTEN, "127.0.0.1:0").start()
}

fn publish_url(server: &Server) -> String {
    format!("{}?secret={}", server.rtmps_url("live/s"), Server::KEY)
}

/// An encoder that checks the certificate that the server has made itself.
fn publish(clip: &Clip, server: &Server) -> Publish {
    let publish = ffmpeg::publish(clip, &publish_url(server));
    publish.option("tls_verify", "1").option("ca_file", certificate(server).to_str().unwrap())
}

/// A player that checks the certificate that the server has made itself.
fn play(server: &Server) -> Play {
    let play = ffmpeg::play(&server.rtmps_url("live/s"));
    play.option("tls_verify", "1").option("ca_file", certificate(server).to_str().unwrap())
}

fn certificate(server: &Server) -> PathBuf {
    server.data().join("tls/self-signed.crt")
}

/// Every picture and every sound, for a player that was there before the publisher.
#[track_caller]
fn arrives_whole(spec: Spec, publisher: Version, player: Version) {
    if !tool::have(&[Tool::Ffmpeg, publisher.tool(), player.tool()]) {
        return;
    }
    let clip = Clip::new(spec);
    let server = start();
    let playing = play(&server).version(player).start();
    wait_for_viewers(&server, "rtmps", 1);
    let publishing = publish(&clip, &server).version(publisher);
    publishing.speed(2.0).start().succeed(STREAM);
    assert_whole(&playing.finish(SOON), &original(&clip));
}

#[test]
fn picture_and_sound_arrive_whole() {
    arrives_whole(USUAL, Version::System, Version::System);
}

#[test]
fn the_newest_ffmpeg_publishes_and_plays() {
    arrives_whole(B_FRAMES, Version::Nine, Version::Nine);
}

#[test]
fn a_publisher_without_tls_is_played_with_and_the_other_way_round() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(USUAL);
    let server = start();
    for (publish, play) in [
        (server.publish_url("live/s"), server.rtmps_url("live/s")),
        (publish_url(&server), server.rtmp_url("live/s")),
    ] {
        let playing = ffmpeg::play(&play).start();
        let proto = play.split_once(':').unwrap().0;
        wait_for_viewers(&server, proto, 1);
        ffmpeg::publish(&clip, &publish).speed(4.0).start().succeed(STREAM);
        assert_whole(&playing.finish(SOON), &original(&clip));
    }
}

/// Six seconds of noise at 20 Mbit/s, which nothing can be coded in less of.
fn noise(folder: &Path) -> PathBuf {
    let file = folder.join("noise.flv");
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-loglevel", "error", "-f", "lavfi", "-t", "6", "-i"]);
    command.args([
        "testsrc2=size=1280x720:rate=25,noise=alls=100:allf=t",
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
    ]);
    command
        .args(["-pix_fmt", "yuv420p", "-g", "50", "-b:v", "20M", "-maxrate", "20M", "-bufsize", "10M"])
        .arg(&file);
    Process::start("the clip's encoder", &mut command).succeed(STREAM);
    assert!(fs::metadata(&file).unwrap().len() > 10_000_000);
    file
}

/// Many records a read, read at a pace: what is decrypted already must not wait for what comes next.
#[test]
fn twenty_megabits_a_second_arrive_whole_and_in_time() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let clip = noise(folder.path());
    let server =
        Server::of(SLUICE).env(LISTEN, "127.0.0.1:0").env("SLUICE_MEDIA_MERGE_WINDOW", "throughput").start();
    let playing = play(&server).start();
    wait_for_viewers(&server, "rtmps", 1);
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-loglevel", "error", "-readrate", "1", "-i"]).arg(&clip);
    command.args(["-c", "copy", "-flvflags", "no_duration_filesize", "-f", "flv", &publish_url(&server)]);
    let began = Instant::now();
    Process::start("publisher ffmpeg", &mut command).succeed(STREAM);
    let took = began.elapsed();
    assert!(took < Duration::from_secs(6 + 10), "held up: {took:?}");
    let original = ffmpeg::play(clip.to_str().unwrap()).run(SOON).pictures();
    let played = playing.finish(SOON);
    played.assert_clean();
    let seen = played.pictures();
    // FFmpeg closes over answers that it has not read: the connection is reset, and its last picture may be lost.
    assert!(
        original.starts_with(&seen) && seen.len() + 2 >= original.len(),
        "{} of {}",
        seen.len(),
        original.len()
    );
}

#[test]
fn a_wrong_key_is_refused_over_tls_too() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let server = start();
    let clip = Clip::new(USUAL);
    let exit = ffmpeg::publish(&clip, &server.rtmps_url("live/s")).start().wait(SOON);
    assert!(!exit.status.success());
    assert!(exit.output.iter().any(|line| line.contains("Server error")), "{:#?}", exit.output);
}

impl Chain {
    fn server(&self) -> Server {
        Server::of(SLUICE)
            .env(LISTEN, "127.0.0.1:0")
            .env("SLUICE_TLS_CERTIFICATE", self.certificate.to_str().unwrap())
            .env("SLUICE_TLS_KEY", self.key.to_str().unwrap())
            .start()
    }
}

/// What `openssl s_client` says of the server's certificate.
fn s_client(server: &Server, root: &Path, more: &[&str]) -> String {
    let address = server.addresses().rtmps.unwrap().to_string();
    let mut command = Command::new("openssl");
    command.args(["s_client", "-connect", &address, "-showcerts", "-servername", "live.example", "-CAfile"]);
    command.arg(root).args(["-verify_hostname", "live.example", "-verify_return_error"]).args(more);
    let output = command.stdin(Stdio::null()).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn openssl_sees_the_whole_chain_by_both_versions() {
    if !tool::have(&[Tool::Openssl]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let chain = Chain::make(folder.path());
    let server = chain.server();
    for (option, version) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
        let said = s_client(&server, &chain.root, &[option]);
        assert!(said.contains("Verify return code: 0 (ok)"), "{said}");
        assert!(said.contains(version), "{said}");
        assert_eq!(said.matches("-----BEGIN CERTIFICATE-----").count(), 2, "{said}");
    }
    let said = s_client(&server, &chain.root, &["-tls1_1"]);
    assert!(!said.contains("BEGIN CERTIFICATE"), "an old version: {said}");
    assert!(!server.data().join("tls").exists(), "none of our own is made");
}

#[test]
fn a_new_certificate_is_served_at_sighup_and_old_connections_go_on() {
    if !tool::have(&[Tool::Ffmpeg, Tool::Openssl]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let old = Chain::make(folder.path());
    let mut server = old.server();
    let clip = Clip::new(USUAL);
    let mut playing = ffmpeg::play(&server.rtmps_url("live/s")).start();
    wait_for_viewers(&server, "rtmps", 1);
    let publishing = ffmpeg::publish(&clip, &publish_url(&server)).start();
    playing.wait_for_pictures(10, SOON);

    let kept = folder.path().join("old-root.pem");
    fs::rename(&old.root, &kept).unwrap();
    let new = Chain::make(folder.path());
    assert!(s_client(&server, &kept, &[]).contains("Verify return code: 0 (ok)"), "not before it is told");
    server.signal(Signal::Hup);
    server.wait_for_log(1, &["certificate read again", "live.example"], SOON);
    assert!(s_client(&server, &new.root, &[]).contains("Verify return code: 0 (ok)"));
    assert!(!s_client(&server, &kept, &[]).contains("Verify return code: 0 (ok)"));

    fs::write(&new.key, "no key").unwrap();
    server.signal(Signal::Hup);
    server.wait_for_log(1, &["WARN", "certificate not read again", "tls.key", "holds no PRIVATE KEY"], SOON);
    assert!(s_client(&server, &new.root, &[]).contains("Verify return code: 0 (ok)"));

    publishing.succeed(STREAM);
    assert_whole(&playing.finish(SOON), &original(&clip));
}

#[test]
fn our_own_certificate_stays_over_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let start = || Server::of(SLUICE).env(LISTEN, "127.0.0.1:0").data(data.path()).start();
    let read = || fs::read(data.path().join("tls/self-signed.crt")).unwrap();
    start().stop(SOON);
    let first = read();
    start().stop(SOON);
    assert_eq!(read(), first);
}

#[test]
fn silent_and_wrong_peers_do_no_harm() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(USUAL);
    let server = start();
    let rtmps = server.addresses().rtmps.unwrap();
    let playing = play(&server).start();
    wait_for_viewers(&server, "rtmps", 1);
    let publishing = ffmpeg::publish(&clip, &publish_url(&server)).start();
    let connect = |_| TcpStream::connect(rtmps).unwrap();
    let silent: Vec<_> = (0..100).map(connect).collect();
    let mut dawdling: Vec<_> = (0..100).map(connect).collect();
    for peer in &mut dawdling {
        // Half of a hello.
        peer.write_all(&[22, 3, 1, 1, 0, 1, 0, 0, 252, 3, 3]).unwrap();
    }
    let files = testkit::wait::until("them to be let in", SOON, || {
        Some(server.open_files()).filter(|files| *files > 200)
    });
    publishing.succeed(STREAM);
    assert_whole(&playing.finish(SOON), &original(&clip));
    // They are given up, though none of them has gone.
    testkit::wait::until("them to be given up", SOON, || (server.open_files() < files - 190).then_some(()));
    drop((silent, dawdling));
}

#[test]
fn who_takes_the_wrong_port_is_told_from_others() {
    let server = start();
    let rtmp = [&[3][..], &[0; 1536]].concat();
    let hello = [22, 3, 1, 1, 0, 1, 0, 0, 252, 3, 3];
    let addresses = server.addresses();
    for (address, bytes, words) in [
        (addresses.rtmps.unwrap(), &rtmp[..], ["not TLS", "rtmp://"]),
        (addresses.rtmp, &hello, ["speaks TLS", "rtmps://"]),
    ] {
        let mut peer = TcpStream::connect(address).unwrap();
        peer.write_all(bytes).unwrap();
        let mut rest = Vec::new();
        let _ = peer.read_to_end(&mut rest); // closed, or reset
        server.wait_for_log(1, &[&["WARN"][..], &words].concat(), SOON);
    }
}
