//! Python with the packages that open a dataset, installed once for all runs beside what Cargo built.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use sha2::Digest as _;

const REQUIREMENTS: &str = include_str!("../python/requirements.txt");
const REQUIREMENTS_PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/requirements.txt");

/// The interpreter. Packages are installed where they are not yet, or are others; this alone needs the network.
pub(crate) fn python() -> &'static Path {
    static READY: OnceLock<PathBuf> = OnceLock::new();
    READY.get_or_init(|| {
        let digest = data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(REQUIREMENTS)[..8]);
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("python-{digest}"));
        let (interpreter, ready) = (folder.join("bin").join("python"), folder.join("ready"));
        let runs =
            Command::new(&interpreter).arg("--version").output().is_ok_and(|said| said.status.success());
        if !(runs && ready.is_file()) {
            install(&folder, &interpreter);
            std::fs::write(&ready, "").expect("writes");
        }
        interpreter
    })
}

fn install(folder: &Path, interpreter: &Path) {
    // What an interrupted run left.
    if folder.exists() {
        std::fs::remove_dir_all(folder).expect("removes");
    }
    let advice =
        "Install Python 3.11 or newer with its module venv (Debian: apt-get install python3 python3-venv).";
    did(Command::new("python3").args(["-m", "venv"]).arg(folder), advice);
    let advice = "The packages of headquarters/tests/python/requirements.txt are installed once, by pip: this \
                  needs the network, or a mirror (PIP_INDEX_URL) or folder (PIP_FIND_LINKS) of wheels.";
    let arguments =
        ["-m", "pip", "install", "--quiet", "--retries", "2", "--only-binary", ":all:", "--requirement"];
    did(Command::new(interpreter).args(arguments).arg(REQUIREMENTS_PATH), advice);
}

/// Runs it, or says what to do.
fn did(command: &mut Command, advice: &str) {
    let said = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}. {advice}"));
    let text = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success(), "{command:?}: {text}\n{advice}");
}
