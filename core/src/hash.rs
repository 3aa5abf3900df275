//! The two hash functions every format is built from: BLAKE3 with a context, and BLAKE3 with a key.

/// `D(context, parts…)`: BLAKE3 `derive_key` under `"khettara/1 " + context`, 32 bytes.
///
/// The parts are hashed one after the other, raw; whoever calls has made their lengths unambiguous.
#[must_use]
pub fn derive(context: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key(&format!("khettara/1 {context}"));
    for part in parts {
        hasher.update(part);
    }
    *hasher.finalize().as_bytes()
}

/// `K(key, parts…)`: BLAKE3 keyed, 32 bytes.
#[must_use]
pub fn keyed(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_keyed(key);
    for part in parts {
        hasher.update(part);
    }
    *hasher.finalize().as_bytes()
}

/// The first `N` bytes of a 32-byte hash.
///
/// # Panics
/// If `N > 32`, which no caller asks for.
#[must_use]
pub fn first<const N: usize>(hash: &[u8; 32]) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(&hash[..N]);
    out
}
