//! Text that becomes HTML. Whatever is not ours to write goes through an escape.

use serde_json::Value;

/// A page as far as it is written.
#[derive(Default)]
pub(super) struct Html(String);

impl Html {
    pub(super) fn finish(self) -> String {
        self.0
    }

    /// Markup of ours.
    pub(super) fn raw(&mut self, markup: &str) -> &mut Html {
        self.0.push_str(markup);
        self
    }

    /// Text, also within quotes.
    pub(super) fn text(&mut self, text: &str) -> &mut Html {
        for c in text.chars() {
            match c {
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '&' => self.0.push_str("&amp;"),
                '"' => self.0.push_str("&quot;"),
                c => self.0.push(c),
            }
        }
        self
    }

    /// Text with `code` between backticks.
    pub(super) fn line(&mut self, text: &str) -> &mut Html {
        let mut parts = text.split('`');
        self.text(parts.next().unwrap_or_default());
        while let Some(code) = parts.next() {
            match parts.next() {
                Some(after) => self.raw("<code>").text(code).raw("</code>").text(after),
                // A backtick alone is one.
                None => self.text("`").text(code),
            };
        }
        self
    }

    /// Paragraphs, with an empty line between them.
    pub(super) fn prose(&mut self, text: &str) -> &mut Html {
        for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
            self.raw("<p>").line(paragraph.trim()).raw("</p>");
        }
        self
    }

    /// A path that may be broken behind its slashes.
    pub(super) fn path(&mut self, path: &str) -> &mut Html {
        for part in path.split_inclusive('/') {
            self.text(part).raw("<wbr>");
        }
        self
    }

    /// `GET`, with its colour.
    pub(super) fn method(&mut self, method: &str) -> &mut Html {
        let class = method.to_lowercase();
        self.raw("<span class=\"method ").text(&class).raw("\">").text(method).raw("</span>")
    }

    /// An example that can be scrolled by keyboard.
    pub(super) fn json(&mut self, value: &Value) -> &mut Html {
        let shown = serde_json::to_string_pretty(value).unwrap_or_default();
        self.raw("<pre tabindex=\"0\" aria-label=\"Example\"><code>").text(&shown).raw("</code></pre>")
    }
}
