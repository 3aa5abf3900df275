//! Who is who: Ed25519 raw public keys in TLS 1.3, and nothing else.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use khettara_core::hash;
use khettara_core::id::DeviceKey;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{AlwaysResolvesClientRawPublicKeys, Resumption};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{AlwaysResolvesServerRawPublicKeys, ServerSessionMemoryCache};
use rustls::sign::CertifiedKey;
use rustls::time_provider::TimeProvider;
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, PeerIncompatible, SignatureScheme};
use zeroize::Zeroizing;

use super::profile::{CLIENT_SESSIONS_CACHED_MAX, SERVER_SESSIONS_CACHED_MAX};
use crate::clock::Clock;

/// What precedes the 32 key bytes in a SubjectPublicKeyInfo of Ed25519 (RFC 8410).
const SPKI_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// What precedes the 32 seed bytes in a PKCS #8 key of Ed25519 (RFC 8410).
const PKCS8_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// This side's key, ready for handshakes. Holds the secret; shows only the public key.
#[derive(Clone)]
pub struct Identity {
    key: DeviceKey,
    certified: Arc<CertifiedKey>,
}

impl Identity {
    /// The identity whose Ed25519 secret is `seed`.
    ///
    /// # Panics
    /// Never: any 32 bytes are an Ed25519 seed.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let mut pkcs8 = Zeroizing::new([0; PKCS8_PREFIX.len() + 32]);
        pkcs8[..PKCS8_PREFIX.len()].copy_from_slice(&PKCS8_PREFIX);
        pkcs8[PKCS8_PREFIX.len()..].copy_from_slice(seed);
        let signer = rustls::crypto::ring::sign::any_eddsa_type(&PrivatePkcs8KeyDer::from(&pkcs8[..]))
            .expect("any 32 bytes are an Ed25519 seed");
        let spki = signer.public_key().expect("an Ed25519 key pair knows its public half");
        let shown = CertificateDer::from(spki.as_ref().to_vec());
        let key = key_in(&shown).expect("44 bytes in the form of RFC 8410");
        Self { key, certified: Arc::new(CertifiedKey::new(vec![shown], signer)) }
    }

    /// The public key, by which others know this side.
    #[must_use]
    pub fn key(&self) -> DeviceKey {
        self.key
    }

    /// TLS for dialling. Tickets are found again only through the same returned value, so one per process.
    pub(super) fn client_tls(&self, alpn: &[u8]) -> rustls::ClientConfig {
        let provider = provider();
        let verifier = Arc::new(Possession::of(&provider));
        let mut tls = rustls::ClientConfig::builder_with_details(provider, Arc::new(SteadyTime::start()))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("ring speaks TLS 1.3")
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_client_cert_resolver(Arc::new(AlwaysResolvesClientRawPublicKeys::new(
                self.certified.clone(),
            )));
        tls.alpn_protocols = vec![alpn.to_vec()];
        tls.enable_early_data = true;
        // The name only files tickets by key; on the wire it would tell the network which relay this is.
        tls.enable_sni = false;
        tls.resumption = Resumption::in_memory_sessions(CLIENT_SESSIONS_CACHED_MAX);
        tls
    }

    /// TLS for listening, with 0-RTT. Sessions are remembered here: stateless tickets would end 0-RTT.
    pub(super) fn server_tls(&self, alpn: &[u8]) -> rustls::ServerConfig {
        let provider = provider();
        let verifier = Arc::new(Possession::of(&provider));
        let mut tls = rustls::ServerConfig::builder_with_details(provider, Arc::new(SteadyTime::start()))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("ring speaks TLS 1.3")
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(Arc::new(AlwaysResolvesServerRawPublicKeys::new(self.certified.clone())));
        tls.alpn_protocols = vec![alpn.to_vec()];
        tls.max_early_data_size = u32::MAX;
        tls.session_storage = ServerSessionMemoryCache::new(SERVER_SESSIONS_CACHED_MAX);
        tls
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("key", &self.key).finish_non_exhaustive()
    }
}

/// The key a peer showed in its handshake, from what quinn calls its identity.
pub(super) fn peer_key(connection: &quinn::Connection) -> Option<DeviceKey> {
    let shown = connection.peer_identity()?.downcast::<Vec<CertificateDer<'static>>>().ok()?;
    match shown.as_slice() {
        [only] => key_in(only),
        _ => None,
    }
}

/// The name under which a relay is dialled: a function of its key, so that no ticket outlives a pin.
pub(super) fn server_name(key: &DeviceKey) -> String {
    let hash = hash::derive("relay name", &[key.as_bytes()]);
    let mut name: String = hash[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    name.push_str(".khettara");
    name
}

fn key_in(shown: &CertificateDer<'_>) -> Option<DeviceKey> {
    let key = shown.as_ref().strip_prefix(&SPKI_PREFIX)?;
    Some(DeviceKey(key.try_into().ok()?))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// Checks that the peer holds the key it shows; dialling also that it is the key the name was made from.
#[derive(Debug)]
struct Possession {
    algorithms: WebPkiSupportedAlgorithms,
}

impl Possession {
    fn of(provider: &CryptoProvider) -> Self {
        Self { algorithms: provider.signature_verification_algorithms }
    }

    fn shown(end: &CertificateDer<'_>, others: &[CertificateDer<'_>]) -> Result<DeviceKey, rustls::Error> {
        match key_in(end) {
            Some(key) if others.is_empty() => Ok(key),
            _ => Err(CertificateError::BadEncoding.into()),
        }
    }

    fn signed(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        if signature.scheme != SignatureScheme::ED25519 {
            return Err(CertificateError::BadSignature.into());
        }
        let spki = SubjectPublicKeyInfoDer::from(shown.as_ref());
        verify_tls13_signature_with_raw_key(message, &spki, signature, &self.algorithms)
    }
}

/// Only TLS 1.3 is configured; an older handshake never gets as far as a signature.
fn too_old() -> rustls::Error {
    PeerIncompatible::Tls13RequiredForQuic.into()
}

impl ServerCertVerifier for Possession {
    fn verify_server_cert(
        &self,
        end: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let key = Self::shown(end, others)?;
        if name.to_str() != server_name(&key) {
            return Err(CertificateError::ApplicationVerificationFailure.into());
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _shown: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(too_old())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.signed(message, shown, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

impl ClientCertVerifier for Possession {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Self::shown(end, others).map(|_| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _shown: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(too_old())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.signed(message, shown, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

/// Time for the age of tickets, which live no longer than the process: a wrong or jumping wall clock, which
/// would cost resumption or the handshake itself, has no say.
#[derive(Debug, Clone, Copy)]
pub(super) struct SteadyTime {
    clock: Clock,
}

impl SteadyTime {
    /// Far enough from 1970 that no subtraction of a lifetime reaches below it.
    const BASE: Duration = Duration::from_secs(1_000_000_000);

    pub(super) fn start() -> Self {
        Self { clock: Clock::start() }
    }

    fn now(&self) -> Duration {
        Self::BASE + self.clock.elapsed()
    }
}

impl TimeProvider for SteadyTime {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(self.now()))
    }
}

impl quinn::TimeSource for SteadyTime {
    fn now(&self) -> std::time::SystemTime {
        std::time::UNIX_EPOCH + SteadyTime::now(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(shown: &CertificateDer<'_>, others: &[CertificateDer<'_>], name: &str) -> bool {
        let name = ServerName::try_from(name.to_owned()).expect("a name");
        let now = UnixTime::since_unix_epoch(Duration::ZERO);
        Possession::of(&provider()).verify_server_cert(shown, others, &name, &[], now).is_ok()
    }

    #[test]
    fn a_key_is_taken_under_its_own_name_only_and_alone() {
        let (relay, other) = (Identity::from_seed(&[1; 32]), Identity::from_seed(&[2; 32]));
        let shown = &relay.certified.cert[0];
        assert!(verdict(shown, &[], &server_name(&relay.key())));
        assert!(!verdict(shown, &[], &server_name(&other.key())));
        assert!(!verdict(shown, std::slice::from_ref(shown), &server_name(&relay.key())));
    }

    #[test]
    fn only_the_44_bytes_of_an_ed25519_key_are_a_key() {
        let identity = Identity::from_seed(&[1; 32]);
        let whole = identity.certified.cert[0].as_ref();
        assert_eq!(whole.len(), 44);
        assert_eq!(key_in(&CertificateDer::from(whole)), Some(identity.key()));
        let mut other_kind = whole.to_vec();
        other_kind[8] ^= 1;
        let longer = [whole, &[0]].concat();
        for wrong in [&whole[..43], &longer, &other_kind, &[]] {
            assert_eq!(key_in(&CertificateDer::from(wrong)), None);
        }
    }

    #[test]
    fn debug_shows_the_public_key_only() {
        let shown = format!("{:?}", Identity::from_seed(&[1; 32]));
        assert!(shown.starts_with("Identity { key: DeviceKey(") && shown.ends_with(".. }"), "{shown}");
    }
}
