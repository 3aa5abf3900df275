//! A Java machine that does what it is told on a line: `android-bindings/kotlin/src/test/…/Measured.kt`.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// What it runs.
const MAIN: &str = "org.khettara.Measured";
/// The library that Kotlin loads, as cargo names it.
const LIBRARY: &str = "libkhettara_android.so";

/// The classes, and the folder of the library that they load.
pub(crate) struct Kotlin {
    classes: OsString,
    library: PathBuf,
}

/// One that runs.
pub(crate) struct Jvm {
    child: Child,
    asks: Option<ChildStdin>,
    said: Lines<BufReader<ChildStdout>>,
}

impl Kotlin {
    /// Compiles Kotlin's half with Maven; `Err` says in a sentence why that cannot be.
    pub(crate) fn compiled() -> Result<Self, String> {
        let library = library().ok_or_else(|| format!("{LIBRARY} is not beside this program"))?;
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../android-bindings/kotlin");
        let said = tempfile::NamedTempFile::new().map_err(|_| "there is no temporary folder")?;
        let output = Command::new("mvn")
            .current_dir(&project)
            .args(["-B", "-q", "test-compile", "dependency:build-classpath", "-Dmdep.includeScope=test"])
            .arg(format!("-Dmdep.outputFile={}", said.path().display()))
            .output()
            .map_err(|error| format!("mvn does not start: {error}"))?;
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stdout);
            return Err(format!("mvn could not compile Kotlin's half:\n{why}"));
        }
        let others = std::fs::read_to_string(said.path()).map_err(|_| "mvn named no classes")?;
        let own = ["target/classes", "target/test-classes"].map(|folder| project.join(folder));
        let classes = own.into_iter().chain(std::env::split_paths(others.trim()));
        let classes = std::env::join_paths(classes).map_err(|_| "a folder's name holds a colon")?;
        Ok(Self { classes, library })
    }

    /// Starts one with these options.
    pub(crate) fn start(&self, options: &[&str]) -> Jvm {
        let mut library = OsString::from("-Djava.library.path=");
        library.push(&self.library);
        let mut child = Command::new("java")
            .args(options)
            .arg(library)
            .arg("-cp")
            .arg(&self.classes)
            .arg(MAIN)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("java starts where Maven does");
        let said = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        Jvm { asks: child.stdin.take(), child, said }
    }
}

/// The folder in which cargo put the library with this program: its own, or the one above.
fn library() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let folders = program.ancestors().skip(1).take(2);
    folders.filter(|folder| folder.join(LIBRARY).is_file()).map(Path::to_owned).next()
}

impl Jvm {
    /// Has it do something, and gives the number that it answers with.
    pub(crate) fn ask(&mut self, what: &str) -> f64 {
        let asks = self.asks.as_mut().expect("open until it is dropped");
        writeln!(asks, "{what}").and_then(|()| asks.flush()).expect("it listens");
        let line = self.said.next().and_then(Result::ok);
        line.and_then(|line| line.parse().ok())
            .unwrap_or_else(|| panic!("no number came for: {what}; what Java said stands above"))
    }

    /// The same with the name of a file or a folder behind it.
    pub(crate) fn ask_of(&mut self, what: &str, path: &Path) -> f64 {
        self.ask(&format!("{what} {}", path.display()))
    }
}

impl Drop for Jvm {
    fn drop(&mut self) {
        // It ends with what it reads.
        drop(self.asks.take());
        let _ = self.child.wait();
    }
}
