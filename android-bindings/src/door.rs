//! The exported functions: they only marshal. The JVM finds them by name, and that alone is what is unsafe here.
#![allow(unsafe_code, reason = "an exported name is unsafe: another library must not define it too")]

use jni::errors::{Error, ThrowRuntimeExAndDefault};
use jni::objects::{JByteArray, JObject};
use jni::sys::{jboolean, jlong};
use jni::{Env, EnvUnowned};

use crate::call;
use crate::limits::REQUEST_BYTES_MAX;

/// `org.khettara.Native.call(handle: Long, request: ByteArray): ByteArray`.
// SAFETY: the name follows the JVM's rule for this class and method, and nothing else in the process has it.
#[unsafe(no_mangle)]
extern "system" fn Java_org_khettara_Native_call<'local>(
    mut env: EnvUnowned<'local>,
    _native: JObject<'local>,
    handle: jlong,
    request: JByteArray<'local>,
) -> JByteArray<'local> {
    env.with_env(|env| -> Result<_, Error> {
        let reply = reply(env, handle, &request)?;
        env.byte_array_from_slice(&reply)
    })
    .resolve::<ThrowRuntimeExAndDefault>()
}

fn reply(env: &Env<'_>, handle: jlong, request: &JByteArray<'_>) -> Result<Vec<u8>, Error> {
    if request.is_null() {
        return Ok(call::missing());
    }
    // Asked before anything is copied.
    if request.len(env)? > REQUEST_BYTES_MAX {
        return Ok(call::too_large());
    }
    Ok(call::call(handle, &env.convert_byte_array(request)?))
}

/// `org.khettara.Native.isOpen(handle: Long): Boolean`.
// SAFETY: as above.
#[unsafe(no_mangle)]
extern "system" fn Java_org_khettara_Native_isOpen<'local>(
    _env: EnvUnowned<'local>,
    _native: JObject<'local>,
    handle: jlong,
) -> jboolean {
    call::is_open(handle)
}

/// `org.khettara.Native.close(handle: Long): ByteArray`.
// SAFETY: as above.
#[unsafe(no_mangle)]
extern "system" fn Java_org_khettara_Native_close<'local>(
    mut env: EnvUnowned<'local>,
    _native: JObject<'local>,
    handle: jlong,
) -> JByteArray<'local> {
    env.with_env(|env| env.byte_array_from_slice(&call::close(handle))).resolve::<ThrowRuntimeExAndDefault>()
}
