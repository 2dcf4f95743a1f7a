//! What values look like: JSON Schema in words, with links from one to another.

use serde_json::{Map, Value, json};

use super::html::Html;
use super::{example, text};

/// The schemas that have names.
pub(super) struct Schemas<'a>(Option<&'a Map<String, Value>>);

impl<'a> Schemas<'a> {
    pub(super) fn of(document: &'a Value) -> Schemas<'a> {
        Schemas(document["components"]["schemas"].as_object())
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.0.into_iter().flatten().map(|(name, _)| name.as_str())
    }

    /// All of them, each with its fields and an example.
    pub(super) fn write(&self, out: &mut Html) {
        out.raw("<section aria-labelledby=\"schemas\"><h2 id=\"schemas\">schemas</h2>");
        for (name, schema) in self.0.into_iter().flatten() {
            out.raw("<article id=\"schema-").text(name).raw("\"><h3>").text(name).raw("</h3>");
            out.prose(text(&schema["description"]));
            self.inside(out, schema);
            if schema["enum"].is_null() {
                out.raw("<h4>Example</h4>").json(&self.example(schema));
            }
            out.raw("</article>");
        }
        out.raw("</section>");
    }

    /// What a value of `schema` consists of.
    fn inside(&self, out: &mut Html, schema: &Value) {
        if let Some(parts) = schema["allOf"].as_array() {
            for part in parts {
                if part["$ref"].is_string() {
                    out.raw("<p>All of ");
                    self.kind(out, part);
                    out.raw(", and:</p>");
                }
                self.inside(out, part);
            }
            return;
        }
        let Some(properties) = schema["properties"].as_object() else {
            if schema["$ref"].is_null() {
                out.raw("<p>");
                self.kind(out, schema);
                out.raw("</p>");
            }
            return;
        };
        let required =
            |name: &str| schema["required"].as_array().is_some_and(|list| list.iter().any(|n| n == name));
        out.raw("<dl>");
        for (name, property) in properties {
            out.raw("<div><dt><code>").text(name).raw("</code> <span class=\"faint\">");
            self.kind(out, property);
            if required(name) {
                out.raw(", required");
            }
            out.raw("</span></dt><dd>").line(described(property));
            example(out, &property["example"]);
            out.raw("</dd></div>");
        }
        out.raw("</dl>");
    }

    /// `schema` in a few words: `list of StreamView`.
    pub(super) fn kind(&self, out: &mut Html, schema: &Value) {
        if let Some(name) = referred(schema) {
            match self.0.is_some_and(|all| all.contains_key(name)) {
                true => out.raw("<a href=\"#schema-").text(name).raw("\">").text(name).raw("</a>"),
                false => out.text(name),
            };
            return;
        }
        for (key, word) in [("oneOf", " or "), ("anyOf", " or "), ("allOf", " and ")] {
            if let Some(parts) = schema[key].as_array() {
                for (number, part) in parts.iter().enumerate() {
                    out.raw(if number > 0 { word } else { "" });
                    self.kind(out, part);
                }
                return;
            }
        }
        if let Some(values) = schema["enum"].as_array() {
            for (number, value) in values.iter().enumerate() {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                out.raw(if number > 0 { " or <code>" } else { "<code>" }).text(&value).raw("</code>");
            }
            return;
        }
        let kinds: Vec<&str> = match &schema["type"] {
            Value::Array(kinds) => kinds.iter().map(text).collect(),
            Value::String(kind) => vec![kind],
            _ => vec!["anything"],
        };
        for (number, kind) in kinds.into_iter().enumerate() {
            out.raw(if number > 0 { " or " } else { "" });
            match kind {
                "array" => {
                    out.raw("list of ");
                    self.kind(out, &schema["items"]);
                }
                "object" if schema["additionalProperties"].is_object() => {
                    out.raw("by name: ");
                    self.kind(out, &schema["additionalProperties"]);
                }
                kind => drop(out.text(kind)),
            }
        }
        for (key, word) in [("minimum", "at least"), ("maximum", "at most"), ("default", "usually")] {
            // That counts are not negative goes without saying.
            if !schema[key].is_null() && (key, &schema[key]) != ("minimum", &json!(0)) {
                out.text(&format!(", {word} {}", schema[key]));
            }
        }
    }

    /// A value that fits `schema`.
    pub(super) fn example(&self, schema: &Value) -> Value {
        self.example_within(schema, 0)
    }

    fn example_within(&self, schema: &Value, depth: usize) -> Value {
        if depth > DEEPEST {
            return Value::Null;
        }
        if !schema["example"].is_null() {
            return schema["example"].clone();
        }
        if let Some(name) = referred(schema) {
            return self
                .0
                .and_then(|all| all.get(name))
                .map_or(Value::Null, |it| self.example_within(it, depth + 1));
        }
        if let Some(first) = schema["enum"].get(0) {
            return first.clone();
        }
        if let Some(parts) = schema["allOf"].as_array() {
            let values = parts.iter().map(|part| self.example_within(part, depth + 1));
            let fields = values.filter_map(|value| value.as_object().cloned()).flatten();
            return Value::Object(fields.collect());
        }
        let choice = schema["oneOf"].as_array().or(schema["anyOf"].as_array());
        if let Some(part) = choice.and_then(|parts| parts.iter().find(|part| part["type"] != "null")) {
            return self.example_within(part, depth + 1);
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds.iter().map(text).find(|kind| *kind != "null"),
            kind => kind.as_str(),
        };
        match kind {
            Some("object") => match schema["properties"].as_object() {
                Some(properties) => {
                    let fields = properties.iter();
                    let fields =
                        fields.map(|(name, field)| (name.clone(), self.example_within(field, depth + 1)));
                    Value::Object(fields.collect())
                }
                None => json!({}),
            },
            Some("array") => json!([self.example_within(&schema["items"], depth + 1)]),
            Some("integer") => schema.get("default").or(schema.get("minimum")).cloned().unwrap_or(json!(0)),
            Some("number") => json!(1.5),
            Some("boolean") => json!(false),
            Some("string") => json!("…"),
            _ => Value::Null,
        }
    }
}

/// The name of the schema that `schema` stands for.
fn referred(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

/// What is said about a field: with itself, or with what it stands for when it is there.
fn described(schema: &Value) -> &str {
    let choices = schema["oneOf"].as_array().into_iter().flatten().map(|part| text(&part["description"]));
    std::iter::once(text(&schema["description"]))
        .chain(choices)
        .find(|said| !said.is_empty())
        .unwrap_or_default()
}

/// Schemas within schemas in an example: one that holds itself would have no end.
const DEEPEST: usize = 12;
