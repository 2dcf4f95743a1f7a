use super::*;

/// What `compound` says, in short.
fn said(compound: &[u8]) -> Vec<String> {
    let mut out = Vec::new();
    read(compound, |report| {
        out.push(match report {
            Report::Arrivals(arrivals) => format!("{:?}", arrivals.collect::<Vec<_>>()),
            Report::Missing { ssrc, lost } => format!("{ssrc} {:?}", lost.sequences().collect::<Vec<_>>()),
            other => format!("{other:?}"),
        });
    });
    out
}

/// A packet with a whole number of words in `body`.
fn packet(count: u8, kind: u8, body: &[u8]) -> Vec<u8> {
    let words = (body.len() / 4) as u16;
    [&[0x80 | count, kind][..], &words.to_be_bytes(), body].concat()
}

fn feedback(kind: u8, format: u8, ssrc: u32, entries: &[u8]) -> Vec<u8> {
    packet(format, kind, &[&[0, 0, 0, 1][..], &ssrc.to_be_bytes(), entries].concat())
}

#[test]
fn receptions_are_read_out_of_both_kinds_of_reports() {
    let block = [0, 0, 0, 7, 64, 0xff, 0xff, 0xfe, 0, 1, 0, 2, 0, 0, 0, 90, 1, 2, 3, 4, 0, 1, 0, 0];
    for compound in [
        packet(1, RECEIVER, &[&[0, 0, 0, 1][..], &block].concat()),
        packet(1, SENDER, &[&[0; 24][..], &block].concat()),
    ] {
        let mut found = None;
        read(&compound, |report| {
            if let Report::Reception(reception) = report {
                found = Some(reception);
            }
        });
        let Reception { ssrc, fraction_lost, lost, jitter, last, since } = found.expect("a block");
        assert_eq!((ssrc, fraction_lost, lost, jitter), (7, 64, -2, 90));
        assert_eq!((last, since), (0x0102_0304, 0x1_0000));
    }
}

#[test]
fn feedback_is_read_with_what_stands_beside_it() {
    let compound = [
        packet(0, RECEIVER, &[0, 0, 0, 1]),
        packet(1, DESCRIPTION, &[0, 0, 0, 1, 1, 1, b'a', 0]),
        feedback(TRANSPORT_FEEDBACK, 1, 9, &[0xff, 0xff, 0b1000_0000, 0b101]),
        feedback(PICTURE_FEEDBACK, 1, 9, &[]),
        feedback(PICTURE_FEEDBACK, 4, 0, &[0, 0, 0, 10, 3, 0, 0, 0]),
        feedback(PICTURE_FEEDBACK, 15, 0, &[b'R', b'E', b'M', b'B', 1, 3 << 2 | 1, 0, 5, 0, 0, 0, 9]),
        packet(0, 210, &[1, 2, 3, 4]),
    ];
    let said = said(&compound.concat());
    assert_eq!(
        said,
        [
            "9 [65535, 0, 2, 15]",
            "KeyFrameWanted { ssrc: 9 }",
            "KeyFrameWanted { ssrc: 10 }",
            "Bandwidth(524328)",
        ]
    );
}

#[test]
fn arrivals_are_read_out_of_each_kind_of_chunk() {
    let chunks = [
        // Two in a row, with a byte each.
        0b0010_0000_0000_0010u16,
        // 14 of one bit: the second and the last came.
        0b1001_0000_0000_0001,
        // 7 of two bits: a byte, two bytes, none, …
        0b1101_1000_0000_0000,
    ];
    let mut body = vec![0xff, 0xfe, 0, 20, 0, 0, 1, 0];
    body.extend(chunks.iter().flat_map(|chunk| chunk.to_be_bytes()));
    // 0, 250 µs, 500 µs, 250 µs, 1 ms, and 500 µs back.
    body.extend([0, 1, 2, 1, 4, 0xff, 0xfe]);
    body.push(0);
    body.extend([0; 2]);
    let arrivals: Vec<_> = Arrivals::new(&body).expect("a report").collect();
    assert_eq!(arrivals.len(), 20);
    let came: Vec<_> = arrivals.iter().filter_map(|(sequence, at)| at.map(|at| (*sequence, at))).collect();
    assert_eq!(
        came,
        [(65_534, 64_000), (65_535, 64_250), (1, 64_750), (13, 65_000), (14, 66_000), (15, 65_500),]
    );
}

#[test]
fn a_report_that_promises_more_than_it_has_is_read_up_to_there() {
    let run = [0u8, 0, 0, 200, 0, 0, 1, 0, 0b0010_0000, 0xff, 5, 5];
    let arrivals: Vec<_> = Arrivals::new(&run).expect("a report").collect();
    assert_eq!(arrivals, [(0, Some(65_250)), (1, Some(66_500))]);
    let nobody = [&[0u8, 0, 0xff, 0xff, 0, 0, 1, 0][..], &[0x1f, 0xff].repeat(20)].concat();
    assert_eq!(Arrivals::new(&nobody).expect("a report").count(), arrivals::MOST);
}

#[test]
fn a_sender_report_is_as_long_as_it_says() {
    for cname in ["", "a", "ab", "abc", "0123456789abcdef"] {
        let ntp = Ntp::of(Duration::from_millis(1_500));
        let mut out = vec![7];
        Sender { ssrc: 1, ntp, timestamp: 2, packets: 3, bytes: 4, cname, last: false }.write(&mut out);
        let report = &out[1..];
        assert_eq!(
            report[..28],
            [
                0x80, 200, 0, 6, 0, 0, 0, 1, 0x83, 0xaa, 0x7e, 0x81, 0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 3,
                0, 0, 0, 4
            ]
        );
        let description = &report[28..];
        let words = usize::from(description[3]);
        assert_eq!(description.len(), 4 + 4 * words, "{cname}");
        assert_eq!(description[8..10], [1, cname.len() as u8]);
        assert_eq!(&description[10..10 + cname.len()], cname.as_bytes());
        let mut goodbye = Vec::new();
        Sender { ssrc: 1, ntp, timestamp: 2, packets: 3, bytes: 4, cname, last: true }.write(&mut goodbye);
        assert_eq!(goodbye, [report, &[0x81, 203, 0, 1, 0, 0, 0, 1]].concat());
        assert!(
            description.len() > 10 + cname.len()
                && description[10 + cname.len()..].iter().all(|zero| *zero == 0)
        );
    }
}

#[test]
fn feedback_is_told_from_what_else_may_stand_behind_it() {
    let feedback = feedback(TRANSPORT_FEEDBACK, 15, 1, &[0; 12]);
    for trailer in [14, 20] {
        let alone = [&feedback[..], &vec![7; trailer]].concat();
        assert!(is_feedback(&alone));
        let compound = [&feedback[..], &packet(0, RECEIVER, &[0, 0, 0, 1]), &vec![7; trailer]].concat();
        assert!(!is_feedback(&compound), "{trailer}");
    }
    assert!(!is_feedback(&packet(1, TRANSPORT_FEEDBACK, &[0; 12])) && !is_feedback(b"\x8f\xcd"));
}

proptest::proptest! {
    #[test]
    fn anything_is_read_without_harm(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        said(&bytes);
        for (kind, format) in [(TRANSPORT_FEEDBACK, 15), (TRANSPORT_FEEDBACK, 1), (PICTURE_FEEDBACK, 15)] {
            let whole = bytes.len() / 4 * 4;
            said(&feedback(kind, format, 1, &bytes[..whole]));
        }
    }
}
