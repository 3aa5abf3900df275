//! Calls as Kotlin makes them, without a JVM: what is asked, what is answered, what is refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use khettara_android::{ENCODING, PAGE_ROWS_MAX, REQUEST_BYTES_MAX, call, close, is_open};
use serde_json::{Value, json};

/// The reply to a request.
pub(crate) fn asked(handle: i64, request: &Value) -> Value {
    let mut bytes = vec![ENCODING];
    bytes.extend(request.to_string().bytes());
    reply(&call(handle, &bytes))
}

fn reply(bytes: &[u8]) -> Value {
    assert_eq!(bytes[0], ENCODING);
    serde_json::from_slice(&bytes[1..]).expect("JSON")
}

/// What it answered.
pub(crate) fn ok(reply: &Value) -> &Value {
    assert!(reply.get("ok").is_some(), "{reply}");
    &reply["ok"]
}

/// Why it was refused.
pub(crate) fn trouble(reply: &Value) -> &Value {
    assert!(reply.get("trouble").is_some(), "{reply}");
    &reply["trouble"]
}

fn created(folder: &tempfile::TempDir) -> i64 {
    let dir = folder.path().join("tablet").to_string_lossy().into_owned();
    ok(&asked(0, &json!({"call": "create", "dir": dir})))["handle"].as_i64().expect("a number")
}

#[test]
fn what_is_no_request_is_refused_with_a_reason_in_three_languages() {
    let codes = |bytes: &[u8]| reply(&call(0, bytes))["trouble"]["code"].clone();
    assert_eq!(codes(b""), "other_encoding");
    assert_eq!(codes(&[ENCODING + 1, b'{', b'}']), "other_encoding");
    assert_eq!(codes(&[ENCODING]), "not_understood");
    assert_eq!(codes(&[ENCODING, 0xff, 0xfe]), "not_understood");
    let mut large = vec![b' '; REQUEST_BYTES_MAX + 1];
    large[0] = ENCODING;
    let refused = reply(&call(0, &large));
    let sentence = &trouble(&refused)["sentence"];
    assert_eq!(refused["trouble"]["code"], "too_large");
    for tongue in ["ar", "fr", "en"] {
        assert!(sentence[tongue].as_str().is_some_and(|text| text.contains("524288")), "{sentence}");
    }
}

#[test]
fn a_handle_is_good_from_create_to_close() {
    let folder = tempfile::tempdir().expect("the disk works");
    let handle = created(&folder);
    assert!(is_open(handle) && !is_open(handle + 1));
    assert_eq!(ok(&asked(handle, &json!({"call": "status"})))["enrolment"], "NONE");
    assert_eq!(trouble(&asked(handle, &json!({"call": "visits"})))["code"], "not_enrolled");
    assert_eq!(reply(&close(handle)), json!({"ok": true}));
    assert_eq!(reply(&close(handle)), json!({"ok": true}), "twice is once");
    assert_eq!(trouble(&asked(handle, &json!({"call": "status"})))["code"], "closed");
    let dir = folder.path().join("tablet").to_string_lossy().into_owned();
    let again = asked(0, &json!({"call": "open", "dir": dir}));
    assert_eq!(ok(&again)["mended"], json!([]));
    close(ok(&again)["handle"].as_i64().expect("a number"));
}

#[test]
fn a_page_has_a_size_and_a_sync_a_number() {
    let folder = tempfile::tempdir().expect("the disk works");
    let handle = created(&folder);
    for limit in [0, PAGE_ROWS_MAX + 1] {
        let refused = asked(handle, &json!({"call": "households", "limit": limit}));
        assert_eq!(trouble(&refused)["code"], "bad_page");
    }
    for call in ["sync_news", "sync_end"] {
        let mut request = json!({"call": call, "sync": 1});
        if call == "sync_news" {
            request["patienceMs"] = json!(0);
        }
        assert_eq!(trouble(&asked(handle, &request))["code"], "no_such_sync");
    }
    let begun = asked(handle, &json!({"call": "sync_begin"}));
    let sync = &ok(&begun)["sync"];
    let ended = asked(handle, &json!({"call": "sync_end", "sync": sync}));
    assert_eq!(ok(&ended)["trouble"]["code"], "not_enrolled", "it ends and says why");
    close(handle);
}

#[test]
fn a_panic_is_a_trouble_and_the_tablet_goes_on() {
    let folder = tempfile::tempdir().expect("the disk works");
    let handle = created(&folder);
    let panicked = asked(handle, &json!({"call": "panic"}));
    assert_eq!((&trouble(&panicked)["code"], &trouble(&panicked)["kind"]), (&json!("panic"), &json!("BUG")));
    assert_eq!(ok(&asked(handle, &json!({"call": "status"})))["full"], false);
    close(handle);
}

#[test]
fn a_close_waits_for_calls_under_way() {
    let folder = tempfile::tempdir().expect("the disk works");
    let dir = folder.path().join("tablet").to_string_lossy().into_owned();
    let mut handle = created(&folder);
    for _ in 0..20 {
        let begun = Arc::new(AtomicBool::new(false));
        let said = Arc::clone(&begun);
        let other = thread::spawn(move || {
            while ok_or_closed(&asked(handle, &json!({"call": "status"}))) {
                said.store(true, Ordering::Release);
            }
        });
        while !begun.load(Ordering::Acquire) {
            thread::yield_now();
        }
        assert_eq!(reply(&close(handle)), json!({"ok": true}));
        // Nobody holds the store any more: it opens at once.
        let again = asked(0, &json!({"call": "open", "dir": dir}));
        handle = ok(&again)["handle"].as_i64().expect("a number");
        other.join().expect("ends by itself");
    }
    close(handle);
}

fn ok_or_closed(reply: &Value) -> bool {
    match reply.get("trouble") {
        None => true,
        Some(trouble) => {
            assert_eq!(trouble["code"], "closed");
            false
        }
    }
}
