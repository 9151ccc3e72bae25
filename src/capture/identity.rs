//! Which file a path leads to: one file may have several names.

use std::path::{Path, PathBuf};

use super::open::STDIN;

/// A file, whatever it is called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Identity {
    /// Its device, and its number there.
    #[cfg(unix)]
    Inode(u64, u64),
    /// Its name, where nothing else is known.
    Name(PathBuf),
}

impl Identity {
    /// What a path leads to. `-` is what standard input comes from.
    pub(super) fn of(path: &Path) -> Self {
        Self::found(path).unwrap_or_else(|| Self::Name(path.to_owned()))
    }

    #[cfg(unix)]
    fn found(path: &Path) -> Option<Self> {
        use std::os::fd::AsFd;
        use std::os::unix::fs::MetadataExt;
        let meta = if path.as_os_str() == STDIN {
            let stdin = std::io::stdin().as_fd().try_clone_to_owned().ok()?;
            std::fs::File::from(stdin).metadata()
        } else {
            path.metadata()
        };
        meta.ok().map(|meta| Self::Inode(meta.dev(), meta.ino()))
    }

    #[cfg(not(unix))]
    fn found(path: &Path) -> Option<Self> {
        (path.as_os_str() != STDIN).then(|| path.canonicalize().ok().map(Self::Name))?
    }
}

/// Whether two paths lead to one file, links of either kind included. `-` among them is standard input.
pub fn is_same_file(one: &Path, other: &Path) -> bool {
    Identity::of(one) == Identity::of(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_the_same_by_all_its_names() {
        let folder = tempfile::tempdir().unwrap();
        let [a, b, c] = ["a", "b", "c"].map(|name| folder.path().join(name));
        std::fs::write(&a, "").unwrap();
        std::fs::write(&b, "").unwrap();
        assert!(is_same_file(&a, &a) && !is_same_file(&a, &b));
        assert!(is_same_file(&a, &folder.path().join("./a")));
        std::fs::hard_link(&a, &c).unwrap();
        assert!(is_same_file(&a, &c));
        assert!(!is_same_file(&folder.path().join("x"), &folder.path().join("y")));
    }
}
