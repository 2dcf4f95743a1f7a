#![allow(clippy::unwrap_used)]

use super::*;
use crate::ts::packet::{Adaptation, PACKET, Unit};

/// The packets of some PES packets of `sizes` bytes, header included; a size of 0 in the header where `bounded` is not.
fn packets(sizes: &[usize], bounded: bool, counter: &mut u8) -> Vec<[u8; PACKET]> {
    let mut out = Vec::new();
    for (at, size) in sizes.iter().enumerate() {
        let length = if bounded { (size - 6) as u16 } else { 0 };
        let mut bytes = vec![0, 0, 1, 0xe0];
        bytes.extend(length.to_be_bytes());
        bytes.extend((6..*size).map(|byte| (byte * 7 + at) as u8));
        let mut unit = Unit::new(&mut out, (0x100, counter), bytes.len(), Adaptation::default());
        unit.put(&bytes);
    }
    out.chunks(PACKET).map(|packet| packet.try_into().unwrap()).collect()
}

/// What comes of packets: the sizes of PES packets with whether there is a gap before them, missing, lost.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    whole: Vec<(usize, bool)>,
    missing: usize,
    lost: usize,
}

fn assemble(packets: &[[u8; PACKET]], limit: usize) -> Outcome {
    let mut assembly = Assembly::new(limit);
    let mut outcome = Outcome::default();
    let take = |assembly: &mut Assembly, outcome: &mut Outcome| {
        outcome.whole.extend(assembly.take().map(|whole| (whole.bytes.len(), whole.gap)));
    };
    for bytes in packets {
        let packet = Packet::parse(bytes).unwrap();
        let Some(before) = assembly.expect(&packet) else { continue };
        take(&mut assembly, &mut outcome);
        let after = assembly.push(&packet, SystemTime::UNIX_EPOCH);
        take(&mut assembly, &mut outcome);
        for trouble in [before, after] {
            outcome.missing += usize::from(trouble.missing);
            outcome.lost += usize::from(trouble.lost);
        }
    }
    outcome.lost += usize::from(assembly.finish());
    take(&mut assembly, &mut outcome);
    outcome
}

fn whole(sizes: &[usize]) -> Outcome {
    Outcome { whole: sizes.iter().map(|size| (*size, false)).collect(), ..Outcome::default() }
}

#[test]
fn with_or_without_a_length_they_come_out_whole() {
    let sizes = [20, 184, 185, 1000, 367, 368, 9];
    for bounded in [false, true] {
        assert_eq!(assemble(&packets(&sizes, bounded, &mut 9), 2000), whole(&sizes));
    }
}

#[test]
fn a_length_ends_without_the_next() {
    let mut assembly = Assembly::new(2000);
    for (at, bytes) in packets(&[500], true, &mut 0).iter().enumerate() {
        let packet = Packet::parse(bytes).unwrap();
        assert_eq!(assembly.expect(&packet), Some(Trouble::default()));
        assembly.push(&packet, SystemTime::UNIX_EPOCH);
        assert_eq!(assembly.take().is_some(), at == 2);
    }
}

#[test]
fn a_missing_packet_costs_its_unit_and_marks_the_next() {
    let sizes = [500, 600, 700];
    for bounded in [false, true] {
        let all = packets(&sizes, bounded, &mut 0);
        for lost in 0..all.len() {
            let rest = [&all[..lost], &all[lost + 1..]].concat();
            let outcome = assemble(&rest, 2000);
            let unit = [3, 7, 11].iter().position(|end| lost < *end).unwrap();
            // Before the first packet and behind the last nothing tells.
            assert_eq!(outcome.missing, usize::from(lost > 0 && lost < 10), "{lost}");
            let kept: Vec<_> = outcome.whole.iter().map(|(size, _)| *size).collect();
            if lost == 10 && !bounded {
                assert_eq!(kept[..2], [500, 600]);
                continue;
            }
            let mut expected = sizes.to_vec();
            expected.remove(unit);
            // The first packet of a unit may have been the last of the one before: without a length nobody knows.
            if [3, 7].contains(&lost) && !bounded {
                expected.remove(unit - 1);
            }
            assert_eq!(kept, expected, "{lost}");
            let gaps: Vec<_> = outcome.whole.iter().map(|(_, gap)| *gap).collect();
            assert_eq!(gaps.contains(&true), unit < 2 && lost > 0, "{lost}");
        }
    }
}

#[test]
fn a_packet_that_comes_twice_counts_once() {
    let all = packets(&[500, 600], false, &mut 0);
    for twice in 0..all.len() {
        let mut list = all.clone();
        list.insert(twice, all[twice]);
        assert_eq!(assemble(&list, 2000), whole(&[500, 600]), "{twice}");
    }
    // The same number with something else in it is a gap of sixteen.
    let mut list = all.clone();
    list.insert(1, all[1]);
    list[1][100] ^= 1;
    assert_eq!(assemble(&list, 2000), Outcome { whole: vec![(600, true)], missing: 1, lost: 1 });
}

#[test]
fn what_outgrows_the_limit_is_dropped() {
    for bounded in [false, true] {
        let outcome = assemble(&packets(&[500, 1001, 600], bounded, &mut 0), 1000);
        assert_eq!(outcome, Outcome { whole: vec![(500, false), (600, true)], missing: 0, lost: 1 });
    }
}

#[test]
fn what_is_shorter_than_it_says_is_dropped() {
    let all = packets(&[500, 600], true, &mut 0);
    let mut list = all[..2].to_vec();
    for (at, mut packet) in all[3..].iter().copied().enumerate() {
        packet[3] = packet[3] & 0xf0 | (2 + at) as u8;
        list.push(packet);
    }
    assert_eq!(assemble(&list, 2000), Outcome { whole: vec![(600, true)], missing: 0, lost: 1 });
}

#[test]
fn an_announced_jump_of_the_counter_is_no_trouble() {
    let field = Adaptation { discontinuity: true, ..Adaptation::default() };
    let mut all = packets(&[500, 600], false, &mut 0);
    for packet in &mut all[3..] {
        packet[3] = packet[3] & 0xf0 | (packet[3] + 5) & 15;
    }
    // In a packet of its own: the unit before may lack its end.
    let mut alone = Vec::new();
    crate::ts::packet::clock_only(&mut alone, 0x100, 8, field);
    let mut announced = all.clone();
    announced.insert(3, alone.try_into().unwrap());
    assert_eq!(assemble(&announced, 2000), Outcome { whole: vec![(600, true)], missing: 0, lost: 1 });
    // With the first packet behind it.
    let mut out = Vec::new();
    let mut counter = 8;
    let mut unit = Unit::new(&mut out, (0x100, &mut counter), 600, field);
    unit.put(&[&[0, 0, 1, 0xe0, 0, 0][..], &[7; 594]].concat());
    all.truncate(3);
    all.extend(out.chunks(PACKET).map(|packet| <[u8; PACKET]>::try_from(packet).unwrap()));
    assert_eq!(assemble(&all, 2000), Outcome { whole: vec![(600, true)], missing: 0, lost: 1 });
}

#[test]
fn an_announced_gap_without_a_jump_loses_nothing() {
    let field = Adaptation { discontinuity: true, ..Adaptation::default() };
    let mut all = packets(&[500, 600], false, &mut 0);
    let mut alone = Vec::new();
    crate::ts::packet::clock_only(&mut alone, 0x100, 3, field);
    all.insert(3, alone.try_into().unwrap());
    assert_eq!(
        assemble(&all, 2000),
        Outcome { whole: vec![(500, false), (600, true)], ..Outcome::default() }
    );
}
