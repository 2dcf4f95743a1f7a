use super::*;
use crate::tone::{assert_tone, channel, sines};
use crate::{Decoder as _, Encoder as _};

/// What `frames` packets of sines decode to, and where those begin in it.
fn there_and_back(rate: u32, frequencies: &[f64], bitrate: u32, packets: usize) -> Pcm {
    let channels = frequencies.len();
    let mut encoder = Encoder::new(rate, channels as u8, bitrate).expect("good settings");
    let Codec::Aac(parameters) = encoder.codec() else { panic!("another codec") };
    let mut decoder = Decoder::new(&parameters).expect("our own parameters");
    let samples = sines(rate, frequencies, 0.4, packets * FRAME);
    let (mut all, mut pcm, mut packet) =
        (Pcm::new(rate, Layout::MONO), Pcm::new(1, Layout::MONO), Vec::new());
    for frame in samples.chunks(FRAME * channels) {
        encoder.encode(frame, &mut packet).expect("within range");
        decoder.decode(&packet, &mut pcm).expect("our own packet");
        assert_eq!((pcm.rate, pcm.layout, pcm.frames()), (rate, Layout::small(channels as u8), FRAME));
        all.samples.extend_from_slice(&pcm.samples);
    }
    all.layout = pcm.layout;
    all
}

/// Silence, and sines, as packets.
fn packets(count: usize) -> (Parameters, Vec<Vec<u8>>) {
    let mut encoder = Encoder::new(48_000, 2, 128_000).expect("good settings");
    let Codec::Aac(parameters) = encoder.codec() else { panic!("another codec") };
    let samples = sines(48_000, &[440.0, 5_000.0], 0.4, count * FRAME);
    let mut packet = Vec::new();
    let encode = |frame: &[f32]| {
        encoder.encode(frame, &mut packet).expect("within range");
        packet.clone()
    };
    (parameters, samples.chunks(2 * FRAME).map(encode).collect())
}

#[test]
fn tones_come_back() {
    for rate in [44_100, 48_000] {
        let pcm = there_and_back(rate, &[440.0, 3_000.0], 128_000, 50);
        for (which, frequency) in [440.0, 3_000.0].into_iter().enumerate() {
            assert_tone(&channel(&pcm.samples, 2, which)[8 * FRAME..], rate, frequency, 0.4, 30.0);
        }
        let pcm = there_and_back(rate, &[1_000.0], 64_000, 50);
        assert_tone(&pcm.samples[8 * FRAME..], rate, 1_000.0, 0.4, 30.0);
    }
}

#[test]
fn the_configuration_says_what_it_is() {
    let encoder = Encoder::new(44_100, 2, 128_000).expect("good settings");
    let Codec::Aac(parameters) = encoder.codec() else { panic!("another codec") };
    assert_eq!(&*parameters.config, [0x12, 0x10]);
    assert_eq!((parameters.object_type, parameters.channels(), parameters.frame_samples), (2, 2, 1024));
}

#[test]
fn the_bit_rate_is_kept() {
    let (_, packets) = packets(200);
    let bytes: usize = packets.iter().map(Vec::len).sum();
    let rate = bytes as f64 * 8.0 / (200.0 * 1024.0 / 48_000.0);
    assert!((115_000.0..141_000.0).contains(&rate), "{rate} bits a second");
    assert!(Encoder::new(48_000, 2, u32::MAX).is_ok(), "more than there is room for is the most");
    assert!(Encoder::new(48_000, 2, 0).is_err());
    assert!(Encoder::new(47_000, 2, 128_000).is_err());
}

#[test]
fn wrong_samples_are_refused_and_harmless() {
    let mut encoder = Encoder::new(48_000, 2, 128_000).expect("good settings");
    let mut packet = Vec::new();
    assert!(encoder.encode(&[0.0; 10], &mut packet).is_err());
    assert!(encoder.encode(&[1.5; 2 * FRAME], &mut packet).is_err());
    assert!(encoder.encode(&[f32::NAN; 2 * FRAME], &mut packet).is_err());
    assert!(encoder.encode(&[0.5; 2 * FRAME], &mut packet).is_ok() && !packet.is_empty());
}

#[test]
fn what_is_not_decoded_is_refused_in_words() {
    let refused = |config: &'static [u8]| {
        let parameters = Parameters::parse(&Bytes::from_static(config)).expect("a configuration");
        Decoder::new(&parameters).err().map(|err| err.to_string()).unwrap_or_default()
    };
    assert!(refused(&[0xf9, 0x48, 0x40]).contains("aac:"), "USAC: {}", refused(&[0xf9, 0x48, 0x40]));
    assert!(refused(&[0x11, 0xd8]).contains("channel configuration 11"), "{}", refused(&[0x11, 0xd8]));
    assert!(refused(&[0x11, 0x80]).contains("aac:"), "no channels and no list of them");
}

#[test]
fn broken_packets_are_errors_and_the_next_is_heard() {
    let (parameters, packets) = packets(12);
    let mut decoder = Decoder::new(&parameters).expect("our own parameters");
    let mut pcm = Pcm::new(1, Layout::MONO);
    decoder.decode(&packets[0], &mut pcm).expect("good");
    assert!(decoder.decode(&[], &mut pcm).is_err());
    assert!(decoder.decode(&vec![0; crate::MAX_PACKET + 1], &mut pcm).is_err());
    let mut errors = 0;
    // At every byte, with good packets between.
    for end in 1..packets[5].len() {
        errors += usize::from(decoder.decode(&packets[5][..end], &mut pcm).is_err());
        decoder.decode(&packets[6], &mut pcm).expect("good after broken");
        assert_eq!(pcm.frames(), FRAME);
    }
    // A few end within what may be left out.
    assert!(errors > packets[5].len() * 8 / 10, "{errors} of {}", packets[5].len());
}

#[test]
fn any_bytes_are_no_panic() {
    let (parameters, packets) = packets(4);
    let configs: [&[u8]; 6] = [
        &parameters.config,
        &[0x11, 0x88],
        &[0x2b, 0x09, 0x88, 0x00],
        &[0xeb, 0x09, 0x88, 0x00],
        &[0x11, 0xb0],
        &[0xb9, 0x91, 0x00],
    ];
    let mut pcm = Pcm::new(1, Layout::MONO);
    let mut seed = 1u64;
    let mut random = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize
    };
    for config in configs {
        let parameters = Parameters::parse(&Bytes::copy_from_slice(config)).expect("a configuration");
        let mut decoder = Decoder::new(&parameters).unwrap_or_else(|err| panic!("{config:x?}: {err}"));
        for round in 0..600 {
            let packet: Vec<u8> = match round % 2 {
                0 => (0..1 + random() % 600).map(|_| random() as u8).collect(),
                _ => {
                    let mut packet = packets[round % 4].clone();
                    for _ in 0..1 + random() % 8 {
                        let at = random() % packet.len();
                        packet[at] = random() as u8;
                    }
                    packet
                }
            };
            if decoder.decode(&packet, &mut pcm).is_ok() {
                assert!(
                    pcm.frames() <= 2 * FRAME && pcm.rate <= 96_000,
                    "{config:x?}: {} {}",
                    pcm.frames(),
                    pcm.rate
                );
            }
            decoder.conceal(Delta::millis(20), Some(&packet), &mut pcm);
        }
    }
}

#[test]
fn concealment_keeps_the_form_and_fades() {
    let (parameters, packets) = packets(4);
    let mut decoder = Decoder::new(&parameters).expect("our own parameters");
    let mut pcm = Pcm::new(1, Layout::MONO);
    decoder.conceal(Delta::millis(20), None, &mut pcm);
    assert_eq!(
        (pcm.rate, pcm.layout, pcm.frames()),
        (48_000, Layout::STEREO, 960),
        "before anything was heard"
    );
    packets.iter().for_each(|packet| decoder.decode(packet, &mut pcm).expect("good"));
    let last = pcm.samples[2 * FRAME - 2];
    decoder.conceal(Delta::millis(20), None, &mut pcm);
    assert!((pcm.samples[0] - last).abs() < 0.01 && pcm.samples[1_900..].iter().all(|sample| *sample == 0.0));
}

#[test]
fn rates_are_of_two_families() {
    let rates =
        [8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 0].map(output_rate);
    assert_eq!(
        rates,
        [48_000, 44_100, 48_000, 44_100, 48_000, 48_000, 44_100, 48_000, 44_100, 48_000, 48_000]
    );
}
