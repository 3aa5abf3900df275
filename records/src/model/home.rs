//! Where records live: a household and a commune's own record in the feed of the commune; what concerns several in
//! feeds of their own (design: feeds are the only wall).

use super::error::{Reason, RecordError};
use super::form::Form;
use super::kinds::RecordKind;
use super::record_form::RecordForm;
use super::value::{Commune, Scalar};

/// What is of use to a whole province and names no commune.
const COMMON: &str = "common";

/// The name of the feed that a new document belongs in: the commune's code; `<province>/referrals` for a referral;
/// `<commune>/protection` for what few may read; `@reference/<province>` for places of service and bodies of a commune, `@reference/common` for what has none.
/// `None` where the form begins no document.
///
/// # Errors
/// [`RecordError`] where the form does not say which commune.
pub fn home_feed(form: &Form) -> Result<Option<String>, RecordError> {
    let missing = || RecordError::new("commune", Reason::Missing);
    match form {
        Form::Household(form) => Ok(Some(form.commune.as_ref().ok_or_else(missing)?.as_str().into())),
        Form::Record(form) if form.kind.is_subject() => {
            let commune = commune_of(form);
            Ok(Some(match form.kind {
                RecordKind::Place => commune.ok_or_else(missing)?.into(),
                RecordKind::Protection => format!("{}/protection", commune.ok_or_else(missing)?),
                RecordKind::Referral => format!("{}/referrals", province_of(commune.ok_or_else(missing)?)),
                _ => format!("@reference/{}", commune.map_or(COMMON, province_of)),
            }))
        }
        _ => Ok(None),
    }
}

/// Whether records have their home in a feed of this name: a commune's, its `protection`, a province's `referrals`, or
/// `@reference` of a province or of all.
#[must_use]
pub fn is_home(feed: &str) -> bool {
    let (place, part) = feed.split_once('/').map_or((feed, None), |(place, part)| (place, Some(part)));
    let is_commune = |code: &str| Commune::new(code).is_ok();
    let is_province = |code: &str| code.len() == 6 && is_commune(&format!("{code}.01.01"));
    match (place, part) {
        (code, None | Some("protection")) => is_commune(code),
        ("@reference", Some(part)) => part == COMMON || is_province(part),
        (code, Some("referrals")) => is_province(code),
        _ => false,
    }
}

fn commune_of(form: &RecordForm) -> Option<&str> {
    match form.value("commune") {
        Some(Scalar::Text(code)) => Some(code),
        _ => None,
    }
}

/// `08.201` of `08.201.11.07`.
fn province_of(commune: &str) -> &str {
    commune.get(..6).unwrap_or(commune)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::parse_line;

    #[test]
    fn every_kind_of_document_has_a_feed_of_its_own() {
        let cases = [
            (r#""record":"household","commune":"08.201.11.07","status":"sedentary""#, "08.201.11.07"),
            (r#""record":"place","commune":"08.201.11.07""#, "08.201.11.07"),
            (
                r#""record":"referral","commune":"08.201.11.07","household":"0192f7a4-5c3b-7d21-9f64-3b1f0a6e2c11","category":"health","urgency":"low","to":"x","at":"2026-11-25T09:30:00Z","agent":"a""#,
                "08.201/referrals",
            ),
            (
                r#""record":"protection","commune":"08.201.11.07","household":"0192f7a4-5c3b-7d21-9f64-3b1f0a6e2c11","kind":"neglect","urgency":"high","at":"2026-11-25T09:30:00Z","agent":"a""#,
                "08.201.11.07/protection",
            ),
            (
                r#""record":"service_point","commune":"08.401.01.03","kind":"school","name_ar":"مدرسة""#,
                "@reference/08.401",
            ),
            (
                r#""record":"programme","code":"ASD","name_ar":"دعم","body":"x","category":"income""#,
                "@reference/common",
            ),
        ];
        for (line, feed) in cases {
            let form = parse_line(1, &format!("{{{line}}}")).expect("a record");
            assert_eq!(home_feed(&form), Ok(Some(feed.into())));
            assert!(is_home(feed), "{feed}");
            assert!(khettara_core::id::Feed::new(feed).is_ok());
        }
        for elsewhere in
            ["hello", "8.201.11.7", "08.201", "08.201.11.07/referrals", "08.201/protection", "@reference"]
        {
            assert!(!is_home(elsewhere), "{elsewhere}");
        }
    }
}
