//! Beside FFmpeg: what its encoders make we decode as it does, and what we make it decodes to the same sound at the same
//! time.

#![allow(clippy::unwrap_used)]

#[path = "support/tone.rs"]
#[allow(dead_code, missing_docs, unreachable_pub)]
mod tone;

use std::process::Command;
use std::sync::Arc;
use std::time::SystemTime;

use audio::{Layout, Pcm, Target, Transcoder, decoder, g711};
use container::ts;
use media::g711::Law;
use media::{Codec, Frame, TrackId};
use testkit::{Tool, tool};
use tone::{assert_tone, channel, lag, tone};

#[test]
fn aac_becomes_opus() {
    let tones = stereo("sin(2*PI*440*t)", "sin(2*PI*3000*t)");
    for (options, out) in [("-c:a aac -b:a 128k -ar 44100", 2), ("-c:a aac -b:a 128k -ar 48000", 2)] {
        let Some((_, made)) = transcoded(&tones, options, Target::OPUS) else { return };
        let found = decode(&made, out);
        assert_pair(&found, 48_000, [(440.0, 0.2), (3_000.0, 0.2)]);
    }
}

#[test]
fn mono_stays_mono() {
    let tones = mono("sin(2*PI*440*t)");
    let Some((_, made)) = transcoded(&tones, "-c:a aac -b:a 64k -ar 44100", Target::OPUS) else { return };
    assert_eq!(made[0].track.codec.channels(), Some(1));
    assert_tone(steady(&decode(&made, 1)), 48_000, 440.0, 0.2, 30.0);
    let Some((_, made)) = transcoded(&tones, "-c:a libopus -b:a 64k", Target::AAC) else { return };
    assert_eq!(made[0].track.codec.channels(), Some(1));
    assert_tone(steady(&decode(&made, 1)), 48_000, 440.0, 0.2, 30.0);
}

#[test]
fn opus_becomes_aac() {
    let tones = stereo("sin(2*PI*440*t)", "sin(2*PI*3000*t)");
    for options in [
        "-c:a libopus -b:a 128k",
        "-c:a libopus -b:a 96k -frame_duration 60",
        "-c:a libopus -b:a 96k -frame_duration 10",
    ] {
        let Some((_, made)) = transcoded(&tones, options, Target::AAC) else { return };
        assert_pair(&decode(&made, 2), 48_000, [(440.0, 0.2), (3_000.0, 0.2)]);
    }
}

#[test]
fn sound_stays_where_it_was() {
    // A sound that is like itself at no other time.
    let tones = (0..5).map(|n| {
        let (frequency, wander) =
            [(173.0, 0.31), (411.7, 0.23), (733.1, 0.41), (1231.9, 0.13), (2017.3, 0.47)][n];
        format!("sin(2*PI*{frequency}*t+9*sin(2*PI*{wander}*t))")
    });
    let sound = format!("0.12*({})", tones.collect::<Vec<_>>().join("+"));
    let sound = format!("{sound}|{sound}");
    for (options, rate, target) in [
        ("-c:a aac -b:a 128k -ar 48000", 48_000, Target::OPUS),
        ("-c:a libopus -b:a 128k", 48_000, Target::AAC),
        ("-c:a aac -b:a 128k -ar 44100", 44_100, Target::AAC),
    ] {
        let Some((source, made)) = transcoded(&sound, options, target) else { return };
        let (before, after) = (decode(&source, 2), decode(&made, 2));
        // FFmpeg throws away what it knows to be an encoder's: so much less comes out, at the start.
        let begin = |frames: &[Frame], samples: &[f32]| {
            let all: i64 = frames.iter().map(|frame| length(frame, rate)).sum();
            frames[0].pts.to_ticks(rate) + all - samples.len() as i64 / 2
        };
        let (first, second) = (begin(&source, &before), begin(&made, &after));
        let common = first.max(second) + i64::from(rate) / 2;
        let part = |samples: &[f32], begin: i64| {
            channel(&samples[(common - begin) as usize * 2..][..rate as usize * 2], 2, 0)
        };
        let (behind, alike) = lag(&part(&after, second), &part(&before, first), 2_000);
        eprintln!("{options}: {behind} samples behind, {alike:.4} alike");
        assert!(behind.abs() <= 1 && alike > 0.97, "{options}: {behind} samples behind, {alike} alike");
    }
}

#[test]
fn surround_is_added_up() {
    // Left, right, centre, LFE, back left, back right: a tone each.
    let tones = [300, 500, 700, 60, 900, 1100].map(|hertz| format!("0.2*sin(2*PI*{hertz}*t)")).join("|");
    for (options, target) in [
        ("-c:a aac -b:a 384k -ac 6", Target::OPUS),
        ("-c:a libopus -b:a 384k -ac 6 -mapping_family 1", Target::AAC),
    ] {
        let Some((source, made)) = transcoded(&tones, options, target) else { return };
        assert_eq!(source[0].track.codec.channels(), Some(6));
        let found = decode(&made, 2);
        let level = |which, hertz| tone(steady(&channel(&found, 2, which)), 48_000, hertz).amplitude;
        for (which, hertz, expected) in [
            (0, 300.0, 0.2),
            (0, 700.0, 0.1414),
            (0, 900.0, 0.1414),
            (1, 500.0, 0.2),
            (1, 700.0, 0.1414),
            (1, 1_100.0, 0.1414),
        ] {
            let found = level(which, hertz);
            assert!(
                (found / expected - 1.0).abs() < 0.06,
                "{options}: {hertz} Hz in {which}: {found}, not {expected}"
            );
        }
        for (which, hertz) in [(0, 500.0), (0, 1_100.0), (0, 60.0), (1, 300.0), (1, 900.0), (1, 60.0)] {
            assert!(level(which, hertz) < 0.01, "{options}: {hertz} Hz in {which}: {}", level(which, hertz));
        }
    }
}

#[test]
fn our_decoders_put_out_what_ffmpegs_do() {
    let tones = stereo("sin(2*PI*440*t)+0.5*random(0)", "sin(2*PI*(300+300*t)*t)");
    for (options, rate, least) in
        [("-c:a aac -b:a 160k -ar 44100", 44_100, 90.0), ("-c:a libopus -b:a 128k", 48_000, 60.0)]
    {
        let Some((source, _)) = transcoded(&tones, options, Target::AAC) else { return };
        let theirs = decode(&source, 2);
        let mut decoder = decoder(&source[0].track.codec).unwrap();
        let (mut ours, mut pcm) = (Vec::new(), Pcm::new(1, Layout::MONO));
        for frame in &source {
            decoder.decode(&frame.payload, &mut pcm).unwrap();
            assert_eq!(pcm.rate, rate);
            ours.extend_from_slice(&pcm.samples);
        }
        // At the start FFmpeg throws some away.
        let ours = &ours[ours.len() - theirs.len()..];
        let (mut signal, mut error) = (0.0, 1e-30);
        for (ours, theirs) in ours.iter().zip(&theirs).skip(rate as usize) {
            signal += f64::from(*theirs).powi(2);
            error += f64::from(ours - theirs).powi(2);
        }
        let ratio = 10.0 * (signal / error).log10();
        eprintln!("{options}: {ratio:.1} dB");
        assert!(ratio > least, "{options}: only {ratio} dB over the difference");
    }
}

#[test]
fn g711_is_as_ffmpeg_has_it() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (bytes, samples) = (folder.path().join("bytes"), folder.path().join("samples"));
    std::fs::write(&bytes, (0..=255u8).collect::<Vec<_>>()).unwrap();
    for (format, law) in [("alaw", Law::A), ("mulaw", Law::Mu)] {
        let mut command = Command::new("ffmpeg");
        command
            .args(["-nostdin", "-v", "error", "-y", "-f", format, "-ar", "8000", "-ac", "1", "-i"])
            .arg(&bytes);
        run(command.args(["-f", "s16le"]).arg(&samples));
        let theirs = std::fs::read(&samples).unwrap();
        let theirs: Vec<_> =
            theirs.as_chunks::<2>().0.iter().map(|bytes| i16::from_le_bytes(*bytes)).collect();
        let ours: Vec<_> = (0..=255).map(|byte| g711::expand(law, byte)).collect();
        assert_eq!(ours, theirs, "{format}");
    }
}

fn stereo(left: &str, right: &str) -> String {
    format!("0.2*({left})|0.2*({right})")
}

fn mono(expression: &str) -> String {
    format!("0.2*({expression})")
}

/// Frames that FFmpeg made of four seconds of sound, and what they became; `None` where FFmpeg is missing.
fn transcoded(sound: &str, options: &str, target: Target) -> Option<(Vec<Frame>, Vec<Frame>)> {
    if !tool::have(&[Tool::Ffmpeg]) {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("source.ts");
    let layout = match sound.split('|').count() {
        1 => "mono",
        2 => "stereo",
        _ => "5.1",
    };
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-v", "error", "-f", "lavfi", "-t", "4", "-i"]);
    command.arg(format!("aevalsrc={}:sample_rate=48000:channel_layout={layout}", sound.replace(',', "\\,")));
    run(command.args(options.split_whitespace()).args(["-f", "mpegts"]).arg(&file));
    let source = demux(&std::fs::read(&file).unwrap());
    let mut transcoder = Transcoder::new(&source[0].track, TrackId(1), target).unwrap();
    let mut made = Vec::new();
    source.iter().for_each(|frame| transcoder.push(frame, &mut made).unwrap());
    assert_eq!(transcoder.stats(), audio::Stats::default(), "{options}");
    transcoder.finish(&mut made).unwrap();
    Some((source, made))
}

/// What FFmpeg makes of them: samples at their rate, whose channels take turns.
fn decode(frames: &[Frame], channels: u32) -> Vec<f32> {
    let folder = tempfile::tempdir().unwrap();
    let (file, samples) = (folder.path().join("frames.ts"), folder.path().join("samples"));
    std::fs::write(&file, mux(frames)).unwrap();
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-v", "error", "-i"]).arg(&file);
    run(command.args(["-f", "f32le", "-ac", &channels.to_string()]).arg(&samples));
    let bytes = std::fs::read(&samples).unwrap();
    bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

/// Neither the beginning, where encoders learn, nor the end.
fn steady(samples: &[f32]) -> &[f32] {
    &samples[48_000..3 * 48_000]
}

#[track_caller]
fn assert_pair(samples: &[f32], rate: u32, tones: [(f64, f64); 2]) {
    for (which, (frequency, amplitude)) in tones.into_iter().enumerate() {
        assert_tone(steady(&channel(samples, 2, which)), rate, frequency, amplitude, 25.0);
    }
}

fn length(frame: &Frame, rate: u32) -> i64 {
    match &frame.track.codec {
        Codec::Aac(parameters) => parameters.frame_samples.into(),
        codec => codec.frame_duration(&frame.payload).unwrap().to_ticks(rate),
    }
}

#[track_caller]
fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaints.is_empty(), "{command:?}: {complaints}");
}

fn demux(stream: &[u8]) -> Vec<Frame> {
    let mut demuxer = ts::Demuxer::new();
    let mut frames = Vec::new();
    for piece in stream.chunks(7 * ts::PACKET) {
        demuxer.push(SystemTime::UNIX_EPOCH, piece);
        frames.extend(std::iter::from_fn(|| demuxer.next()));
    }
    demuxer.flush();
    frames.extend(std::iter::from_fn(|| demuxer.next()));
    frames
}

fn mux(frames: &[Frame]) -> Vec<u8> {
    let mut muxer = ts::Muxer::new(&[Arc::clone(&frames[0].track)]);
    let mut out = Vec::new();
    frames.iter().for_each(|frame| muxer.write(frame, &mut out));
    muxer.flush(&mut out);
    out
}
