//! An instant as the clock of some device said it: shown, never judged.

use std::fmt;

use serde::{Serialize, Serializer};

use super::calendar;
use super::error::Reason;
use super::json::Node;
use super::value::{FieldValue, Scalar, ValueType};

/// An instant in UTC, to the second, from 1970 to 2199. Kept as whole seconds, written as RFC 3339.
///
/// A tablet whose clock stands at 1970 is believed to have said so: wall time is shown, never judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

const INSTANT_SECONDS_MAX: i64 = 7_258_118_399;

/// 2001-01-01. Clocks that lost their battery begin at 1970, 1980 or 2000, and no visit was recorded on a tablet then.
const CREDIBLE_SECONDS_MIN: i64 = 978_307_200;

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

    /// Whether a clock that says this was ever set. It decides nothing but how lists are sorted and what they show.
    #[must_use]
    pub const fn is_credible(self) -> bool {
        self.0 >= CREDIBLE_SECONDS_MIN
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
    const TYPE: ValueType = ValueType::Instant;

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
