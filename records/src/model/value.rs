//! Values of fields: what a scalar is, and the types with a form of their own (commune, phone, birth, place, time).

use std::fmt;

use serde::{Serialize, Serializer};
use uuid::Uuid;

use khettara_core::limits;

use super::calendar;
use super::error::{Reason, RecordError};
use super::json::{Fields, Node};

/// A plain value as a document keeps it.
#[derive(Clone, PartialEq, Eq)]
pub enum Scalar {
    /// Text, byte for byte as it was entered.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// Yes or no.
    Flag(bool),
}

impl fmt::Debug for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text(…)",
            Self::Integer(_) => "Integer(…)",
            Self::Flag(_) => "Flag(…)",
        })
    }
}

/// How a typed value is read at entry, kept in a document and checked.
pub(crate) trait FieldValue: Sized {
    /// Reads the value as a line of JSON gives it.
    fn of_node(node: &Node) -> Result<Self, Reason>;
    /// Reads the value as a document keeps it; `None` where something else stands there.
    fn of_scalar(scalar: &Scalar) -> Option<Self>;
    /// The value as a document keeps it.
    fn scalar(&self) -> Result<Scalar, Reason>;
    /// Checks the value at entry; `bytes_max` limits text.
    fn check(&self, bytes_max: usize) -> Result<(), Reason>;
}

impl FieldValue for String {
    fn of_node(node: &Node) -> Result<Self, Reason> {
        match node {
            Node::Text(text) => Ok(text.clone()),
            _ => Err(Reason::WrongType { expected: "text in quotes" }),
        }
    }

    fn of_scalar(scalar: &Scalar) -> Option<Self> {
        if let Scalar::Text(text) = scalar { Some(text.clone()) } else { None }
    }

    fn scalar(&self) -> Result<Scalar, Reason> {
        Ok(Scalar::Text(self.clone()))
    }

    fn check(&self, bytes_max: usize) -> Result<(), Reason> {
        check_text(self, bytes_max)
    }
}

impl FieldValue for bool {
    fn of_node(node: &Node) -> Result<Self, Reason> {
        if let Node::Flag(flag) = node {
            Ok(*flag)
        } else {
            Err(Reason::WrongType { expected: "true or false" })
        }
    }

    fn of_scalar(scalar: &Scalar) -> Option<Self> {
        if let Scalar::Flag(flag) = scalar { Some(*flag) } else { None }
    }

    fn scalar(&self) -> Result<Scalar, Reason> {
        Ok(Scalar::Flag(*self))
    }

    fn check(&self, _bytes_max: usize) -> Result<(), Reason> {
        Ok(())
    }
}

macro_rules! whole_numbers {
    ($($type:ty: $min:expr, $max:expr;)*) => {$(
        impl FieldValue for $type {
            fn of_node(node: &Node) -> Result<Self, Reason> {
                let Node::Integer(number) = node else {
                    return Err(Reason::WrongType { expected: "a whole number" });
                };
                Self::try_from(*number).map_err(|_| Reason::OutOfRange { min: $min, max: $max })
            }

            fn of_scalar(scalar: &Scalar) -> Option<Self> {
                if let Scalar::Integer(number) = scalar { Self::try_from(*number).ok() } else { None }
            }

            fn scalar(&self) -> Result<Scalar, Reason> {
                Ok(Scalar::Integer(i64::from(*self)))
            }

            fn check(&self, _bytes_max: usize) -> Result<(), Reason> {
                check_range(i64::from(*self), $min, $max)
            }
        }
    )*};
}

whole_numbers! {
    u16: 0, 9_999;
    i16: -1_440, 1_440;
    u32: 0, 31_536_000;
}

fn check_range(number: i64, min: i64, max: i64) -> Result<(), Reason> {
    if (min..=max).contains(&number) { Ok(()) } else { Err(Reason::OutOfRange { min, max }) }
}

/// Checks a text at entry: length, no control characters but line breaks and tabs, no turning of direction.
pub(crate) fn check_text(text: &str, bytes_max: usize) -> Result<(), Reason> {
    if text.trim().is_empty() {
        return Err(Reason::Empty);
    }
    if text.len() > bytes_max {
        return Err(Reason::TooLong { bytes: text.len(), max: bytes_max });
    }
    if text.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t')) {
        return Err(Reason::ControlCharacter);
    }
    if text.chars().any(|letter| matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')) {
        return Err(Reason::DirectionOverride);
    }
    Ok(())
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident, $is_good:ident, $reason:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Checks and takes the text.
            ///
            /// # Errors
            #[doc = concat!("[`Reason::", stringify!($reason), "`] where it has another shape.")]
            pub fn new(text: impl Into<String>) -> Result<Self, Reason> {
                let text = text.into();
                if $is_good(&text) { Ok(Self(text)) } else { Err(Reason::$reason) }
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl FieldValue for $name {
            fn of_node(node: &Node) -> Result<Self, Reason> {
                Self::new(String::of_node(node)?)
            }

            fn of_scalar(scalar: &Scalar) -> Option<Self> {
                Self::new(String::of_scalar(scalar)?).ok()
            }

            fn scalar(&self) -> Result<Scalar, Reason> {
                Ok(Scalar::Text(self.0.clone()))
            }

            fn check(&self, _bytes_max: usize) -> Result<(), Reason> {
                Ok(())
            }
        }
    )*};
}

texts! {
    /// A commune's HCP code, `RR.PPP.CC.NN`, or with a fifth pair for an arrondissement.
    Commune, is_commune, BadCommune;
    /// A telephone number in E.164 form.
    Phone, is_phone, BadPhone;
    /// A language as BCP-47 names it: `ary`, `ar`, `zgh`, `tzm`, `shi`, `rif`, `mey`, `fr`, `en`…
    Language, is_language, BadLanguage;
    /// A birth: a date `1961-03-12`, a year `1961`, or a guessed year `1961~` (ISO 8601-2). From 1880 to 2199.
    Birth, is_birth, BadBirth;
}

fn is_commune(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('.').map(str::len).collect();
    matches!(lengths.as_slice(), [2, 3, 2, 2] | [2, 3, 2, 2, 2])
        && text.bytes().all(|b| b == b'.' || b.is_ascii_digit())
}

fn is_phone(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|number| {
        (8..=15).contains(&number.len())
            && !number.starts_with('0')
            && number.bytes().all(|b| b.is_ascii_digit())
    })
}

fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let primary = parts.next().unwrap_or_default();
    text.len() <= 35
        && (2..=3).contains(&primary.len())
        && primary.bytes().all(|b| b.is_ascii_lowercase())
        && parts.all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

fn is_birth(text: &str) -> bool {
    let year = match calendar::date(text) {
        Some((year, _, _)) => Some(year),
        None => {
            let digits = text.strip_suffix('~').unwrap_or(text);
            if digits.len() == 4 { calendar::digits(digits) } else { None }
        }
    };
    year.is_some_and(|year| (1_880..=2_199).contains(&year))
}

impl Birth {
    /// The year.
    #[must_use]
    pub fn year(&self) -> i32 {
        self.0.get(..4).and_then(|year| year.parse().ok()).unwrap_or_default()
    }

    /// Whether the year is a guess.
    #[must_use]
    pub fn is_estimated(&self) -> bool {
        self.0.ends_with('~')
    }
}

/// Where a household lives: WGS84, in hundred-thousandths of a degree (about a metre), and how good the fix is.
///
/// Kept as one text, an RFC 5870 `geo:` URI, so that two people who correct a place at once never give a
/// latitude of one and a longitude of the other.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Gps {
    /// Latitude in 1e-5 degrees, -9,000,000 to 9,000,000.
    pub lat_e5: i32,
    /// Longitude in 1e-5 degrees, -18,000,000 to 18,000,000.
    pub lon_e5: i32,
    /// Uncertainty in metres, 0 to 100,000; absent where the device did not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy_m: Option<u32>,
}

impl fmt::Debug for Gps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gps(…)")
    }
}

const LATITUDE_E5_MAX: i64 = 9_000_000;
const LONGITUDE_E5_MAX: i64 = 18_000_000;
const ACCURACY_M_MAX: i64 = 100_000;

impl FieldValue for Gps {
    fn of_node(node: &Node) -> Result<Self, Reason> {
        let wrong = |_: RecordError| Reason::WrongType {
            expected: "{\"lat_e5\": …, \"lon_e5\": …, \"accuracy_m\": …}, whole numbers of 1e-5 degrees and metres",
        };
        let mut fields = Fields::of(node.clone(), "").map_err(wrong)?;
        let mut number = |name: &'static str, max: i64| match fields.take(name).map_err(wrong)? {
            Some(Node::Integer(number)) => check_range(number, -max, max).map(|()| Some(number)),
            None => Ok(None),
            Some(_) => {
                Err(Reason::WrongType { expected: "whole numbers: degrees times 100,000, and metres" })
            }
        };
        let lat = number("lat_e5", LATITUDE_E5_MAX)?;
        let lon = number("lon_e5", LONGITUDE_E5_MAX)?;
        let accuracy = number("accuracy_m", ACCURACY_M_MAX)?;
        fields.finish().map_err(wrong)?;
        let (Some(lat), Some(lon)) = (lat, lon) else { return Err(Reason::Missing) };
        let narrow = |number: i64| i32::try_from(number).map_err(|_| Reason::Internal);
        let accuracy_m = accuracy
            .map(|metres| {
                u32::try_from(metres).map_err(|_| Reason::OutOfRange { min: 0, max: ACCURACY_M_MAX })
            })
            .transpose()?;
        Ok(Self { lat_e5: narrow(lat)?, lon_e5: narrow(lon)?, accuracy_m })
    }

    fn of_scalar(scalar: &Scalar) -> Option<Self> {
        let Scalar::Text(text) = scalar else { return None };
        let (place, accuracy) = match text.strip_prefix("geo:")?.split_once(";u=") {
            Some((place, accuracy)) => (place, Some(u32::try_from(calendar::digits(accuracy)?).ok()?)),
            None => (text.strip_prefix("geo:")?, None),
        };
        let (lat, lon) = place.split_once(',')?;
        let gps = Self { lat_e5: of_degrees(lat)?, lon_e5: of_degrees(lon)?, accuracy_m: accuracy };
        gps.check(0).ok().map(|()| gps)
    }

    fn scalar(&self) -> Result<Scalar, Reason> {
        let mut text = format!("geo:{},{}", degrees(self.lat_e5), degrees(self.lon_e5));
        if let Some(metres) = self.accuracy_m {
            text.push_str(&format!(";u={metres}"));
        }
        Ok(Scalar::Text(text))
    }

    fn check(&self, _bytes_max: usize) -> Result<(), Reason> {
        check_range(i64::from(self.lat_e5), -LATITUDE_E5_MAX, LATITUDE_E5_MAX)?;
        check_range(i64::from(self.lon_e5), -LONGITUDE_E5_MAX, LONGITUDE_E5_MAX)?;
        check_range(i64::from(self.accuracy_m.unwrap_or_default()), 0, ACCURACY_M_MAX)
    }
}

/// Degrees with five decimals, always five, so that one place has one spelling.
fn degrees(e5: i32) -> String {
    let sign = if e5 < 0 { "-" } else { "" };
    let magnitude = e5.unsigned_abs();
    format!("{sign}{}.{:05}", magnitude / 100_000, magnitude % 100_000)
}

fn of_degrees(text: &str) -> Option<i32> {
    let (sign, magnitude) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, part) = magnitude.split_once('.')?;
    if whole.len() > 3 || part.len() != 5 {
        return None;
    }
    i32::try_from(sign * (calendar::digits(whole)? * 100_000 + calendar::digits(part)?)).ok()
}

/// An instant in UTC, to the second, from 1970 to 2199. Kept as whole seconds, written as RFC 3339.
///
/// A tablet whose clock stands at 1970 is believed to have said so: wall time is shown, never judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

const INSTANT_SECONDS_MAX: i64 = 7_258_118_399;

impl Instant {
    /// The instant some seconds after 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// [`Reason::BadTime`] outside the years 1970 to 2199.
    pub fn of_seconds(seconds: i64) -> Result<Self, Reason> {
        if (0..=INSTANT_SECONDS_MAX).contains(&seconds) { Ok(Self(seconds)) } else { Err(Reason::BadTime) }
    }

    /// Reads `2026-11-25T09:30:00Z`.
    ///
    /// # Errors
    /// [`Reason::BadTime`] for anything else: another zone, fractions, a date that does not exist.
    pub fn of_text(text: &str) -> Result<Self, Reason> {
        Self::read(text).ok_or(Reason::BadTime).and_then(Self::of_seconds)
    }

    fn read(text: &str) -> Option<i64> {
        let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
        let (year, month, day) = calendar::date(date)?;
        let [hour, minute, second] = time.split(':').collect::<Vec<_>>().try_into().ok()?;
        if [hour, minute, second].iter().any(|part| part.len() != 2) {
            return None;
        }
        let (hour, minute, second) =
            (calendar::digits(hour)?, calendar::digits(minute)?, calendar::digits(second)?);
        let in_day = hour < 24 && minute < 60 && second < 60;
        in_day.then(|| {
            calendar::days_from_epoch(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second
        })
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = calendar::date_of_days(self.0.div_euclid(86_400));
        let second = self.0.rem_euclid(86_400);
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FieldValue for Instant {
    fn of_node(node: &Node) -> Result<Self, Reason> {
        Self::of_text(&String::of_node(node)?)
    }

    fn of_scalar(scalar: &Scalar) -> Option<Self> {
        if let Scalar::Integer(seconds) = scalar { Self::of_seconds(*seconds).ok() } else { None }
    }

    fn scalar(&self) -> Result<Scalar, Reason> {
        Ok(Scalar::Integer(self.0))
    }

    fn check(&self, _bytes_max: usize) -> Result<(), Reason> {
        Ok(())
    }
}

/// Another record: by its id, or by a handle that a record earlier in the same file bears.
#[derive(Clone, PartialEq, Eq)]
pub enum Reference {
    /// The id.
    Id(Uuid),
    /// The handle (`ref`); it must be bound to an id before the form is recorded.
    Handle(String),
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "Id({id})"),
            Self::Handle(_) => f.write_str("Handle(…)"),
        }
    }
}

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Id(id) => serializer.collect_str(id),
            Self::Handle(handle) => serializer.serialize_str(handle),
        }
    }
}

impl From<Uuid> for Reference {
    fn from(id: Uuid) -> Self {
        Self::Id(id)
    }
}

impl FieldValue for Reference {
    fn of_node(node: &Node) -> Result<Self, Reason> {
        let text = String::of_node(node)?;
        check_text(&text, limits::RECORD_HANDLE_BYTES_MAX)?;
        Ok(of_canonical(&text).map_or(Self::Handle(text), Self::Id))
    }

    fn of_scalar(scalar: &Scalar) -> Option<Self> {
        if let Scalar::Text(text) = scalar { of_canonical(text).map(Self::Id) } else { None }
    }

    fn scalar(&self) -> Result<Scalar, Reason> {
        match self {
            Self::Id(id) => Ok(Scalar::Text(id.to_string())),
            Self::Handle(_) => Err(Reason::UnknownHandle),
        }
    }

    fn check(&self, _bytes_max: usize) -> Result<(), Reason> {
        Ok(())
    }
}

/// A uuid in its one canonical spelling: small letters, hyphens.
pub(crate) fn of_canonical(text: &str) -> Option<Uuid> {
    Uuid::parse_str(text).ok().filter(|id| id.to_string() == text)
}
