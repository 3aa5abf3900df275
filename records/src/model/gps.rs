//! A place on the map: one value, so that two people's corrections never mix.

use std::fmt;

use serde::Serialize;

use super::calendar;
use super::error::{Reason, RecordError};
use super::expected::Expected;
use super::json::{Fields, Node};
use super::value::{FieldValue, Scalar, ValueType, check_range};

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
/// What latitude, longitude (in 1e-5 degrees) and accuracy (in metres) lie between.
pub(super) const RANGES: [(i64, i64); 3] =
    [(-LATITUDE_E5_MAX, LATITUDE_E5_MAX), (-LONGITUDE_E5_MAX, LONGITUDE_E5_MAX), (0, ACCURACY_M_MAX)];

impl FieldValue for Gps {
    const TYPE: ValueType = ValueType::Gps;

    fn of_node(node: &Node) -> Result<Self, Reason> {
        let wrong = |_: RecordError| Reason::WrongType { expected: Expected::Place };
        let mut fields = Fields::of(node.clone(), "").map_err(wrong)?;
        let mut number = |name: &'static str, max: i64| match fields.take(name).map_err(wrong)? {
            Some(Node::Integer(number)) => check_range(number, -max, max).map(|()| Some(number)),
            None => Ok(None),
            Some(_) => Err(Reason::WrongType { expected: Expected::PlaceNumbers }),
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
