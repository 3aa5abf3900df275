//! The public organisation file: what a relay or a tablet must know to recognise this organisation.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use khettara_core::id::{DeviceKey, OrgId};
use khettara_core::identity::{Genesis, Kind, Signed, organisation_id};
use serde::{Deserialize, Serialize};

/// Why the file was not read or written.
#[derive(Debug, thiserror::Error)]
pub enum OrganisationFileError {
    /// There is none.
    #[error("there is no organisation.json here: found the organisation first, or choose the right folder")]
    Missing,
    /// The operating system refused.
    #[error("organisation.json could not be read or written: {0}")]
    Io(#[from] io::Error),
    /// It is not what this software writes.
    #[error("organisation.json is not an organisation file; restore it from a copy")]
    Malformed,
    /// Its genesis is not signed by the root it names, or hashes to another organisation.
    #[error("organisation.json names one organisation and holds the genesis of another; do not use it")]
    NotSound,
}

/// What everybody may know of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationFile {
    /// Its name, for screens.
    pub organisation: String,
    /// Its id.
    pub org: OrgId,
    /// The genesis, signed by the root.
    pub genesis: Signed,
    /// Relay addresses, `host:port`, in order of preference.
    pub addresses: Vec<String>,
    /// The relays' keys.
    pub pins: Vec<DeviceKey>,
}

#[derive(Serialize, Deserialize)]
struct Text {
    organisation: String,
    org: String,
    genesis: String,
    addresses: Vec<String>,
    pins: Vec<String>,
}

impl OrganisationFile {
    /// Reads and checks the file: the genesis is signed by its root and hashes to the id.
    ///
    /// # Errors
    /// [`OrganisationFileError`].
    pub fn read(path: &Path) -> Result<Self, OrganisationFileError> {
        let text = fs::read_to_string(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => OrganisationFileError::Missing,
            _ => OrganisationFileError::Io(error),
        })?;
        Self::of_text(&text)
    }

    fn of_text(text: &str) -> Result<Self, OrganisationFileError> {
        let malformed = OrganisationFileError::Malformed;
        let Ok(text) = serde_json::from_str::<Text>(text) else { return Err(malformed) };
        let genesis = HEXLOWER_PERMISSIVE.decode(text.genesis.as_bytes()).ok();
        let genesis = genesis.and_then(|bytes| Signed::from_bytes(&bytes).ok());
        let pins = text.pins.iter().map(|pin| DeviceKey::from_hex(pin)).collect::<Option<Vec<_>>>();
        let (Some(genesis), Some(pins), Some(org)) = (genesis, pins, OrgId::from_hex(&text.org)) else {
            return Err(malformed);
        };
        let file = Self { organisation: text.organisation, org, genesis, addresses: text.addresses, pins };
        if file.is_sound() { Ok(file) } else { Err(OrganisationFileError::NotSound) }
    }

    fn is_sound(&self) -> bool {
        let Ok(genesis) = self.genesis.clone().verify(&self.org) else { return false };
        let is_genesis = genesis.kind() == Kind::Genesis;
        let Ok(body) = genesis.read::<Genesis>() else { return false };
        is_genesis && organisation_id(&body) == self.org && body.root == genesis.signer()
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// [`OrganisationFileError::Io`].
    pub fn write(&self, path: &Path) -> Result<(), OrganisationFileError> {
        let text = Text {
            organisation: self.organisation.clone(),
            org: self.org.to_hex(),
            genesis: HEXLOWER.encode(&self.genesis.to_bytes()),
            addresses: self.addresses.clone(),
            pins: self.pins.iter().map(DeviceKey::to_hex).collect(),
        };
        let mut text = serde_json::to_string_pretty(&text).map_err(|_| OrganisationFileError::Malformed)?;
        text.push('\n');
        let fresh = PathBuf::from(format!("{}.new", path.display()));
        let mut file = File::create(&fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        Ok(fs::rename(&fresh, path)?)
    }

    /// Adds a relay: its key and its addresses, each once. Gives whether anything was new.
    pub fn add_relay(&mut self, key: DeviceKey, addresses: &[String]) -> bool {
        let before = (self.pins.len(), self.addresses.len());
        if !self.pins.contains(&key) {
            self.pins.push(key);
        }
        for address in addresses {
            if !self.addresses.contains(address) {
                self.addresses.push(address.clone());
            }
        }
        before != (self.pins.len(), self.addresses.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::organisation::Founding;
    use khettara_core::id::KemKey;
    use khettara_core::identity::SigningKey;

    fn file() -> OrganisationFile {
        let root = SigningKey::from_seed(&[1; 32]);
        let next_root = SigningKey::from_seed(&[2; 32]).public();
        let founding = Founding { root: root.public(), next_root, recovery: KemKey([3; 32]) };
        OrganisationFile {
            organisation: "الرشيدية · Errachidia".into(),
            org: founding.org(),
            genesis: founding.signed(&root),
            addresses: vec!["relais.example:4433".into()],
            pins: vec![DeviceKey([4; 32])],
        }
    }

    #[test]
    fn it_reads_back_what_was_written() {
        let folder = tempfile::tempdir().expect("the disk works");
        let path = folder.path().join("organisation.json");
        file().write(&path).expect("writes");
        assert_eq!(OrganisationFile::read(&path).expect("reads"), file());
    }

    #[test]
    fn a_genesis_of_another_organisation_is_refused() {
        let folder = tempfile::tempdir().expect("the disk works");
        let path = folder.path().join("organisation.json");
        OrganisationFile { org: OrgId([9; 32]), ..file() }.write(&path).expect("writes");
        assert!(matches!(OrganisationFile::read(&path), Err(OrganisationFileError::NotSound)));
        fs::write(&path, "{}").expect("writes");
        assert!(matches!(OrganisationFile::read(&path), Err(OrganisationFileError::Malformed)));
    }

    #[test]
    fn a_relay_is_added_once() {
        let mut file = file();
        assert!(file.add_relay(DeviceKey([5; 32]), &["10.8.0.2:4433".into()]));
        assert!(!file.add_relay(DeviceKey([5; 32]), &["10.8.0.2:4433".into()]));
        assert_eq!((file.pins.len(), file.addresses.len()), (2, 2));
    }
}
