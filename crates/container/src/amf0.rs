//! AMF0: the values in RTMP commands and in the script data of FLV and RTMP.
//!
//! A value is parsed from the front of a slice and says how many bytes it took, so that a list of values is a loop.
//! Depth and number of values are bounded; what a claimed count promises is never allocated in advance.
//!
//! Left out: MovieClip and RecordSet (reserved), the switch to AMF3 inside a value, and what a reference refers to.
//! Source: Adobe "Action Message Format – AMF 0", 2007.

use bytes::{BufMut, BytesMut};
use media::ParseError;

/// One AMF0 value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// The only number there is.
    Number(f64),
    /// True or false.
    Boolean(bool),
    /// A string, long string or XML document. What is not UTF-8 is replaced when read; the length chooses the form when written.
    String(String),
    /// An anonymous object, or a typed one without its class name.
    Object(Object),
    /// An associative array: an object with a count, which everybody ignores.
    EcmaArray(Object),
    /// A list of values.
    StrictArray(Vec<Value>),
    /// Milliseconds since 1970-01-01 UTC, and the reserved time zone, which ought to be 0.
    Date(f64, i16),
    /// Null.
    Null,
    /// Undefined; also what a reference is read as.
    Undefined,
    /// What its writer could not serialise.
    Unsupported,
}

/// Named values in the order in which they were sent. A name may come twice: the first counts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Object(pub Vec<(String, Value)>);

impl Value {
    /// Parses the value at the front of `bytes`; also returns how many bytes it took.
    ///
    /// An object whose end marker is missing because `bytes` end there is taken as it is: some encoders forget it.
    ///
    /// Errs when the value is cut short elsewhere, is deeper than 32 levels, holds more than 65,536 values, or is of a kind that is left out.
    pub fn parse(bytes: &[u8]) -> Result<(Value, usize), ParseError> {
        let mut reader = Reader { bytes, at: 0, values: 0 };
        let value = reader.value(0)?;
        Ok((value, reader.at))
    }

    /// Writes the value. A name longer than 65,535 bytes is cut there.
    pub fn write(&self, out: &mut BytesMut) {
        match self {
            Value::Number(number) => {
                out.put_u8(marker::NUMBER);
                out.put_f64(*number);
            }
            Value::Boolean(boolean) => out.put_slice(&[marker::BOOLEAN, u8::from(*boolean)]),
            Value::String(string) => write_string(out, string),
            Value::Object(object) => {
                out.put_u8(marker::OBJECT);
                object.write(out);
            }
            Value::EcmaArray(object) => {
                out.put_u8(marker::ECMA_ARRAY);
                out.put_u32(object.0.len() as u32);
                object.write(out);
            }
            Value::StrictArray(values) => {
                out.put_u8(marker::STRICT_ARRAY);
                out.put_u32(values.len() as u32);
                values.iter().for_each(|value| value.write(out));
            }
            Value::Date(millis, zone) => {
                out.put_u8(marker::DATE);
                out.put_f64(*millis);
                out.put_i16(*zone);
            }
            Value::Null => out.put_u8(marker::NULL),
            Value::Undefined => out.put_u8(marker::UNDEFINED),
            Value::Unsupported => out.put_u8(marker::UNSUPPORTED),
        }
    }

    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(string) => Some(string),
            _ => None,
        }
    }

    /// The number, if it is one.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The truth value: of a boolean, or of a number, which some encoders send instead.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Boolean(boolean) => Some(*boolean),
            Value::Number(number) => Some(*number != 0.0),
            _ => None,
        }
    }

    /// The named values, of an object or an ECMA array.
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Value::Object(object) | Value::EcmaArray(object) => Some(object),
            _ => None,
        }
    }
}

impl Object {
    /// The value called `name`.
    pub fn find(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Puts a value at the end; whether there is one of that name already is not looked at.
    pub fn push(&mut self, name: &str, value: impl Into<Value>) {
        self.0.push((name.to_owned(), value.into()));
    }

    /// The same, for building in one expression.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Object {
        self.push(name, value);
        self
    }

    /// Names, values and the end marker.
    fn write(&self, out: &mut BytesMut) {
        for (name, value) in &self.0 {
            let name = name.get(..name.floor_char_boundary(0xffff)).unwrap_or_default();
            out.put_u16(name.len() as u16);
            out.put_slice(name.as_bytes());
            value.write(out);
        }
        out.put_slice(&[0, 0, marker::OBJECT_END]);
    }
}

/// Writes `string` as a string value, without the need to own it.
pub fn write_string(out: &mut BytesMut, string: &str) {
    match u16::try_from(string.len()) {
        Ok(size) => {
            out.put_u8(marker::STRING);
            out.put_u16(size);
        }
        Err(_) => {
            out.put_u8(marker::LONG_STRING);
            out.put_u32(string.len() as u32);
        }
    }
    out.put_slice(string.as_bytes());
}

impl From<f64> for Value {
    fn from(number: f64) -> Value {
        Value::Number(number)
    }
}

impl From<bool> for Value {
    fn from(boolean: bool) -> Value {
        Value::Boolean(boolean)
    }
}

impl From<&str> for Value {
    fn from(string: &str) -> Value {
        Value::String(string.to_owned())
    }
}

impl From<String> for Value {
    fn from(string: String) -> Value {
        Value::String(string)
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Value {
        Value::Object(object)
    }
}

/// Reads one value and everything inside.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    values: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Result<Value, ParseError> {
        self.values += 1;
        if depth > MAX_DEPTH || self.values > MAX_VALUES {
            return Err(ParseError::too_large(WHAT, self.at));
        }
        let at = self.at;
        Ok(match self.u8()? {
            marker::NUMBER => Value::Number(self.f64()?),
            marker::BOOLEAN => Value::Boolean(self.u8()? != 0),
            marker::STRING => Value::String(self.short_string()?),
            marker::LONG_STRING | marker::XML => Value::String(self.long_string()?),
            marker::OBJECT => Value::Object(self.object(depth)?),
            marker::TYPED_OBJECT => {
                self.short_string()?;
                Value::Object(self.object(depth)?)
            }
            marker::ECMA_ARRAY => {
                self.u32()?;
                Value::EcmaArray(self.object(depth)?)
            }
            marker::STRICT_ARRAY => {
                let count = self.u32()?;
                let mut values = Vec::new();
                for _ in 0..count {
                    values.push(self.value(depth + 1)?);
                }
                Value::StrictArray(values)
            }
            marker::DATE => Value::Date(self.f64()?, self.take::<2>().map(i16::from_be_bytes)?),
            marker::REFERENCE => {
                self.take::<2>()?;
                Value::Undefined
            }
            marker::NULL => Value::Null,
            marker::UNDEFINED => Value::Undefined,
            marker::UNSUPPORTED => Value::Unsupported,
            marker::MOVIE_CLIP | marker::RECORD_SET | marker::AVMPLUS => {
                return Err(ParseError::unsupported(WHAT, at));
            }
            _ => return Err(ParseError::invalid(WHAT, at)),
        })
    }

    fn object(&mut self, depth: usize) -> Result<Object, ParseError> {
        let mut entries = Vec::new();
        while self.at < self.bytes.len() {
            let name = self.short_string()?;
            if name.is_empty() && self.bytes.get(self.at) == Some(&marker::OBJECT_END) {
                self.at += 1;
                break;
            }
            entries.push((name, self.value(depth + 1)?));
        }
        Ok(Object(entries))
    }

    fn short_string(&mut self) -> Result<String, ParseError> {
        let size = u16::from_be_bytes(self.take()?);
        self.string(usize::from(size))
    }

    fn long_string(&mut self) -> Result<String, ParseError> {
        let size = self.u32()?;
        self.string(size as usize)
    }

    fn string(&mut self, size: usize) -> Result<String, ParseError> {
        let bytes = self.slice(size)?;
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }

    fn slice(&mut self, size: usize) -> Result<&'a [u8], ParseError> {
        let end = self.at.checked_add(size).ok_or(ParseError::truncated(WHAT, self.at))?;
        let bytes = self.bytes.get(self.at..end).ok_or(ParseError::truncated(WHAT, self.at))?;
        self.at = end;
        Ok(bytes)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], ParseError> {
        let at = self.at;
        self.slice(N)?.try_into().map_err(|_| ParseError::truncated(WHAT, at))
    }

    fn u8(&mut self) -> Result<u8, ParseError> {
        self.take().map(u8::from_be_bytes)
    }

    fn u32(&mut self) -> Result<u32, ParseError> {
        self.take().map(u32::from_be_bytes)
    }

    fn f64(&mut self) -> Result<f64, ParseError> {
        self.take().map(f64::from_be_bytes)
    }
}

/// Source: AMF0 §2.1.
mod marker {
    pub(super) const NUMBER: u8 = 0x00;
    pub(super) const BOOLEAN: u8 = 0x01;
    pub(super) const STRING: u8 = 0x02;
    pub(super) const OBJECT: u8 = 0x03;
    pub(super) const MOVIE_CLIP: u8 = 0x04;
    pub(super) const NULL: u8 = 0x05;
    pub(super) const UNDEFINED: u8 = 0x06;
    pub(super) const REFERENCE: u8 = 0x07;
    pub(super) const ECMA_ARRAY: u8 = 0x08;
    pub(super) const OBJECT_END: u8 = 0x09;
    pub(super) const STRICT_ARRAY: u8 = 0x0a;
    pub(super) const DATE: u8 = 0x0b;
    pub(super) const LONG_STRING: u8 = 0x0c;
    pub(super) const UNSUPPORTED: u8 = 0x0d;
    pub(super) const RECORD_SET: u8 = 0x0e;
    pub(super) const XML: u8 = 0x0f;
    pub(super) const TYPED_OBJECT: u8 = 0x10;
    pub(super) const AVMPLUS: u8 = 0x11;
}

const WHAT: &str = "AMF0 value";

/// Nobody nests deeper than four; the bound keeps the stack small.
const MAX_DEPTH: usize = 32;

/// The seek index in the metadata of a film of three hours holds about 10,000.
const MAX_VALUES: usize = 65_536;

#[cfg(test)]
#[path = "amf0_test.rs"]
mod tests;
