// The page at /mgmt: the first account, logging in, and the streams as they are. It talks to /api/v2 alone.
"use strict";

const $ = (id) => document.getElementById(id);
const VIEWS = ["loading", "set-up", "log-in", "console"];

let csrf = "";
let events = null;
let listeners = null;
const streams = new Map();

/// What the API answers; throws what is to be shown when it refuses or cannot be reached.
async function ask(method, path, body) {
  let response;
  try {
    response = await fetch(`/api/v2/${path}`, {
      method,
      credentials: "same-origin",
      cache: "no-store",
      headers: csrf ? { "x-csrf-token": csrf } : {},
      body: body && JSON.stringify(body),
    });
  } catch {
    throw { status: 0, text: "The server cannot be reached." };
  }
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  const fields = (answer?.errors ?? []).map((error) => `${error.field}: ${error.message}`);
  const text = [answer?.detail ?? answer?.title ?? `The server answered ${response.status}.`, ...fields].join(" ");
  throw { status: response.status, code: answer?.code, text };
}

function show(view) {
  for (const name of VIEWS) $(name).hidden = name !== view;
  $("who").hidden = view !== "console";
  say($("trouble"), "");
}

function say(place, text) {
  place.textContent = text;
  place.hidden = !text;
}

/// The set-up token of the address, which is taken out of it: it must not stay in the history.
function tokenOfAddress() {
  const address = new URL(location.href);
  const token = address.searchParams.get("token") ?? "";
  if (address.searchParams.has("token")) {
    address.searchParams.delete("token");
    history.replaceState(null, "", address.pathname + address.search + address.hash);
  }
  return token;
}

async function start() {
  const token = tokenOfAddress();
  try {
    const setup = await ask("GET", "setup");
    $("version").textContent = setup.version;
    if (setup.required) {
      $("token").value = token;
      $("token-field").hidden = token !== "";
      show("set-up");
      $(token ? "new-name" : "token").focus();
      return;
    }
    enter(await ask("GET", "session"));
  } catch (problem) {
    if (problem.status === 401) return offerLogIn();
    $("loading").hidden = true;
    say($("trouble"), problem.text ?? String(problem));
  }
}

function offerLogIn() {
  leave();
  show("log-in");
  $("name").focus();
}

/// Sends what `form` holds to `path`, and goes in; `refused` may help with a problem before it is shown.
function submits(section, path, refused) {
  const form = section.querySelector("form");
  const [problemPlace, button] = [form.querySelector(".problem"), form.querySelector("[type=submit]")];
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    say(problemPlace, "");
    button.disabled = true;
    const filled = [...new FormData(form)].filter(([, value]) => value !== "");
    try {
      const session = await ask("POST", path, Object.fromEntries(filled));
      form.reset();
      enter(session);
    } catch (problem) {
      say(problemPlace, problem.text ?? String(problem));
      refused?.(problem);
    } finally {
      button.disabled = false;
    }
  });
}

async function enter(session) {
  csrf = session.csrf ?? "";
  $("user").textContent = `${session.user.name} (${session.user.role})`;
  $("code-field").hidden = true;
  show("console");
  const may = (permission) => session.permissions.includes(permission);
  try {
    if (may("system:read")) listeners = (await ask("GET", "system")).listeners;
    if (may("keys:read")) showPublish(await ask("GET", "keys"));
    else say($("publish-hint"), "Ask an administrator for the publish key.");
  } catch (problem) {
    if (problem.status === 401) return offerLogIn();
    say($("trouble"), problem.text ?? String(problem));
  }
  if (may("streams:read")) listen();
  else say($("state"), "You may not see the streams.");
}

/// Forgets whoever was logged in.
function leave() {
  events?.close();
  events = null;
  listeners = null;
  csrf = "";
  streams.clear();
  showStreams();
  $("publish").replaceChildren();
}

function listen() {
  say($("state"), "Connecting…");
  events?.close();
  events = new EventSource("/api/v2/events?topics=streams");
  events.addEventListener("streams", (event) => {
    const data = JSON.parse(event.data);
    if (data.snapshot) streams.clear();
    for (const stream of data.items ?? data.changed) streams.set(stream.id, stream);
    for (const id of data.gone ?? []) streams.delete(id);
    say($("state"), "");
    showStreams();
  });
  events.addEventListener("error", async () => {
    say($("state"), "The connection is lost; trying again.");
    // The browser tries again by itself unless the server has refused: then the login may be over.
    if (events?.readyState !== EventSource.CLOSED) return;
    try {
      await ask("GET", "session");
      setTimeout(() => events && listen(), 3000);
    } catch (problem) {
      if (problem.status === 401) offerLogIn();
      else setTimeout(() => events && listen(), 3000);
    }
  });
}

/// `scheme://host[:port]` of a listener; undefined where there is none.
function server(scheme, usual) {
  const address = listeners?.find((listener) => listener.protocol === scheme)?.address;
  if (!address) return undefined;
  const port = Number(address.slice(address.lastIndexOf(":") + 1));
  return `${scheme}://${location.hostname}${port === usual ? "" : `:${port}`}`;
}

function showPublish(keys) {
  const rtmp = server("rtmp", 1935) ?? server("rtmps", 443);
  if (!rtmp) return say($("publish-hint"), "The server does not listen for RTMP.");
  const key = keys.open ? "livestream" : `livestream?secret=${keys.global}`;
  say($("publish-hint"), 'In OBS: Settings > Stream, service "Custom". The key is a secret; "livestream" may be any name.');
  $("publish").replaceChildren(address("Server", `${rtmp}/live`), address("Stream key", key));
}

function showStreams() {
  const list = $("streams");
  const shown = new Map([...list.children].map((item) => [item.dataset.id, item]));
  const ids = [...streams.keys()].sort();
  for (const [id, item] of shown) if (!streams.has(id)) item.remove();
  ids.forEach((id, index) => {
    // What is there stays, so that nobody loses the field they are in.
    const item = shown.get(id) ?? added(id);
    if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
    describe(item, streams.get(id));
  });
  $("none").hidden = ids.length > 0 || !events;
}

function added(id) {
  const item = $("stream").content.firstElementChild.cloneNode(true);
  item.dataset.id = id;
  item.querySelector("h2").textContent = id;
  const path = id.split("/").map(encodeURIComponent).join("/");
  const [rtmp, rtmps] = [server("rtmp", 1935), server("rtmps", 443)];
  const addresses = [
    address("HLS", `${location.origin}/${path}.m3u8`),
    address("HTTP-FLV", `${location.origin}/${path}.flv`),
  ];
  if (rtmp) addresses.push(address("RTMP", `${rtmp}/${path}`));
  if (rtmps) addresses.push(address("RTMPS", `${rtmps}/${path}`));
  item.querySelector(".addresses").replaceChildren(...addresses);
  return item;
}

function describe(item, stream) {
  const viewers = Object.values(stream.viewers).reduce((sum, count) => sum + count, 0);
  const state = document.createElement("span");
  state.textContent = stream.state;
  state.className = stream.state;
  const facts = [`${viewers} ${viewers === 1 ? "viewer" : "viewers"}`];
  if (stream.publisher) facts.push(`published by ${stream.publisher.protocol} from ${stream.publisher.address}`);
  item.querySelector(".facts").replaceChildren(state, ` · ${facts.join(" · ")}`);
  item.querySelector(".tracks").textContent = stream.tracks.map(track).join(" · ");
}

function track(track) {
  const words = [track.codec];
  if (track.width) words.push(`${track.width}×${track.height}`);
  if (track.sample_rate) words.push(`${track.sample_rate / 1000} kHz`);
  // In its first moments a track has no rates.
  if (track.width && track.fps > 0) words.push(`${Math.round(track.fps)} fps`);
  if (track.bitrate > 0) words.push(`${Math.round(track.bitrate / 1000)} kbit/s`);
  if (track.derived) words.push("(made here)");
  return words.join(" ");
}

/// A line with something to be copied.
function address(name, text) {
  const line = $("address").content.firstElementChild.cloneNode(true);
  const [field, button] = [line.querySelector("input"), line.querySelector("button")];
  line.querySelector("dt").textContent = name;
  field.value = text;
  field.setAttribute("aria-label", name);
  field.addEventListener("focus", () => field.select());
  button.setAttribute("aria-label", `Copy ${name}`);
  button.addEventListener("click", async () => {
    const copied = await copy(field);
    button.textContent = copied ? "Copied" : "Press Ctrl+C";
    $("said").textContent = copied ? `${name} copied` : `${name} is selected, press Ctrl+C`;
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  return line;
}

/// Pages that came without TLS have no clipboard of their own; there the old way may still do.
async function copy(field) {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    field.focus();
    field.select();
    return document.execCommand("copy");
  }
}

submits($("set-up"), "setup", (problem) => {
  if (problem.code === "wrong_setup_token") {
    $("token-field").hidden = false;
    $("token").focus();
  }
  if (problem.code === "set_up_already") offerLogIn();
});
submits($("log-in"), "session", (problem) => {
  if (problem.code === "code_needed" || problem.code === "wrong_code") {
    $("code-field").hidden = false;
    $("code").value = "";
    $("code").focus();
  } else {
    $("password").focus();
  }
});
$("log-out").addEventListener("click", async () => {
  try {
    await ask("DELETE", "session");
    offerLogIn();
  } catch (problem) {
    if (problem.status === 401) return offerLogIn();
    say($("trouble"), problem.text ?? String(problem));
  }
});
start();
