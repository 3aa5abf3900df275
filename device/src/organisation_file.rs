//! The organisation file, as a tablet reads it: who the organisation is and where its relays are. Public.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use khettara_core::id::{DeviceKey, OrgId};
use khettara_core::identity::{Genesis, Kind, Signed, organisation_id};
use khettara_core::limits::ORGANISATION_FILE_BYTES_READ_MAX;
use serde::Deserialize;

/// An organisation and its relays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationFile {
    /// Its name, for screens.
    pub organisation: String,
    /// Its id.
    pub org: OrgId,
    /// Where relays answer, `host:port`, in the order to be tried.
    pub addresses: Vec<String>,
    /// The keys that relays answer with.
    pub pins: Vec<DeviceKey>,
}

/// Why an organisation file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum OrganisationFileError {
    /// It could not be read.
    #[error("the organisation file could not be read: {0}; check its name")]
    Io(#[from] io::Error),
    /// It is not what headquarters writes.
    #[error("this is not an organisation file; ask headquarters for it again")]
    Malformed,
    /// Its genesis is of another organisation, or not signed by its root.
    #[error("this organisation file contradicts itself; do not use it, and tell headquarters")]
    NotSound,
}

#[derive(Deserialize)]
struct Fields {
    organisation: String,
    org: String,
    genesis: String,
    #[serde(default)]
    addresses: Vec<String>,
    #[serde(default)]
    pins: Vec<String>,
}

impl OrganisationFile {
    /// Reads a file and checks it: the genesis is signed by its root and hashes to the organisation's id.
    ///
    /// # Errors
    /// [`OrganisationFileError`].
    pub fn read(path: &Path) -> Result<Self, OrganisationFileError> {
        let mut bytes = Vec::new();
        File::open(path)?.take(ORGANISATION_FILE_BYTES_READ_MAX + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > ORGANISATION_FILE_BYTES_READ_MAX {
            return Err(OrganisationFileError::Malformed);
        }
        Self::from_json(&bytes)
    }

    /// Reads the file's text and checks it, as [`OrganisationFile::read`].
    ///
    /// # Errors
    /// [`OrganisationFileError`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, OrganisationFileError> {
        let fields: Fields = serde_json::from_slice(bytes).map_err(|_| OrganisationFileError::Malformed)?;
        let org = OrgId::from_hex(&fields.org).ok_or(OrganisationFileError::Malformed)?;
        let pins: Option<Vec<_>> = fields.pins.iter().map(|pin| DeviceKey::from_hex(pin)).collect();
        let pins = pins.ok_or(OrganisationFileError::Malformed)?;
        let genesis = from_hex(&fields.genesis).and_then(|bytes| Signed::from_bytes(&bytes).ok());
        let genesis = genesis.ok_or(OrganisationFileError::Malformed)?;
        let verified = genesis.verify(&org).map_err(|_| OrganisationFileError::NotSound)?;
        let body: Genesis = verified.read().map_err(|_| OrganisationFileError::NotSound)?;
        let is_sound = verified.kind() == Kind::Genesis
            && organisation_id(&body) == org
            && body.root == verified.signer();
        if !is_sound {
            return Err(OrganisationFileError::NotSound);
        }
        Ok(Self { organisation: fields.organisation, org, addresses: fields.addresses, pins })
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|digit| digit.to_digit(16).and_then(|value| u8::try_from(value).ok())).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}
