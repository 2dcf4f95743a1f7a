#![allow(clippy::unwrap_used)]

use std::collections::HashSet;

use serde_json::json;

use super::*;

fn own() -> String {
    page(&serde_json::from_str(&crate::openapi()).unwrap(), &crate::routes())
}

fn attributes<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let before = format!(" {name}=\"");
    page.split(&before).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[test]
fn every_route_and_schema_is_there_and_every_link_leads_somewhere() {
    let page = own();
    let ids = attributes(&page, "id");
    let known: HashSet<&str> = ids.iter().copied().collect();
    assert_eq!(known.len(), ids.len(), "no id twice");
    for link in attributes(&page, "href") {
        match link.strip_prefix('#') {
            Some(place) => assert!(known.contains(place), "{link}"),
            None => assert!(link.starts_with('/') || link == "data:,", "{link}"),
        }
    }
    let document: Value = serde_json::from_str(&crate::openapi()).unwrap();
    for route in crate::routes() {
        let id = &document["paths"][&route.path][route.method.to_lowercase()]["operationId"];
        assert!(known.contains(id.as_str().unwrap()), "{route:?}");
    }
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(known.contains(format!("schema-{name}").as_str()), "{name}");
    }
    assert!(page.contains("Needs the permission <code>streams:write</code>."));
    assert!(!page.contains("{{") && !page.contains("<script") && !page.contains("style="));
}

#[test]
fn every_element_that_begins_ends() {
    let page = own();
    let mut open = Vec::new();
    for tag in page.split('<').skip(1).map(|rest| rest.split('>').next().unwrap()) {
        let name = tag.split(' ').next().unwrap();
        match name.strip_prefix('/') {
            Some(ended) => assert_eq!(open.pop(), Some(ended)),
            None if ["!doctype", "meta", "link", "wbr"].contains(&name) => {}
            None => open.push(name),
        }
    }
    assert_eq!(open, [""; 0]);
}

#[test]
fn schemas_are_told_in_words_with_examples() {
    let document = json!({
        "info": {"title": "<T>", "version": "1", "description": "one\n\ntwo `x`"},
        "paths": {"/api/v2/things/{id}": {"put": {
            "tags": ["things"], "summary": "S & s", "operationId": "put_thing",
            "parameters": [{"name": "id", "in": "path", "required": true, "example": 7,
                "schema": {"type": "integer", "minimum": 1, "maximum": 9, "default": 3}}],
            "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
            "responses": {"204": {}, "422": {"description": "Why",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Gone"}}}}},
        }}},
        "components": {"schemas": {"Thing": {
            "type": "object", "required": ["kind"],
            "properties": {
                "kind": {"enum": ["a", "b"]},
                "inner": {"oneOf": [{"$ref": "#/components/schemas/Thing", "description": "Itself."}, {"type": "null"}]},
                "names": {"type": ["array", "null"], "items": {"type": "string", "example": "n"}},
                "counts": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}},
            },
        }}},
    });
    let page = page(&document, &[]);
    for part in [
        "<h1>&lt;T&gt; API reference</h1>",
        "<p>one</p><p>two <code>x</code></p>",
        "<p class=\"summary\">S &amp; s</p>",
        "in the path, integer, at least 1, at most 9, usually 3, required</span>",
        "Example: <code>7</code>",
        "<code>application/json</code>: <a href=\"#schema-Thing\">Thing</a>",
        "<code>204</code> <span class=\"faint\">No Content</span>",
        "Unprocessable Entity, <code>application/json</code>: Gone</span></dt><dd>Why</dd>",
        "<code>kind</code> <span class=\"faint\"><code>a</code> or <code>b</code>, required</span>",
        "<a href=\"#schema-Thing\">Thing</a> or null</span></dt><dd>Itself.</dd>",
        "list of string or null",
        "by name: integer<",
        "&quot;names&quot;: [\n    &quot;n&quot;\n  ]",
    ] {
        assert!(page.contains(part), "{part}\nis not in\n{page}");
    }
}
