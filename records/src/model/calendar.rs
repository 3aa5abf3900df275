//! The proleptic Gregorian calendar, as far as records need it: days, dates, and instants in UTC.

/// Days in a month; 0 where there is no such month.
pub(crate) fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 0,
    }
}

/// Days from 1970-01-01 to a date. Years count from March, so that the leap day is the last.
pub(crate) fn days_from_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year_from_march = if month > 2 { year } else { year - 1 };
    let era = year_from_march.div_euclid(400);
    let year_of_era = year_from_march.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The date that lies some days after 1970-01-01.
pub(crate) fn date_of_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

/// Reads exactly `text.len()` ASCII digits.
pub(crate) fn digits(text: &str) -> Option<i64> {
    (!text.is_empty() && text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit()))
        .then(|| text.parse().ok())?
}

/// Reads `YYYY-MM-DD`; the date must exist.
pub(crate) fn date(text: &str) -> Option<(i64, i64, i64)> {
    let [year, month, day] = text.split('-').collect::<Vec<_>>().try_into().ok()?;
    if (year.len(), month.len(), day.len()) != (4, 2, 2) {
        return None;
    }
    let (year, month, day) = (digits(year)?, digits(month)?, digits(day)?);
    (1..=days_in_month(year, month)).contains(&day).then_some((year, month, day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_each_others_inverse_over_four_centuries() {
        for days in (-40_000..110_000).step_by(13) {
            let (year, month, day) = date_of_days(days);
            assert_eq!(days_from_epoch(year, month, day), days);
            assert!((1..=days_in_month(year, month)).contains(&day), "{year}-{month}-{day}");
        }
        assert_eq!(date_of_days(0), (1970, 1, 1));
        assert_eq!(days_from_epoch(2000, 3, 1), 11_017);
    }

    #[test]
    fn dates_that_do_not_exist_are_not_read() {
        for bad in ["2026-02-29", "2026-13-01", "2026-1-01", "2026-00-10", "+026-01-01", "2026-01-01-01"] {
            assert_eq!(date(bad), None, "{bad}");
        }
        assert_eq!(date("2028-02-29"), Some((2028, 2, 29)));
    }
}
