//! One call: bytes in, bytes out. What is asked is decided here; the JVM's types are not known here.
//!
//! ```text
//! request   1 · {"call": "<name>", …}
//! reply     1 · {"ok": …}   or   1 · {"trouble": {"kind", "code", "field", "sentence"}}
//! ```
//!
//! The first byte is the version of the encoding. Both halves refuse any other.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use khettara_device::{Choice, Device, DeviceError, Feed, FieldPath, OrganisationFile, Scalar};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::answer;
use crate::form;
use crate::handles::Handles;
use crate::limits::{CLOSE_MS_MAX, PAGE_ROWS_MAX, POLL_MS_MAX, REQUEST_BYTES_MAX};
use crate::message::{SyncBegun, Trouble};
use crate::tablet::Tablet;
use crate::trouble;

/// The version of the encoding.
pub const ENCODING: u8 = 1;

static OPEN: Handles<Tablet> = Handles::new();

/// What is asked.
#[derive(Deserialize)]
#[serde(tag = "call", rename_all = "snake_case", rename_all_fields = "camelCase", deny_unknown_fields)]
enum Request {
    About {},
    Kinds {},
    Create {
        dir: String,
    },
    Open {
        dir: String,
    },
    Enroll {
        ticket: String,
    },
    EnrollTyped {
        serial: u32,
        code: String,
        organisation: String,
    },
    Save {
        form: Value,
    },
    Households {
        after: Option<After>,
        limit: i64,
    },
    Register {},
    Household {
        id: Uuid,
    },
    Conflicts {},
    Keep {
        household: Uuid,
        path: String,
        side: i64,
    },
    Answer {
        household: Uuid,
        path: String,
        value: Value,
    },
    Visits {},
    Status {},
    SetPatience {
        patience_ms: u64,
    },
    SyncBegin {},
    SyncNews {
        sync: u64,
        patience_ms: u64,
    },
    SyncEnd {
        sync: u64,
    },
    /// Proves that a panic becomes an exception. Not in builds that are shipped.
    #[cfg(debug_assertions)]
    Panic {},
}

/// Behind which row a page begins.
#[derive(Deserialize)]
struct After {
    feed: String,
    id: Uuid,
}

/// Why there is no answer, or the answer as JSON.
type Answered = Result<Vec<u8>, Box<Trouble>>;

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Reply<'a, T> {
    Ok(&'a T),
    Trouble(&'a Trouble),
}

/// Carries out one request on the tablet that `handle` names; requests that need none take any number.
pub fn call(handle: i64, request: &[u8]) -> Vec<u8> {
    let answered = catch_unwind(AssertUnwindSafe(|| {
        let request = read(request)?;
        carry_out(handle, request)
    }));
    refused(answered.unwrap_or_else(|_| Err(trouble::panicked())))
}

/// The reply to a request that was too large to be taken over.
#[must_use]
pub(crate) fn too_large() -> Vec<u8> {
    refused(Err(trouble::too_large()))
}

/// The reply where there was no request at all.
#[must_use]
pub(crate) fn missing() -> Vec<u8> {
    refused(Err(trouble::not_understood()))
}

/// Whether a handle stands for an open tablet.
pub fn is_open(handle: i64) -> bool {
    OPEN.hold(handle).is_ok()
}

/// Closes a tablet: ends its sync, waits until calls under way are over, and closes its store. A handle that stands
/// for nothing open is no error here: closing twice is closing.
pub fn close(handle: i64) -> Vec<u8> {
    let closed = catch_unwind(|| {
        let Ok(tablet) = OPEN.close(handle) else { return encoded(&true) };
        let gone = tablet.begin_to_close();
        drop(tablet);
        match gone.recv_timeout(Duration::from_millis(CLOSE_MS_MAX)) {
            Ok(()) | Err(RecvTimeoutError::Disconnected) => encoded(&true),
            Err(RecvTimeoutError::Timeout) => Err(trouble::still_in_use()),
        }
    });
    refused(closed.unwrap_or_else(|_| Err(trouble::panicked())))
}

fn read(request: &[u8]) -> Result<Request, Box<Trouble>> {
    match request.split_first() {
        Some((&ENCODING, body)) if body.len() < REQUEST_BYTES_MAX => {
            serde_json::from_slice(body).map_err(|_| trouble::not_understood())
        }
        Some((&ENCODING, _)) => Err(trouble::too_large()),
        _ => Err(trouble::other_encoding()),
    }
}

fn encoded(answer: &impl Serialize) -> Answered {
    let mut bytes = vec![ENCODING];
    serde_json::to_writer(&mut bytes, &Reply::Ok(answer)).map_err(|_| trouble::panicked())?;
    Ok(bytes)
}

fn refused(answered: Answered) -> Vec<u8> {
    answered.unwrap_or_else(|trouble| {
        let mut bytes = vec![ENCODING];
        // Texts and numbers always have a JSON form.
        let _ = serde_json::to_writer(&mut bytes, &Reply::<()>::Trouble(&trouble));
        bytes
    })
}

fn device_says<T>(said: Result<T, DeviceError>) -> Result<T, Box<Trouble>> {
    said.map_err(|error| trouble::of(&error))
}

fn carry_out(handle: i64, request: Request) -> Answered {
    match request {
        Request::About {} => encoded(&answer::about()),
        Request::Kinds {} => encoded(&answer::kinds()),
        Request::Create { dir } => {
            let device = device_says(Device::init(Path::new(&dir)))?;
            let opened = answer::opened(0, &device, &[]);
            let handle = OPEN.open(Tablet::new(device));
            encoded(&crate::message::Opened { handle, ..opened })
        }
        Request::Open { dir } => {
            let (device, mended) = device_says(Device::open(Path::new(&dir)))?;
            let opened = answer::opened(0, &device, &mended);
            let handle = OPEN.open(Tablet::new(device));
            encoded(&crate::message::Opened { handle, ..opened })
        }
        #[cfg(debug_assertions)]
        #[allow(clippy::panic, reason = "this is what the call is for")]
        Request::Panic {} => panic!("asked for"),
        request => on_tablet(&OPEN.hold(handle).map_err(|_| trouble::closed())?, request),
    }
}

fn on_tablet(tablet: &Arc<Tablet>, request: Request) -> Answered {
    let device = &tablet.device;
    match request {
        Request::Enroll { ticket } => encoded(&device_says(device.enroll(&ticket))?),
        Request::EnrollTyped { serial, code, organisation } => {
            let file = OrganisationFile::from_json(organisation.as_bytes());
            let file = device_says(file.map_err(DeviceError::from))?;
            encoded(&device_says(device.enroll_typed(serial, &code, file))?)
        }
        Request::Save { form } => {
            let line = form::line(form).map_err(|fault| match fault {
                form::Fault::NoForm => trouble::not_understood(),
                form::Fault::Repeated(field) => trouble::of(&DeviceError::repeated(field)),
            })?;
            encoded(&answer::saved(&device_says(device.record_line(&line))?))
        }
        Request::Households { after, limit } => households(device, after, limit),
        Request::Register {} => encoded(&answer::rows(device_says(device.register())?)),
        Request::Household { id } => {
            let household = device_says(device.household(&id))?;
            encoded(&answer::household(household).map_err(|_| trouble::panicked())?)
        }
        Request::Conflicts {} => {
            let conflicts = device_says(device.conflicts())?;
            encoded(&conflicts.iter().map(answer::conflict).collect::<Vec<_>>())
        }
        Request::Keep { household, path, side } => {
            let side = usize::try_from(side).map_err(|_| trouble::of(&DeviceError::NoSuchSide))?;
            resolve(device, &household, &path, Choice::Side(side))
        }
        Request::Answer { household, path, value } => {
            let value = scalar(value).ok_or_else(trouble::not_understood)?;
            resolve(device, &household, &path, Choice::Value(value))
        }
        Request::Visits {} => {
            let visits = device_says(device.visit_statuses())?;
            encoded(&visits.iter().map(answer::visit_status).collect::<Vec<_>>())
        }
        Request::Status {} => encoded(&device_says(answer::status(device))?),
        Request::SetPatience { patience_ms } => {
            device.set_patience_ms(patience_ms);
            encoded(&())
        }
        Request::SyncBegin {} => encoded(&SyncBegun { sync: tablet.begin_sync()? }),
        Request::SyncNews { sync, patience_ms } => {
            let patience = Duration::from_millis(patience_ms.min(POLL_MS_MAX));
            encoded(&tablet.sync_news(sync, patience)?)
        }
        Request::SyncEnd { sync } => encoded(&tablet.end_sync(sync)?),
        // Those that need no tablet were carried out before.
        _ => Err(trouble::not_understood()),
    }
}

fn households(device: &Device, after: Option<After>, limit: i64) -> Answered {
    let limit = usize::try_from(limit).ok().filter(|limit| (1..=PAGE_ROWS_MAX).contains(limit));
    let limit = limit.ok_or_else(trouble::bad_page)?;
    let after = after.map(|after| Feed::new(after.feed).map(|feed| (feed, after.id))).transpose();
    let after = after.map_err(|_| trouble::not_understood())?;
    let listed = device_says(device.households(after.as_ref(), limit + 1))?;
    encoded(&answer::page(listed, limit))
}

fn resolve(device: &Device, household: &Uuid, path: &str, choice: Choice) -> Answered {
    let path: FieldPath = path.parse().map_err(|_| trouble::of(&DeviceError::NoSuchConflict))?;
    encoded(&answer::saved(&device_says(device.resolve(household, &path, choice))?))
}

fn scalar(value: Value) -> Option<Scalar> {
    match value {
        Value::String(text) => Some(Scalar::Text(text)),
        Value::Bool(flag) => Some(Scalar::Flag(flag)),
        Value::Number(number) => number.as_i64().map(Scalar::Integer),
        _ => None,
    }
}
