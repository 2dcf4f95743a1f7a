use bytes::Bytes;

use super::*;
use crate::tone::{assert_tone, channel, sines, tone};
use crate::{Decoder as _, Encoder as _};

fn encoded(frequencies: &[f64], count: usize) -> (Parameters, Vec<Vec<u8>>) {
    let channels = frequencies.len();
    let mut encoder = Encoder::new(channels as u8, 64_000 * channels as u32).expect("good settings");
    let Codec::Opus(parameters) = encoder.codec() else { panic!("another codec") };
    let samples = sines(RATE, frequencies, 0.4, count * FRAME);
    let mut packet = Vec::new();
    let encode = |frame: &[f32]| {
        encoder.encode(frame, &mut packet).expect("good samples");
        packet.clone()
    };
    (parameters, samples.chunks(channels * FRAME).map(encode).collect())
}

fn decoded(parameters: &Parameters, packets: &[Vec<u8>]) -> Vec<f32> {
    let mut decoder = Decoder::new(parameters).expect("good parameters");
    let (mut all, mut pcm) = (Vec::new(), Pcm::new(1, Layout::MONO));
    for packet in packets {
        decoder.decode(packet, &mut pcm).expect("a good packet");
        assert_eq!((pcm.rate, pcm.frames()), (RATE, FRAME));
        all.extend_from_slice(&pcm.samples);
    }
    all
}

#[test]
fn tones_come_back() {
    let (parameters, packets) = encoded(&[440.0, 3_000.0], 60);
    let samples = decoded(&parameters, &packets);
    for (which, frequency) in [440.0, 3_000.0].into_iter().enumerate() {
        assert_tone(&channel(&samples, 2, which)[10 * FRAME..], RATE, frequency, 0.4, 30.0);
    }
    let (parameters, packets) = encoded(&[1_000.0], 60);
    assert_tone(&decoded(&parameters, &packets)[10 * FRAME..], RATE, 1_000.0, 0.4, 30.0);
}

#[test]
fn the_header_says_what_the_encoder_needs() {
    let encoder = Encoder::new(2, 128_000).expect("good settings");
    let Codec::Opus(parameters) = encoder.codec() else { panic!("another codec") };
    assert_eq!(usize::from(parameters.pre_skip), encoder.delay());
    assert_eq!((parameters.channels, parameters.mapping_family), (2, 0));
    assert!(Encoder::new(3, 128_000).is_err());
}

#[test]
fn losses_are_concealed_by_what_was_heard() {
    let (parameters, packets) = encoded(&[440.0, 440.0], 40);
    let mut decoder = Decoder::new(&parameters).expect("good parameters");
    let mut pcm = Pcm::new(1, Layout::MONO);
    packets[..30].iter().for_each(|packet| decoder.decode(packet, &mut pcm).expect("good"));
    decoder.conceal(Delta::millis(20), Some(&packets[31]), &mut pcm);
    assert_eq!(pcm.frames(), FRAME);
    let heard = tone(&channel(&pcm.samples, 2, 0), RATE, 440.0);
    assert!(heard.amplitude > 0.2, "the tone goes on: {heard:?}");
    decoder.decode(&packets[31], &mut pcm).expect("good");
    // Of any length, rounded to samples.
    for (lost, frames) in [(0, 0), (1, 48), (19, 912), (333, 15_984), (1_000, 48_000)] {
        decoder.conceal(Delta::millis(lost), Some(&packets[32]), &mut pcm);
        assert_eq!(pcm.frames(), frames);
    }
    let loudest = |samples: &[f32]| samples.iter().fold(0.0f32, |loudest, sample| loudest.max(sample.abs()));
    assert_eq!(loudest(&pcm.samples), 0.0, "what is lost for long is silence");
    decoder.decode(&packets[32], &mut pcm).expect("good");
}

#[test]
fn the_copy_in_the_next_packet_is_heard() {
    // Speech with copies of what was before, which only the part for speech has.
    let mut encoder = OpusEncoder::new(RATE as i32, 1, Application::Voip).expect("good settings");
    encoder.bitrate_bps = 24_000;
    encoder.use_inband_fec = true;
    encoder.packet_loss_perc = 30;
    encoder.signal_type = Some(opus_pure::Signal::Voice);
    // A tone that begins in the packet that is lost.
    let mut samples = sines(RATE, &[300.0], 0.4, 60 * FRAME);
    samples[..41 * FRAME].iter_mut().for_each(|sample| *sample *= 0.05);
    let mut packet = vec![0; MAX_PACKET_BYTES];
    let packets: Vec<_> = samples
        .chunks(FRAME)
        .map(|frame| {
            let size = encoder.encode(frame, FRAME, &mut packet).expect("good samples");
            packet[..size].to_vec()
        })
        .collect();
    let concealed = |next: Option<&[u8]>| {
        let mut decoder = Decoder::new(&Parameters::new(1).expect("mono")).expect("mono");
        let mut pcm = Pcm::new(1, Layout::MONO);
        packets[..41].iter().for_each(|packet| decoder.decode(packet, &mut pcm).expect("good"));
        decoder.conceal(Delta::millis(20), next, &mut pcm);
        tone(&pcm.samples, RATE, 300.0).amplitude
    };
    let (guessed, copied) = (concealed(None), concealed(Some(&packets[42])));
    assert!(copied > 0.25 && copied > 1.2 * guessed, "{copied} with the copy, {guessed} without");
}

#[test]
fn packets_of_silence_are_heard_as_silence() {
    let mut decoder = Decoder::new(&Parameters::new(2).expect("stereo")).expect("stereo");
    let mut pcm = Pcm::new(1, Layout::MONO);
    // A table of contents alone: DTX. What is sent between is noise, however long it takes.
    decoder.decode(&[0xfc], &mut pcm).expect("a packet without a frame");
    assert_eq!(pcm.frames(), FRAME);
    assert!(pcm.samples.iter().all(|sample| sample.abs() < 1e-3));
}

#[test]
fn surround_is_decoded_in_the_usual_order() {
    // The streams of 5.1 are pairs left and right, and back, then centre and LFE: RFC 7845 figure 8.
    let mut encoder =
        opus_pure::OpusMSEncoder::new(RATE as i32, 6, 1, Application::Audio).expect("good settings");
    encoder.set_bitrate(384_000);
    let frequencies = [300.0, 500.0, 700.0, 900.0, 1_100.0, 60.0];
    let samples = sines(RATE, &frequencies, 0.3, 50 * FRAME);
    let parameters = Parameters::new(6).expect("5.1");
    let mut decoder = Decoder::new(&parameters).expect("5.1");
    let (mut all, mut pcm, mut packet) =
        (Vec::new(), Pcm::new(1, Layout::MONO), vec![0; 6 * MAX_PACKET_BYTES]);
    for frame in samples.chunks(6 * FRAME) {
        let size = encoder.encode(frame, FRAME, &mut packet).expect("good samples");
        decoder.decode(&packet[..size], &mut pcm).expect("a good packet");
        all.extend_from_slice(&pcm.samples);
    }
    assert_eq!(Some(pcm.layout), Layout::vorbis(6));
    for (which, frequency) in frequencies.into_iter().enumerate() {
        assert_tone(&channel(&all, 6, which)[10 * FRAME..], RATE, frequency, 0.3, 25.0);
    }
    decoder.conceal(Delta::millis(20), None, &mut pcm);
    assert_eq!(pcm.frames(), FRAME);
}

#[test]
fn tables_of_the_sources_own_are_refused() {
    let mut record = Parameters::new(3).expect("three").record().to_vec();
    record.swap(21, 22);
    let parameters = Parameters::parse(&Bytes::from(record)).expect("a table");
    assert!(Decoder::new(&parameters).err().is_some_and(|err| err.to_string().contains("mapping")));
    let mut record = Parameters::new(4).expect("four").record().to_vec();
    record[18] = 255;
    let parameters = Parameters::parse(&Bytes::from(record)).expect("a table");
    assert!(Decoder::new(&parameters).err().is_some_and(|err| err.to_string().contains("family 255")));
}

#[test]
fn the_gain_of_the_header_is_applied() {
    let (parameters, packets) = encoded(&[1_000.0], 40);
    let mut record = parameters.record().to_vec();
    record[16..18].copy_from_slice(&(-6 * 256i16).to_le_bytes());
    let parameters = Parameters::parse(&Bytes::from(record)).expect("a header");
    let level = tone(&decoded(&parameters, &packets)[10 * FRAME..], RATE, 1_000.0).amplitude;
    assert!((level / 0.4 - 0.501).abs() < 0.02, "6 dB less: {level}");
}

#[test]
fn broken_packets_are_errors_and_the_next_is_heard() {
    let (parameters, packets) = encoded(&[440.0, 5_000.0], 8);
    let mut decoder = Decoder::new(&parameters).expect("good parameters");
    let mut pcm = Pcm::new(1, Layout::MONO);
    assert!(decoder.decode(&[], &mut pcm).is_err());
    assert!(decoder.decode(&vec![0; crate::MAX_PACKET + 1], &mut pcm).is_err());
    assert!(decoder.decode(&[0xff, 63], &mut pcm).is_err(), "more than 120 ms");
    for end in 1..packets[5].len() {
        // Opus fills up what is missing: a packet cut short need not be an error.
        let _ = decoder.decode(&packets[5][..end], &mut pcm);
        decoder.decode(&packets[6], &mut pcm).expect("good after broken");
        assert_eq!(pcm.frames(), FRAME);
    }
}

#[test]
fn any_bytes_are_no_panic() {
    let mut seed = 1u64;
    let mut random = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize
    };
    let (_, packets) = encoded(&[440.0, 5_000.0], 4);
    let mut pcm = Pcm::new(1, Layout::MONO);
    for channels in [1, 2, 6] {
        let mut decoder = Decoder::new(&Parameters::new(channels).expect("a layout")).expect("a layout");
        for round in 0..800 {
            let packet: Vec<u8> = match round % 2 {
                0 => (0..1 + random() % 600).map(|_| random() as u8).collect(),
                _ => {
                    let mut packet = packets[round % 4].clone();
                    let at = random() % packet.len();
                    packet[at] = random() as u8;
                    packet[0] = random() as u8;
                    packet
                }
            };
            if decoder.decode(&packet, &mut pcm).is_ok() {
                assert!(pcm.frames() <= 5_760 && pcm.layout.channels() == usize::from(channels));
            }
            decoder.conceal(Delta::micros((random() % 100_000) as i64), Some(&packet), &mut pcm);
        }
    }
}
