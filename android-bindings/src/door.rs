//! The exported functions: they only marshal. The JVM finds them by name, and that alone is what is unsafe here.
#![allow(unsafe_code, reason = "an exported name is unsafe: another library must not define it too")]

use std::path::Path;

use jni::EnvUnowned;
use jni::errors::{Error, ThrowRuntimeExAndDefault};
use jni::objects::{JClass, JString};
use jni::sys::jlong;
use khettara_device::Device;

use crate::handles::Handles;

static OPEN: Handles<Device> = Handles::new();

/// `org.khettara.jni.Native.open(dir: String): Long`. Throws with a sentence where the tablet does not open.
// SAFETY: the name follows the JVM's rule for this class and method, and nothing else in the process has it.
#[unsafe(no_mangle)]
extern "system" fn Java_org_khettara_jni_Native_open<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    dir: JString<'local>,
) -> jlong {
    env.with_env(|_| -> Result<jlong, Error> {
        let (device, _sentences) = Device::open(Path::new(&dir.to_string()))
            .map_err(|error| Error::ParseFailed(error.to_string()))?;
        Ok(OPEN.open(device))
    })
    .resolve::<ThrowRuntimeExAndDefault>()
}

/// `org.khettara.jni.Native.close(handle: Long)`. Throws where it is closed already.
// SAFETY: as above.
#[unsafe(no_mangle)]
extern "system" fn Java_org_khettara_jni_Native_close<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    handle: jlong,
) {
    env.with_env(|_| -> Result<(), Error> {
        OPEN.close(handle).map_err(|_| Error::NullPtr("this tablet is closed; open it again"))
    })
    .resolve::<ThrowRuntimeExAndDefault>();
}

/// `org.khettara.jni.Native.version(): String`.
// SAFETY: as above.
#[unsafe(no_mangle)]
extern "system" fn Java_org_khettara_jni_Native_version<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
) -> JString<'local> {
    env.with_env(|env| JString::from_str(env, env!("CARGO_PKG_VERSION")))
        .resolve::<ThrowRuntimeExAndDefault>()
}
