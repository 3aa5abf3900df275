//! The organisation file: what a relay, headquarters or a device must know before it can meet anybody. Public.
//!
//! ```json
//! { "organisation": "<name>", "org": "<hex>", "genesis": "<hex of the signed genesis>",
//!   "addresses": ["<host>:<port>"], "pins": ["<hex of a relay's key>"] }
//! ```

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use khettara_core::id::{DeviceKey, OrgId};
use khettara_core::identity::{Genesis, Kind, Signed, organisation_id};
use khettara_core::limits::{ORGANISATION_FILE_BYTES_MAX, ORGANISATION_NAME_BYTES_MAX};
use serde::{Deserialize, Serialize};

/// An organisation and where its relays are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationFile {
    /// Its name, for screens.
    pub organisation: String,
    /// Its id.
    pub org: OrgId,
    /// Its first item, signed by its root; hashes to `org`.
    pub genesis: Signed,
    /// Where relays answer, `host:port`, in the order to be tried. May be empty.
    pub addresses: Vec<String>,
    /// The keys that relays answer with, now and next. May be empty.
    pub pins: Vec<DeviceKey>,
}

/// Why an organisation file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum OrganisationFileError {
    /// There is no such file.
    #[error(
        "there is no organisation file here; headquarters writes it when the organisation is founded: choose the \
         right folder or file"
    )]
    Missing,
    /// The operating system refused.
    #[error("the organisation file could not be read or written: {0}")]
    Io(#[from] io::Error),
    /// It is larger than such a file can be.
    #[error("this is larger than an organisation file can be: choose the right file")]
    TooLarge,
    /// It is not JSON, or a field is missing or of another kind.
    #[error("this is no organisation file: {0}; ask headquarters for it again")]
    Json(#[from] serde_json::Error),
    /// The name is empty or too long.
    #[error("the organisation's name is empty or longer than {ORGANISATION_NAME_BYTES_MAX} bytes")]
    Name,
    /// `org` is not an organisation's id.
    #[error("`org` is not 64 hexadecimal digits: ask headquarters for the file again")]
    Org,
    /// `genesis` is not a signed item.
    #[error("`genesis` is not a signed item in hexadecimal: ask headquarters for the file again")]
    Genesis,
    /// The genesis is not signed by its root.
    #[error("the genesis is not signed by its root: do not use this file, and tell headquarters")]
    Signature,
    /// The genesis belongs to another organisation.
    #[error("the genesis belongs to another organisation than `org` says: do not use this file")]
    OtherOrganisation,
    /// An address is not `host:port`.
    #[error("address {} is not host:port, as in relay.example.org:4433", .place + 1)]
    Address {
        /// Which, counted from 0.
        place: usize,
    },
    /// A pin is not a key.
    #[error("pin {} is not 64 hexadecimal digits", .place + 1)]
    Pin {
        /// Which, counted from 0.
        place: usize,
    },
}

/// The file's fields as they are written.
#[derive(Serialize, Deserialize)]
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
    /// Reads a file and checks all of it.
    ///
    /// # Errors
    /// [`OrganisationFileError`] naming the first thing that is wrong.
    pub fn read(path: &Path) -> Result<Self, OrganisationFileError> {
        let file = File::open(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => OrganisationFileError::Missing,
            _ => OrganisationFileError::Io(error),
        })?;
        let mut bytes = Vec::new();
        file.take(ORGANISATION_FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
        if bytes.len() > ORGANISATION_FILE_BYTES_MAX {
            return Err(OrganisationFileError::TooLarge);
        }
        Self::from_json(&bytes)
    }

    /// Reads the file's text and checks all of it. Fields that are not known here are passed over.
    ///
    /// # Errors
    /// [`OrganisationFileError`] naming the first thing that is wrong.
    pub fn from_json(bytes: &[u8]) -> Result<Self, OrganisationFileError> {
        let fields: Fields = serde_json::from_slice(bytes)?;
        let org = OrgId::from_hex(&fields.org).ok_or(OrganisationFileError::Org)?;
        let genesis = from_hex(&fields.genesis).ok_or(OrganisationFileError::Genesis)?;
        let genesis = Signed::from_bytes(&genesis).map_err(|_| OrganisationFileError::Genesis)?;
        let key = |(place, text): (usize, &String)| {
            DeviceKey::from_hex(text).ok_or(OrganisationFileError::Pin { place })
        };
        let pins = fields.pins.iter().enumerate().map(key).collect::<Result<_, _>>()?;
        let file =
            Self { organisation: fields.organisation, org, genesis, addresses: fields.addresses, pins };
        file.check()?;
        Ok(file)
    }

    /// Whether it holds together: the root signed the genesis, the genesis hashes to the organisation's id,
    /// the name and the addresses are what they should be.
    ///
    /// # Errors
    /// [`OrganisationFileError`] naming the first thing that is wrong.
    pub fn check(&self) -> Result<(), OrganisationFileError> {
        if self.organisation.is_empty() || self.organisation.len() > ORGANISATION_NAME_BYTES_MAX {
            return Err(OrganisationFileError::Name);
        }
        let verified = self.genesis.clone().verify(&self.org);
        let verified = verified.map_err(|_| OrganisationFileError::Signature)?;
        if verified.kind() != Kind::Genesis {
            return Err(OrganisationFileError::Genesis);
        }
        let genesis: Genesis = verified.read().map_err(|_| OrganisationFileError::Genesis)?;
        if organisation_id(&genesis) != self.org {
            return Err(OrganisationFileError::OtherOrganisation);
        }
        if genesis.root != verified.signer() {
            return Err(OrganisationFileError::Signature);
        }
        match self.addresses.iter().position(|address| !is_address(address)) {
            Some(place) => Err(OrganisationFileError::Address { place }),
            None => Ok(()),
        }
    }

    /// The file's text.
    #[must_use]
    pub fn to_json(&self) -> String {
        let fields = Fields {
            organisation: self.organisation.clone(),
            org: self.org.to_hex(),
            genesis: to_hex(&self.genesis.to_bytes()),
            addresses: self.addresses.clone(),
            pins: self.pins.iter().map(DeviceKey::to_hex).collect(),
        };
        let mut text = serde_json::to_string_pretty(&fields).expect("strings and lists of them are JSON");
        text.push('\n');
        text
    }

    /// Writes the file, whole or not at all; one that is there is replaced.
    ///
    /// # Errors
    /// What [`OrganisationFile::check`] says, or [`OrganisationFileError::Io`].
    pub fn write(&self, path: &Path) -> Result<(), OrganisationFileError> {
        self.check()?;
        let mut fresh = path.as_os_str().to_owned();
        fresh.push(".new");
        let fresh = PathBuf::from(fresh);
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(&fresh)?;
        file.write_all(self.to_json().as_bytes())?;
        file.sync_all()?;
        fs::rename(&fresh, path)?;
        Ok(())
    }
}

fn is_address(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let bracketed = host.starts_with('[') && host.ends_with(']');
    let plain = !host.contains([':', '[', ']', '/', ' ']);
    !host.is_empty() && (bracketed || plain) && port.parse::<u16>().is_ok_and(|port| port != 0)
}

fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|digit| digit.to_digit(16).and_then(|value| u8::try_from(value).ok())).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use khettara_core::encoding;
    use khettara_core::id::KemKey;
    use khettara_core::identity::SigningKey;

    use super::*;

    fn sample() -> OrganisationFile {
        let root = SigningKey::from_seed(&[1; 32]);
        let genesis = Genesis { root: root.public(), next: [2; 32], recovery: KemKey([3; 32]) };
        let org = organisation_id(&genesis);
        let signed = Signed::make(&org, &root, Kind::Genesis, encoding::to_bytes(&genesis));
        OrganisationFile {
            organisation: "Errachidia".into(),
            org,
            genesis: signed.as_signed().clone(),
            addresses: vec!["relay.example.org:4433".into(), "[2001:db8::1]:4433".into()],
            pins: vec![DeviceKey([7; 32])],
        }
    }

    #[test]
    fn a_file_comes_back_as_it_was_written() {
        let folder = tempfile::tempdir().expect("the disk works");
        let path = folder.path().join("organisation.json");
        sample().write(&path).expect("writes");
        assert_eq!(OrganisationFile::read(&path).expect("reads"), sample());
        assert_eq!(fs::read_dir(folder.path()).expect("the disk works").count(), 1);
    }

    #[test]
    fn a_genesis_of_another_organisation_or_signer_is_noticed() {
        let mut other = sample();
        other.org.0[0] ^= 1;
        assert!(matches!(other.check(), Err(OrganisationFileError::Signature)));

        // Signed for the id that the file names, which is not the genesis's own.
        let root = SigningKey::from_seed(&[1; 32]);
        let body = sample().genesis.body;
        other.genesis = Signed::make(&other.org, &root, Kind::Genesis, body.clone()).as_signed().clone();
        assert!(matches!(other.check(), Err(OrganisationFileError::OtherOrganisation)));

        let stranger = SigningKey::from_seed(&[9; 32]);
        let mut forged = sample();
        forged.genesis = Signed::make(&forged.org, &stranger, Kind::Genesis, body).as_signed().clone();
        assert!(matches!(forged.check(), Err(OrganisationFileError::Signature)));
    }

    #[test]
    fn every_field_says_what_is_wrong_with_it() {
        let text = sample().to_json();
        let changed = |from: &str, to: &str| {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text);
            OrganisationFile::from_json(changed.as_bytes()).expect_err("is noticed")
        };
        assert!(matches!(changed("\"Errachidia\"", "\"\""), OrganisationFileError::Name));
        assert!(matches!(changed("\"org\": \"", "\"org\": \"x"), OrganisationFileError::Org));
        assert!(matches!(changed("\"genesis\": \"", "\"genesis\": \"0"), OrganisationFileError::Genesis));
        assert!(matches!(
            changed("[2001:db8::1]:4433", "[2001:db8::1]"),
            OrganisationFileError::Address { place: 1 }
        ));
        assert!(matches!(changed("relay.example.org:4433", "a:b:1"), OrganisationFileError::Address { .. }));
        assert!(matches!(changed("0707", "0"), OrganisationFileError::Pin { place: 0 }));
        assert!(matches!(changed("\"org\"", "\"og\""), OrganisationFileError::Json(_)));
        assert!(OrganisationFile::from_json(b"").is_err());
    }

    #[test]
    fn a_file_without_relays_is_a_file() {
        let text = sample().to_json();
        let mut value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let fields = value.as_object_mut().expect("an object");
        fields.remove("addresses");
        fields.remove("pins");
        fields.insert("later".into(), 1.into());
        let file = OrganisationFile::from_json(value.to_string().as_bytes()).expect("reads");
        assert!(file.addresses.is_empty() && file.pins.is_empty());
    }
}
