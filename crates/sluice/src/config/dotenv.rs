//! A file of variables that shells can read.

/// The assignments of a file that shells can read: `NAME=value`, perhaps quoted, perhaps after `export`.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (&str, String)> {
    text.lines().filter_map(|line| {
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (name, value) = line.split_once('=').filter(|_| !line.starts_with('#'))?;
        Some((name.trim(), unquoted(value.trim())))
    })
}

/// What stands between quotes, or without them up to a comment. Between double quotes a backslash takes the special meaning
/// from what follows, as the program that Oryx writes the file with puts one before `"`, `\`, `$`, `!` and the backquote.
fn unquoted(value: &str) -> String {
    let mut rest = value.chars();
    match rest.next() {
        Some('\'') => rest.take_while(|c| *c != '\'').collect(),
        Some('"') => {
            let mut out = String::new();
            while let Some(c) = rest.next() {
                match c {
                    '"' => break,
                    '\\' => match rest.next() {
                        Some('n') => out.push('\n'),
                        Some('r') => out.push('\r'),
                        Some(escaped) => out.push(escaped),
                        None => out.push('\\'),
                    },
                    c => out.push(c),
                }
            }
            out
        }
        _ => value.split(" #").next().unwrap_or(value).trim_end().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_as_a_shell_would() {
        let text =
            "# A=1\nA=2\nexport B=\"x \\\"y\\\"\"\nC='it # is'\nD=plain # comment\nE=\nnonsense\nA=007";
        let read: Vec<_> = lines(text).map(|(name, value)| format!("{name}:{value}")).collect();
        assert_eq!(read, ["A:2", "B:x \"y\"", "C:it # is", "D:plain", "E:", "A:007"]);
    }

    #[test]
    fn what_oryx_has_written_is_read_back() {
        let text = r#"MGMT_PASSWORD="p@ss\!\$1 \"w\\d\`"
A="secret12" # mine
B='it' # not mine
C="open"#;
        let read: Vec<_> = lines(text).map(|(_, value)| value).collect();
        assert_eq!(read, ["p@ss!$1 \"w\\d`", "secret12", "it", "open"]);
    }
}
