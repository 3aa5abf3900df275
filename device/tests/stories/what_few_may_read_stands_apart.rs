//! A case of violence is written down where it was heard, and read by those alone who were given its feed.

use khettara_device::{Device, DeviceError};

use crate::world::{COMMUNE, World, household, sync};

const HOUSEHOLD: &str = "0192f7a4-5c3b-7d21-9f64-3b1f0a6e2c11";
const PROTECTION: &str = "08.201.11.07/protection";

fn case() -> String {
    format!(
        r#"{{"record":"protection","household":"{HOUSEHOLD}","commune":"{COMMUNE}","kind":"economic_violence","urgency":"high","text":"whispered","agent":"AS-7"}}"#
    )
}

fn exported(device: &Device, sensitive: bool) -> String {
    let mut lines = Vec::new();
    device.export(&mut lines, sensitive).expect("writes").expect("reads");
    String::from_utf8(lines).expect("UTF-8")
}

#[test]
fn a_protection_case_is_read_by_who_was_given_its_feed_and_stands_in_no_ordinary_list_or_export() {
    let world = World::new();
    world.open_feed(PROTECTION);
    let trusted = world.tablet_for("trusted", &[COMMUNE, PROTECTION]);
    let second = world.tablet_for("second", &[COMMUNE, PROTECTION]);
    let other = world.tablet_for("other", &[COMMUNE]);
    trusted.record_line(&household(HOUSEHOLD)).expect("saves");
    trusted.record_line(&case()).expect("saves");
    for device in [&trusted, &second, &other] {
        sync(device).expect("syncs");
    }
    assert_eq!(second.register().expect("reads").len(), 1);
    assert_eq!(second.register().expect("reads")[0].feed.as_str(), PROTECTION);
    assert!(other.register().expect("reads").is_empty());
    let refused = other.record_line(&case()).expect_err("is not in its grants");
    assert!(matches!(refused, DeviceError::NotGranted), "{refused}");
    for device in [&trusted, &second] {
        assert_eq!(device.households(None, 10).expect("reads").len(), 1, "no list of households shows it");
        assert!(!exported(device, false).contains("whispered"));
        let all = exported(device, true);
        assert!(all.contains("whispered") && all.contains(r#""status":"open""#), "{all}");
    }
}
