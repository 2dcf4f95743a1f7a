//! What each message does.

use container::amf0::{Object, Value};

use super::stream::{Role, Stream};
use super::{Asked, Connect, Event, Place, Request, Session, code};
use crate::aggregate::Aggregate;
use crate::chunk::Message;
use crate::command::{self, Command, STREAM_BEGIN, STREAM_EOF};
use crate::message::{
    AGGREGATE, AUDIO, COMMAND, COMMAND_AMF3, DATA, DATA_AMF3, VIDEO, media, without_amf3_frame,
};
use crate::url::Target;
use crate::{Capabilities, Error, Media};

impl Session {
    pub(super) fn message(&mut self, message: Message) -> Result<(), Error> {
        let Message { header, body } = message;
        match header.kind {
            COMMAND => self.command(header.stream, Command::parse(&body)?),
            COMMAND_AMF3 => self.command(header.stream, Command::parse(&without_amf3_frame(body))?),
            AUDIO | VIDEO | DATA | DATA_AMF3 => {
                self.media(header.stream, header.kind, header.timestamp, body);
                Ok(())
            }
            AGGREGATE => {
                for (kind, timestamp, body) in Aggregate::new(header.timestamp, body) {
                    self.media(header.stream, kind, timestamp, body);
                }
                Ok(())
            }
            // Shared objects, and what nobody has heard of.
            _ => Ok(()),
        }
    }

    fn media(&mut self, stream: u32, kind: u8, timestamp: u32, body: bytes::Bytes) {
        let Some((kind, body)) = media(kind, body) else { return };
        let Some((stream, publishing)) = publisher(&mut self.streams, stream) else {
            // The tail of a stream that has ended, or of one that was refused.
            self.unclaimed += 1;
            return;
        };
        let time = publishing.time(timestamp);
        self.events.push_back(Event::Media(Media { stream, kind, time, body }));
    }

    fn command(&mut self, stream: u32, command: Command) -> Result<(), Error> {
        let transaction = command.transaction;
        let connected = self.place.is_some();
        if connected == (command.name == "connect") {
            let command = command.name.chars().take(64).collect();
            return Err(Error::Order { command, connected });
        }
        match command.name.as_str() {
            "connect" => self.connect(command),
            "createStream" => self.create_stream(transaction)?,
            "releaseStream" => self.result(transaction, Value::Undefined),
            "FCPublish" => self.fc_answer(transaction, "onFCPublish", code::PUBLISH_START, &command),
            "FCUnpublish" => self.fc_unpublish(transaction, &command),
            "FCSubscribe" => self.fc_answer(transaction, "onFCSubscribe", code::PLAY_START, &command),
            "publish" => self.publish(stream, &command)?,
            "play" | "play2" => self.play(stream, &command)?,
            "closeStream" => self.close_stream(stream),
            "deleteStream" => {
                // Some encoders forget the argument and send it on the stream itself.
                let stream = command.number(1).map_or(stream, |id| id as u32);
                self.end(stream);
                self.streams.retain(|found| found.id != stream);
            }
            "pause" | "pauseRaw" => self.pause(stream, command.boolean(1)),
            "receiveAudio" | "receiveVideo" => self.receive_kind(stream, &command),
            "seek" => self.status(stream, "error", code::SEEK_FAILED, "A live stream has no other time."),
            "getStreamLength" | "getMovLen" => self.result(transaction, Value::Number(0.0)),
            "_checkbw" | "checkBandwidth" | "FCUnsubscribe" => self.result(transaction, Value::Undefined),
            // Answers to what we did not ask, and what a client tells itself.
            "_result" | "_error" | "onStatus" | "close" => {}
            name => self.unknown(transaction, name),
        }
        Ok(())
    }

    fn connect(&mut self, command: Command) {
        let transaction = command.transaction;
        let Command { args, .. } = command;
        let object = match args.into_iter().next() {
            Some(Value::Object(object) | Value::EcmaArray(object)) => object,
            _ => Object::default(),
        };
        let encoding = object.find("objectEncoding").and_then(Value::as_f64).unwrap_or(0.0);
        let enhanced = Capabilities::announced(&object);
        let connect = Connect::new(object);
        self.place = Some(Box::new(Place {
            app: connect.app.clone(),
            tc_url: connect.tc_url.clone(),
            reconnects: connect.capabilities.reconnect,
        }));

        let config = self.config.clone();
        self.link.set_window(config.window);
        self.link.set_peer_bandwidth(config.window);
        self.link.set_chunk_size(config.chunk_size);
        // Players look into `fmsVer` for what they may ask of the server; this one is known to ask for nothing more.
        let server =
            Object::default().with("fmsVer", "FMS/3,5,3,888").with("capabilities", 127.0).with("mode", 1.0);
        let mut info = command::info("status", code::CONNECT_SUCCESS, "Connection succeeded.");
        info.push("objectEncoding", encoding);
        // To nobody else: parsers of old devices may not know arrays and objects here.
        if enhanced.is_some() {
            config.capabilities.announce(&mut info);
        }
        info.0.extend(config.properties.0.iter().cloned());
        self.link.command(0, "_result", transaction, &[server.into(), info.into()]);
        if let Some(clock) = &mut self.clock {
            clock.ping = clock.now + config.limits.ping;
        }
        self.events.push_back(Event::Connected(Box::new(connect)));
    }

    fn create_stream(&mut self, transaction: f64) -> Result<(), Error> {
        // The lowest free one: the first is 1, which is what shared blocks are made for.
        let id = (1..).find(|id| self.streams.iter().all(|stream| stream.id != *id)).unwrap_or(1);
        self.stream(id)?;
        self.result(transaction, Value::Number(f64::from(id)));
        Ok(())
    }

    /// The message stream `id`, which some encoders use without having made it.
    ///
    /// Ids beyond the number of streams are refused: viewers on another stream than 1 get bytes of their own, and must not
    /// make the owner write them for ever new ids.
    fn stream(&mut self, id: u32) -> Result<(), Error> {
        if self.streams.iter().any(|stream| stream.id == id) {
            return Ok(());
        }
        let max = self.config.limits.message_streams;
        if self.streams.len() >= max || usize::try_from(id).is_ok_and(|id| id > max) {
            return Err(Error::TooManyStreams { max });
        }
        self.streams.push(Stream { id, role: Role::Idle });
        Ok(())
    }

    fn publish(&mut self, stream: u32, command: &Command) -> Result<(), Error> {
        let name = command.string(1).unwrap_or_default();
        self.stream(stream)?;
        self.end(stream);
        match self.target(name) {
            Some(target) => {
                self.asked = Some(Asked { stream, request: Request::Publish { name: name.to_owned() } });
                self.events.push_back(Event::Publish { stream, target });
            }
            None => self.status(
                stream,
                "error",
                code::PUBLISH_BAD_NAME,
                "The URL needs an app and a stream name.",
            ),
        }
        Ok(())
    }

    fn play(&mut self, stream: u32, command: &Command) -> Result<(), Error> {
        // `play2` has its arguments in an object.
        let parameters = command.args.get(1).and_then(Value::as_object);
        let find = |name| parameters.and_then(|object| object.find(name));
        let name = command.string(1).or(find("streamName").and_then(Value::as_str)).unwrap_or_default();
        let start = command.number(2).or(find("start").and_then(Value::as_f64));
        let duration = command.number(3).or(find("len").and_then(Value::as_f64));
        let reset = command.boolean(4);
        self.stream(stream)?;
        self.end(stream);
        match self.target(name) {
            Some(target) => {
                self.asked = Some(Asked { stream, request: Request::Play { reset: reset != Some(false) } });
                self.events.push_back(Event::Play { stream, target, start, duration, reset });
            }
            None => {
                self.status(stream, "error", code::PLAY_FAILED, "The URL needs an app and a stream name.")
            }
        }
        Ok(())
    }

    fn target(&self, name: &str) -> Option<Target> {
        let place = self.place.as_deref()?;
        Target::parse(&place.app, &place.tc_url, name).ok()
    }

    fn fc_unpublish(&mut self, transaction: f64, command: &Command) {
        self.fc_answer(transaction, "onFCUnpublish", code::UNPUBLISH_SUCCESS, command);
        let name = command.string(1).unwrap_or_default();
        let publishing = |stream: &&Stream| matches!(stream.role, Role::Publishing(_));
        let named = |stream: &&Stream| matches!(&stream.role, Role::Publishing(publishing) if publishing.name == name);
        // Some encoders leave the query out here.
        let found = self.streams.iter().find(named).or(self.streams.iter().find(publishing));
        if let Some(stream) = found.map(|stream| stream.id) {
            self.status(stream, "status", code::UNPUBLISH_SUCCESS, "Not publishing any more.");
            self.end(stream);
        }
    }

    fn close_stream(&mut self, stream: u32) {
        match self.role(stream) {
            Some(Role::Publishing(_)) => {
                self.status(stream, "status", code::UNPUBLISH_SUCCESS, "Not publishing any more.")
            }
            Some(Role::Playing) => self.status(stream, "status", code::PLAY_STOP, "Not playing any more."),
            _ => {}
        }
        self.end(stream);
    }

    /// Ends what happens on a message stream, and tells the owner.
    fn end(&mut self, stream: u32) {
        match self.role(stream) {
            Some(Role::Publishing(_)) => self.events.push_back(Event::Unpublish { stream }),
            Some(Role::Playing) => self.events.push_back(Event::Stop { stream }),
            _ => return,
        }
        self.set_role(stream, Role::Idle);
    }

    fn pause(&mut self, stream: u32, paused: Option<bool>) {
        if !self.playing(stream) {
            return;
        }
        let paused = paused.unwrap_or(true);
        if paused {
            self.link.user_control(STREAM_EOF, &[stream]);
            self.status(stream, "status", code::PAUSE_NOTIFY, "Paused.");
        } else {
            self.link.user_control(STREAM_BEGIN, &[stream]);
            self.status(stream, "status", code::UNPAUSE_NOTIFY, "Playing again.");
        }
        self.events.push_back(Event::Pause { stream, paused });
    }

    fn receive_kind(&mut self, stream: u32, command: &Command) {
        if !self.playing(stream) {
            return;
        }
        let wanted = command.boolean(1).unwrap_or(true);
        if wanted {
            // Source: RTMP 1.0 §7.2.2.4 and §7.2.2.5.
            self.status(stream, "status", code::SEEK_NOTIFY, "Going on.");
            self.status(stream, "status", code::PLAY_START, "Playing.");
        }
        self.events.push_back(match command.name.as_str() {
            "receiveAudio" => Event::ReceiveAudio { stream, wanted },
            _ => Event::ReceiveVideo { stream, wanted },
        });
    }

    /// Answers the commands that Flash Media Live Encoder brought: by a call of our own, with the name in it.
    fn fc_answer(&mut self, transaction: f64, call: &str, code: &str, command: &Command) {
        self.result(transaction, Value::Undefined);
        let info = command::info("status", code, command.string(1).unwrap_or_default());
        self.link.command(0, call, 0.0, &[Value::Null, info.into()]);
    }

    fn unknown(&mut self, transaction: f64, name: &str) {
        if transaction != 0.0 {
            let name: String = name.chars().take(64).collect();
            let info = command::info("error", code::CALL_FAILED, &format!("Method not found ({name})."));
            self.link.command(0, "_error", transaction, &[Value::Null, info.into()]);
        }
    }

    fn result(&mut self, transaction: f64, value: Value) {
        if transaction != 0.0 {
            self.link.command(0, "_result", transaction, &[Value::Null, value]);
        }
    }

    fn role(&self, stream: u32) -> Option<&Role> {
        self.streams.iter().find(|found| found.id == stream).map(|found| &found.role)
    }

    fn playing(&self, stream: u32) -> bool {
        matches!(self.role(stream), Some(Role::Playing))
    }
}

/// The publisher on message stream `stream`; where that has none, the only one there is: some encoders send all media on 0.
fn publisher(streams: &mut [Stream], stream: u32) -> Option<(u32, &mut super::stream::Publishing)> {
    let exact = streams.iter().any(|found| found.id == stream && matches!(found.role, Role::Publishing(_)));
    let mut publishers = streams.iter_mut().filter_map(|found| match &mut found.role {
        Role::Publishing(publishing) if !exact || found.id == stream => Some((found.id, &mut **publishing)),
        _ => None,
    });
    let only = publishers.next()?;
    publishers.next().is_none().then_some(only)
}
