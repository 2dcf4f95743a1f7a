//! Commands: a name, a transaction, values. Source: RTMP 1.0 §7.2.

use bytes::{BufMut, Bytes, BytesMut};
use container::amf0::{self, Object, Value};
use media::ParseError;

/// A command message.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Command {
    /// What is called.
    pub(crate) name: String,
    /// 0 when no answer is wanted.
    pub(crate) transaction: f64,
    /// The command object, often null, and the arguments.
    pub(crate) args: Vec<Value>,
}

impl Command {
    /// Reads a command message's body.
    ///
    /// Arguments end at the first that cannot be read, and a missing transaction is 0: encoders append odd bytes.
    ///
    /// Errs when there is no name.
    pub(crate) fn parse(body: &Bytes) -> Result<Command, ParseError> {
        let (value, mut at) = Value::parse(body)?;
        let Value::String(name) = value else { return Err(ParseError::invalid("RTMP command", 0)) };
        let mut values = Vec::new();
        while at < body.len() && values.len() < MAX_ARGS {
            let Ok((value, size)) = Value::parse(&body[at..]) else { break };
            values.push(value);
            at += size;
        }
        let mut values = values.into_iter().peekable();
        let transaction = values.next_if(|value| value.as_f64().is_some()).and_then(|value| value.as_f64());
        Ok(Command { name, transaction: transaction.unwrap_or(0.0), args: values.collect() })
    }

    /// Argument `index`; 0 is the command object.
    pub(crate) fn string(&self, index: usize) -> Option<&str> {
        self.args.get(index).and_then(Value::as_str)
    }

    /// Argument `index`; 0 is the command object.
    pub(crate) fn number(&self, index: usize) -> Option<f64> {
        self.args.get(index).and_then(Value::as_f64)
    }

    /// Argument `index`; 0 is the command object.
    pub(crate) fn boolean(&self, index: usize) -> Option<bool> {
        self.args.get(index).and_then(Value::as_bool)
    }
}

/// The body of a command message.
pub(crate) fn body(name: &str, transaction: f64, args: &[Value]) -> BytesMut {
    let mut out = BytesMut::with_capacity(256);
    amf0::write_string(&mut out, name);
    Value::Number(transaction).write(&mut out);
    args.iter().for_each(|value| value.write(&mut out));
    out
}

/// The body of a data message.
pub(crate) fn data(values: &[Value]) -> BytesMut {
    let mut out = BytesMut::with_capacity(64);
    values.iter().for_each(|value| value.write(&mut out));
    out
}

/// What `onStatus` and the answers carry.
pub(crate) fn info(level: &str, code: &str, description: &str) -> Object {
    Object::default().with("level", level).with("code", code).with("description", description)
}

/// The body of a user control message. Source: RTMP 1.0 §7.1.7.
pub(crate) fn user_control(event: u16, values: &[u32]) -> BytesMut {
    let mut out = BytesMut::with_capacity(10);
    out.put_u16(event);
    values.iter().for_each(|value| out.put_u32(*value));
    out
}

pub(crate) const STREAM_BEGIN: u16 = 0;
pub(crate) const STREAM_EOF: u16 = 1;
pub(crate) const SET_BUFFER_LENGTH: u16 = 3;
pub(crate) const PING_REQUEST: u16 = 6;
pub(crate) const PING_RESPONSE: u16 = 7;

/// Nobody sends more than six.
const MAX_ARGS: usize = 32;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn commands_round_trip() {
        let args = vec![Value::Null, "s".into(), "live".into()];
        let command = Command::parse(&body("publish", 5.0, &args).freeze()).unwrap();
        assert_eq!(command, Command { name: "publish".into(), transaction: 5.0, args });
        assert_eq!((command.string(1), command.number(1), command.string(9)), (Some("s"), None, None));
    }

    #[test]
    fn sloppy_commands_are_read_as_far_as_they_go() {
        let mut sloppy = body("FCUnpublish", 6.0, &[Value::Null]);
        sloppy.put_slice(&[2, 0, 99]);
        assert_eq!(Command::parse(&sloppy.freeze()).unwrap().args, [Value::Null]);
        let bare = Command::parse(&Bytes::from_static(b"\x02\0\x01x\x05")).unwrap();
        assert_eq!(bare, Command { name: "x".into(), transaction: 0.0, args: vec![Value::Null] });
        assert!(Command::parse(&Bytes::from_static(&[5])).is_err());
        assert!(Command::parse(&Bytes::new()).is_err());
    }
}
