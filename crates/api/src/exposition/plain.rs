//! The older text format, from OpenMetrics: the samples are the same, the words about them are not.

/// `text` as the text format 0.0.4 has it: counters are described by the name that their samples have, and there is neither a
/// unit nor an end.
pub(super) fn of(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut help = None;
    for line in text.lines() {
        if let Some(about) = line.strip_prefix("# HELP ") {
            // Whether it is a counter is in the next line.
            help = about.split_once(' ');
            continue;
        }
        if line.starts_with("# UNIT ") || line == "# EOF" {
            continue;
        }
        let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|about| about.split_once(' ')) else {
            plain.push_str(line);
            plain.push('\n');
            continue;
        };
        let (suffix, kind) = match kind {
            "counter" => ("_total", "counter"),
            "info" => ("_info", "gauge"),
            "unknown" => ("", "untyped"),
            other => ("", other),
        };
        if let Some((_, about)) = help.take().filter(|(of, _)| *of == name) {
            plain.push_str(&format!("# HELP {name}{suffix} {about}\n"));
        }
        plain.push_str(&format!("# TYPE {name}{suffix} {kind}\n"));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_have_the_name_of_their_samples() {
        let open = "# HELP a_bytes What came.\n# TYPE a_bytes counter\n# UNIT a_bytes bytes\na_bytes_total{x=\"# EOF\"} 7\n\
                    # HELP b Now.\n# TYPE b gauge\nb 1\n# HELP c About.\n# TYPE c info\nc_info{v=\"1\"} 1\n# EOF\n";
        let plain = "# HELP a_bytes_total What came.\n# TYPE a_bytes_total counter\na_bytes_total{x=\"# EOF\"} 7\n\
                     # HELP b Now.\n# TYPE b gauge\nb 1\n# HELP c_info About.\n# TYPE c_info gauge\nc_info{v=\"1\"} 1\n";
        assert_eq!(of(open), plain);
    }
}
