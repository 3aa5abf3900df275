//! A file that was not there: never over another, for this user alone, durable when the call returns.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

/// Writes a new file.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] where there is one; whatever the system says.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes a folder that was not there, for this user alone.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] where there is one; whatever the system says.
pub fn make_new_folder(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_never_written_over() {
        let folder = tempfile::tempdir().expect("the disk works");
        let (place, file) = (folder.path().join("new"), folder.path().join("new/file"));
        make_new_folder(&place).expect("makes");
        write_new(&file, b"first").expect("writes");
        let kinds = [make_new_folder(&place), write_new(&file, b"second")]
            .map(|said| said.expect_err("is there").kind());
        assert_eq!(kinds, [io::ErrorKind::AlreadyExists; 2]);
        assert_eq!(std::fs::read(&file).expect("reads"), b"first");
    }
}
