//! The API as a page for people, made from the OpenAPI document: no script, nothing from elsewhere.

mod html;
mod schema;

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::Value;

use crate::access::Access;
use crate::pages;
use crate::table::Route;
use html::Html;
use schema::Schemas;

/// One method of one path, with what the document says about it.
struct Operation<'a> {
    method: &'static str,
    path: &'a str,
    said: &'a Value,
    access: Option<Access>,
}

/// The page about `document`, whose operations are called by whom `routes` say.
pub(crate) fn page(document: &Value, routes: &[Route]) -> String {
    let schemas = Schemas::of(document);
    let by_tag = operations(document, routes);
    let mut out = Html::default();
    head(&mut out, document);
    contents(&mut out, &by_tag, &schemas);
    out.raw("<main id=\"main\">");
    for (tag, operations) in &by_tag {
        out.raw("<section aria-labelledby=\"tag-").text(tag).raw("\"><h2 id=\"tag-").text(tag).raw("\">");
        out.text(tag).raw("</h2>");
        for operation in operations {
            operation.write(&mut out, &schemas);
        }
        out.raw("</section>");
    }
    schemas.write(&mut out);
    out.raw("</main></body></html>\n");
    out.finish()
}

fn operations<'a>(document: &'a Value, routes: &[Route]) -> BTreeMap<&'a str, Vec<Operation<'a>>> {
    let mut by_tag: BTreeMap<&str, Vec<Operation<'_>>> = BTreeMap::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let Some(said) = item.get(method.to_lowercase()) else { continue };
            let route = routes.iter().find(|route| route.method == method && route.path == *path);
            let access = route.map(|route| route.access);
            let operations = by_tag.entry(said["tags"][0].as_str().unwrap_or("other")).or_default();
            operations.push(Operation { method, path, said, access });
        }
    }
    by_tag
}

fn head(out: &mut Html, document: &Value) {
    let info = &document["info"];
    let (title, version) = (text(&info["title"]), text(&info["version"]));
    out.raw(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\"><title>",
    );
    out.text(title)
        .raw(" API reference</title><link rel=\"icon\" href=\"data:,\"><link rel=\"stylesheet\" href=\"");
    out.text(&pages::with_addresses("{{reference.css}}"))
        .raw("\"></head><body><a class=\"skip\" href=\"#main\">");
    out.raw("Skip to the operations</a><header><h1>")
        .text(title)
        .raw(" API reference</h1><p class=\"faint\">Version ");
    out.text(version)
        .raw(" · <a href=\"/api/v2/openapi.json\">OpenAPI document</a> · <a href=\"/mgmt\">Console</a></p>");
    out.prose(text(&info["description"])).raw("</header>");
}

fn contents(out: &mut Html, by_tag: &BTreeMap<&str, Vec<Operation<'_>>>, schemas: &Schemas<'_>) {
    out.raw("<nav aria-label=\"Contents\"><details open><summary>Contents</summary>");
    for (tag, operations) in by_tag {
        out.raw("<p><a href=\"#tag-").text(tag).raw("\">").text(tag).raw("</a></p><ul>");
        for operation in operations {
            out.raw("<li><a href=\"#")
                .text(&operation.id())
                .raw("\">")
                .method(operation.method)
                .raw(" <code>");
            out.path(operation.path.trim_start_matches("/api/v2")).raw("</code></a></li>");
        }
        out.raw("</ul>");
    }
    out.raw("<p><a href=\"#schemas\">schemas</a></p><ul>");
    for name in schemas.names() {
        out.raw("<li><a href=\"#schema-").text(name).raw("\">").text(name).raw("</a></li>");
    }
    out.raw("</ul></details></nav>");
}

impl Operation<'_> {
    fn id(&self) -> String {
        match self.said["operationId"].as_str() {
            Some(id) => id.to_owned(),
            None => format!("{} {}", self.method, self.path),
        }
    }

    fn write(&self, out: &mut Html, schemas: &Schemas<'_>) {
        out.raw("<article id=\"").text(&self.id()).raw("\"><h3>").method(self.method).raw(" <code>");
        out.path(self.path).raw("</code></h3><p class=\"summary\">");
        out.line(text(&self.said["summary"])).raw("</p>");
        out.prose(text(&self.said["description"]));
        if let Some(access) = self.access {
            out.raw("<p class=\"faint\">").line(&who(access)).raw("</p>");
        }
        self.parameters(out, schemas);
        self.body(out, schemas);
        self.responses(out, schemas);
        out.raw("</article>");
    }

    fn parameters(&self, out: &mut Html, schemas: &Schemas<'_>) {
        let Some(parameters) = self.said["parameters"].as_array().filter(|list| !list.is_empty()) else {
            return;
        };
        out.raw("<h4>Parameters</h4><dl>");
        for parameter in parameters {
            out.raw("<div><dt><code>")
                .text(text(&parameter["name"]))
                .raw("</code> <span class=\"faint\">in the ");
            out.text(text(&parameter["in"])).raw(", ");
            schemas.kind(out, &parameter["schema"]);
            if parameter["required"] == true {
                out.raw(", required");
            }
            out.raw("</span></dt><dd>").line(text(&parameter["description"]));
            example(out, &parameter["example"]);
            out.raw("</dd></div>");
        }
        out.raw("</dl>");
    }

    fn body(&self, out: &mut Html, schemas: &Schemas<'_>) {
        let Some((media, schema)) = content(&self.said["requestBody"]) else { return };
        out.raw("<h4>Body</h4><p><code>").text(media).raw("</code>: ");
        schemas.kind(out, schema);
        out.raw("</p>");
        if media == "application/json" {
            out.json(&schemas.example(schema));
        }
    }

    fn responses(&self, out: &mut Html, schemas: &Schemas<'_>) {
        out.raw("<h4>Responses</h4><dl>");
        for (status, response) in self.said["responses"].as_object().into_iter().flatten() {
            out.raw("<div><dt><code>")
                .text(status)
                .raw("</code> <span class=\"faint\">")
                .text(reason(status));
            if let Some((media, schema)) = content(response) {
                out.raw(", <code>").text(media).raw("</code>: ");
                schemas.kind(out, schema);
            }
            out.raw("</span></dt><dd>").line(text(&response["description"])).raw("</dd></div>");
        }
        out.raw("</dl>");
    }
}

/// The media type of a body or response, and the schema of what it holds.
fn content(holder: &Value) -> Option<(&str, &Value)> {
    let (media, content) = holder["content"].as_object()?.iter().next()?;
    // Problems have a media type of their own, whatever the document says about JSON.
    let problem = content["schema"]["$ref"] == "#/components/schemas/Problem";
    Some((if problem { "application/problem+json" } else { media }, &content["schema"]))
}

fn who(access: Access) -> String {
    match access {
        Access::Open => "Anybody may call it.".to_owned(),
        Access::Account => "For whoever is logged in, or uses a token.".to_owned(),
        Access::Login => "For whoever is logged in; no token opens it.".to_owned(),
        Access::Needs(permission) => format!("Needs the permission `{}`.", permission.name()),
        Access::SetupOr(permission) => {
            format!(
                "Needs the permission `{}`, or the setup token while nobody has an account.",
                permission.name()
            )
        }
        Access::PassOr(permission) => {
            format!("Needs the permission `{}`, or a pass for the recording.", permission.name())
        }
    }
}

fn reason(status: &str) -> &'static str {
    status.parse::<StatusCode>().ok().and_then(|status| status.canonical_reason()).unwrap_or_default()
}

/// ` Example: …`, where there is one.
fn example(out: &mut Html, value: &Value) {
    if !value.is_null() {
        let said = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        out.raw(" <span class=\"faint\">Example: <code>").text(&said).raw("</code></span>");
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
#[path = "reference_test.rs"]
mod tests;
