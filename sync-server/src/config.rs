//! What the operator sets: defaults, then `relay.toml`, then `KHETTARA_RELAY_*`, then flags; the later wins.
//!
//! A key that is not known is refused with the key that was probably meant: a setting silently passed over is
//! found on the day it was needed.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use khettara_core::error::{Error, ErrorKind};
use khettara_core::limits::{FRAME_BYTES_MAX, SEGMENT_STREAM_BYTES_MAX};
use khettara_node::driver::Outboxes;
use toml::de::{DeTable, DeValue};

/// How environment variables begin; a section is followed by two underscores.
const ENVIRONMENT: &str = "KHETTARA_RELAY_";
/// An outbox below this could not hold one segment and one frame, and every session would end.
const OUTBOX_BYTES_MIN: usize = SEGMENT_STREAM_BYTES_MAX + FRAME_BYTES_MAX;
/// A settings file above this is refused.
const FILE_BYTES_MAX: usize = 65_536;

/// Every key there is.
const KEYS: [&str; 6] = [
    "name",
    "listen",
    "store",
    "status_every_ms",
    "limits.session_outbox_bytes",
    "limits.all_outboxes_bytes",
];

/// The file that `init` writes.
pub(crate) const TEMPLATE: &str = r#"# Settings of a Khettara relay. What is commented out is the default.
# An environment variable wins over this file (KHETTARA_RELAY_LISTEN, KHETTARA_RELAY_LIMITS__SESSION_OUTBOX_BYTES),
# a flag wins over both. Keys that are not known are refused.

# How the relay calls itself in its status; never sent to anybody.
#name = ""

# The UDP address that tablets reach. "[::]" takes IPv6 and IPv4; where there is no IPv6, "0.0.0.0" is taken.
#listen = "[::]:4433"

# The store's folder, within this one unless the path is absolute. Move it only while the relay is stopped.
#store = "store"

# Least time between two writings of status.json.
#status_every_ms = 3000

[limits]
# Bytes that may wait for one tablet. A tablet that takes nothing is parted with beyond it, and comes again.
#session_outbox_bytes = 1048576
# The same for all tablets together: the memory the relay may use for waiting bytes.
#all_outboxes_bytes = 67108864
"#;

/// Where a setting comes from, for errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A line of a file.
    File(PathBuf, usize),
    /// The environment.
    Environment,
    /// The command line, or the program itself.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, line) => write!(f, "{}, line {line}", path.display()),
            Self::Environment => f.write_str("the environment"),
            Self::Flag => f.write_str("the command line"),
        }
    }
}

/// A relay's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// How it calls itself in its status.
    pub name: String,
    /// Where it listens.
    pub listen: SocketAddr,
    /// The store's folder, relative to the relay's.
    pub store: PathBuf,
    /// Milliseconds at least between two writings of `status.json`.
    pub status_every_ms: u64,
    /// How much may wait to be sent.
    pub outboxes: Outboxes,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            name: String::new(),
            listen: SocketAddr::from((std::net::Ipv6Addr::UNSPECIFIED, 4433)),
            store: PathBuf::from("store"),
            status_every_ms: 3_000,
            outboxes: Outboxes::RELAY,
        }
    }
}

impl Config {
    /// Defaults, then the file at `path` where there is one, then what `environment` has of ours.
    ///
    /// # Errors
    /// `Invalid`, naming file and line, or the variable.
    pub fn load(path: &Path, environment: impl IntoIterator<Item = (String, String)>) -> Result<Self, Error> {
        let mut config = Self::default();
        match std::fs::read_to_string(path) {
            Ok(text) => config.read_toml(path, &text)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                let sentence = format!("{} cannot be read: {error}; correct or remove it", path.display());
                return Err(Error::new(ErrorKind::Invalid, sentence));
            }
        }
        config.read_environment(environment)?;
        config.check()?;
        Ok(config)
    }

    /// Takes what a settings file says.
    fn read_toml(&mut self, path: &Path, text: &str) -> Result<(), Error> {
        let place = |at: usize| Origin::File(path.to_owned(), line_of(text, at));
        if text.len() > FILE_BYTES_MAX {
            return Err(invalid(&place(0), "is larger than a settings file can be; remove what is not ours"));
        }
        let table = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            invalid(&place(at), &format!("is not TOML: {}; correct the line", error.message()))
        })?;
        for (key, value) in table.get_ref() {
            let at = place(key.span().start);
            let DeValue::Table(section) = value.get_ref() else {
                self.set(key.get_ref(), &text_of(value.get_ref()), &at)?;
                continue;
            };
            for (inner, value) in section {
                let at = place(inner.span().start);
                self.set(&format!("{}.{}", key.get_ref(), inner.get_ref()), &text_of(value.get_ref()), &at)?;
            }
        }
        Ok(())
    }

    fn read_environment(
        &mut self,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<(), Error> {
        for (variable, value) in environment {
            let Some(rest) = variable.strip_prefix(ENVIRONMENT) else { continue };
            // The folder is no setting: it says where the settings are.
            if rest != "DIR" {
                self.set(&rest.to_ascii_lowercase().replace("__", "."), &value, &Origin::Environment)?;
            }
        }
        Ok(())
    }

    /// Sets one key from its text.
    ///
    /// # Errors
    /// `Invalid` where the key is not known, with the one that was probably meant, or its value does not fit.
    pub fn set(&mut self, key: &str, value: &str, origin: &Origin) -> Result<(), Error> {
        let wrong = |expected: &str| invalid(origin, &format!("`{key}` is not {expected}; correct it"));
        let number = || value.parse::<u64>().map_err(|_| wrong("a whole number"));
        let bytes = || number().and_then(|n| usize::try_from(n).map_err(|_| wrong("a number of bytes")));
        match key {
            "name" => value.clone_into(&mut self.name),
            "listen" => {
                self.listen =
                    value.parse().map_err(|_| wrong("an address and port such as \"[::]:4433\""))?;
            }
            "store" if value.is_empty() => return Err(wrong("a folder")),
            "store" => self.store = PathBuf::from(value),
            "status_every_ms" => self.status_every_ms = number()?,
            "limits.session_outbox_bytes" => self.outboxes.session_bytes_max = bytes()?,
            "limits.all_outboxes_bytes" => self.outboxes.all_bytes_max = bytes()?,
            unknown => return Err(invalid(origin, &unknown_key(unknown))),
        }
        Ok(())
    }

    /// Whether the settings fit together.
    ///
    /// # Errors
    /// `Invalid`.
    pub fn check(&self) -> Result<(), Error> {
        let Outboxes { session_bytes_max, all_bytes_max } = self.outboxes;
        if session_bytes_max < OUTBOX_BYTES_MIN || all_bytes_max < session_bytes_max {
            let sentence = format!(
                "the outboxes do not fit: limits.session_outbox_bytes must be at least {OUTBOX_BYTES_MIN}, \
                 and limits.all_outboxes_bytes at least that; raise them"
            );
            return Err(Error::new(ErrorKind::Invalid, sentence));
        }
        Ok(())
    }
}

fn invalid(origin: &Origin, what: &str) -> Error {
    Error::new(ErrorKind::Invalid, format!("{origin}: {what}"))
}

fn unknown_key(key: &str) -> String {
    let nearest = KEYS.iter().map(|known| (distance(key, known), *known)).min();
    match nearest {
        // Farther than half of what was typed, a guess only misleads.
        Some((distance, known)) if distance * 2 <= key.chars().count() => {
            format!("`{key}` is not a setting of the relay; did you mean `{known}`?")
        }
        _ => format!("`{key}` is not a setting of the relay; there are: {}", KEYS.join(", ")),
    }
}

/// The number of letters to change, add or leave out on the way from one word to the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (above, letter) in from.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], above + 1);
        for (place, other) in to.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *other);
            diagonal = row[place + 1];
            row[place + 1] = changed.min(row[place] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

/// The text that [`Config::set`] reads: settings are words and numbers.
fn text_of(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.as_str().replace('_', ""),
        DeValue::Boolean(value) => value.to_string(),
        // No setting is a list or a table: whatever is read here fits no key, and is refused there by name.
        _ => "[…]".to_owned(),
    }
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, Error> {
        let mut config = Config::default();
        config.read_toml(Path::new("relay.toml"), text).map(|()| config)
    }

    fn refused(text: &str) -> String {
        read(text).expect_err("is refused").sentence
    }

    #[test]
    fn the_file_that_init_writes_says_the_defaults() {
        assert_eq!(read(TEMPLATE).expect("reads"), Config::default());
        let uncommented: String = TEMPLATE
            .lines()
            .map(|line| match line.strip_prefix('#') {
                Some(rest) if !rest.starts_with(' ') => format!("{rest}\n"),
                _ => format!("{line}\n"),
            })
            .collect();
        assert_eq!(read(&uncommented).expect("reads"), Config::default());
        assert!(KEYS.iter().all(|key| uncommented.contains(key.rsplit('.').next().expect("a part"))));
    }

    #[test]
    fn an_unknown_key_is_refused_with_file_line_and_the_key_that_was_meant() {
        let said = refused("name = \"x\"\nlisten_on = \"127.0.0.1:0\"\n");
        assert_eq!(
            said,
            "relay.toml, line 2: `listen_on` is not a setting of the relay; did you mean `listen`?"
        );
        let said = refused("\n[limits]\nsession_outboxbytes = 5\n");
        assert!(said.starts_with("relay.toml, line 3:"), "{said}");
        assert!(said.ends_with("did you mean `limits.session_outbox_bytes`?"), "{said}");
        let said = refused("colour = 1");
        assert!(said.contains("there are: name, listen, store"), "{said}");
    }

    #[test]
    fn a_value_that_does_not_fit_is_refused_where_it_stands() {
        for text in ["listen = 4433", "listen = \"everywhere\"", "store = \"\"", "status_every_ms = -1"] {
            assert!(refused(&format!("\n{text}")).starts_with("relay.toml, line 2: `"), "{text}");
        }
        assert!(refused("limits = 5").contains("`limits` is not a setting"));
        assert!(refused("name = ").starts_with("relay.toml, line 1: is not TOML"));
        let mut small = Config::default();
        small.set("limits.session_outbox_bytes", "1000", &Origin::Flag).expect("a number");
        assert!(small.check().is_err());
    }

    #[test]
    fn the_environment_wins_over_the_file_and_its_unknown_keys_are_refused_too() {
        let folder = tempfile::tempdir().expect("the disk works");
        let path = folder.path().join("relay.toml");
        std::fs::write(&path, "name = \"file\"\n[limits]\nall_outboxes_bytes = 2_000_000\n").expect("writes");
        let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let environment = [
            set("PATH", "/bin"),
            set("KHETTARA_RELAY_NAME", "environment"),
            set("KHETTARA_RELAY_DIR", "elsewhere"),
            set("KHETTARA_RELAY_LIMITS__SESSION_OUTBOX_BYTES", "300000"),
        ];
        let config = Config::load(&path, environment).expect("loads");
        assert_eq!(config.name, "environment");
        assert_eq!(config.outboxes, Outboxes { session_bytes_max: 300_000, all_bytes_max: 2_000_000 });
        let error = Config::load(&path, [set("KHETTARA_RELAY_LISTN", "x")]).expect_err("is refused");
        assert!(error.sentence.contains("did you mean `listen`?"), "{error}");
        assert_eq!(Config::load(&folder.path().join("none"), []).expect("loads"), Config::default());
    }

    #[test]
    fn distances_count_letters() {
        assert_eq!(distance("listen", "listen"), 0);
        assert_eq!(distance("lisen", "listen"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
