//! Making a relay's folder. The key file comes last: where it is, all is there; where it is not, nobody was told
//! of these keys and the making starts over.

use std::path::Path;

use khettara_core::error::{Error, ErrorKind};
use khettara_core::id::DeviceKey;
use khettara_core::identity::{Kind, SigningKey};
use khettara_core::store::{Store, StoreError, held};
use khettara_node::chance::process_seed;
use khettara_node::key_file::{KeyFile, KeyFileError, Seeds};
use khettara_node::{OpenError, OrganisationFile, OrganisationFileError, Owner, open_store};

use crate::command::sentence;
use crate::config::{Config, TEMPLATE};
use crate::folder::{Folder, write_whole};

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The relay's public key: headquarters delegates it, tablets pin it.
    pub key: DeviceKey,
    /// The organisation's name.
    pub organisation: String,
}

/// Why no relay was made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InitError {
    #[error(
        "there is a relay in this folder already, or another program's keys; all was left as it is; choose another folder"
    )]
    Exists,
    #[error("the store in this folder belongs to another organisation; choose an empty folder")]
    OtherOrganisation,
    #[error("the folder could not be made: {0}; is the disk full, or the place protected?")]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Organisation(#[from] OrganisationFileError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    #[error(transparent)]
    Chance(#[from] khettara_node::chance::NoChance),
}

impl InitError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Exists | Self::Keys(KeyFileError::Exists) | Self::OtherOrganisation => ErrorKind::Refused,
            Self::Organisation(_) => ErrorKind::Invalid,
            Self::Open(error) => error.kind(),
            Self::Store(error) => error.kind(),
            Self::Keys(error) => error.kind(),
            Self::Io(_) | Self::Chance(_) => ErrorKind::Retry,
        }
    }
}

/// Makes a relay in `dir` for the organisation in the file at `organisation`; `name` goes into its settings.
///
/// # Errors
/// `Refused` where there is one already: nothing was changed. Else what the organisation file, the store or the
/// disk say; then there is no relay, and making it may be tried again.
pub fn init(dir: &Path, organisation: &Path, name: Option<&str>) -> Result<Made, Error> {
    make(&Folder::at(dir), organisation, name).map_err(|error| sentence(error.kind(), &error))
}

fn make(folder: &Folder, organisation: &Path, name: Option<&str>) -> Result<Made, InitError> {
    if folder.keys().symlink_metadata().is_ok() {
        return Err(InitError::Exists);
    }
    let file = OrganisationFile::read(organisation)?;
    std::fs::create_dir_all(folder.path())?;
    let (mut store, _) = open_store(&folder.store(&Config::default().store), Owner::Relay)?;
    let genesis = Kind::Genesis as u8;
    let held = held::alone_items(&store)?;
    if held.iter().any(|item| item.kind == genesis && item.body != file.genesis.body) {
        return Err(InitError::OtherOrganisation);
    }
    if let Some(group) = held::keep_alone(&store, &file.genesis)? {
        store.commit(vec![group])?;
    }
    file.write(&folder.organisation())?;
    if !folder.config().exists() {
        write_whole(&folder.config(), &settings(name))?;
    }
    let seeds = Seeds { signing: *process_seed()?, kem: *process_seed()? };
    KeyFile::create(&folder.keys(), &seeds)?;
    Ok(Made { key: SigningKey::from_seed(&seeds.signing).public(), organisation: file.organisation })
}

fn settings(name: Option<&str>) -> String {
    let Some(name) = name else { return TEMPLATE.to_owned() };
    let quoted = toml::Value::String(name.to_owned()).to_string();
    TEMPLATE.replace("#name = \"\"", &format!("name = {quoted}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_quotes_is_still_a_setting() {
        let folder = tempfile::tempdir().expect("the disk works");
        let path = folder.path().join("relay.toml");
        write_whole(&path, &settings(Some("relais \"nord\"\n\\"))).expect("the disk works");
        assert_eq!(Config::load(&path, []).expect("loads").name, "relais \"nord\"\n\\");
    }
}
