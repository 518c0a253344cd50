//! Answers as they came, in files: each is verified anew whenever it is used, so the folder is trusted with nothing
//! but not asking again. In memory they would stay with an agent that is idle all day, and lists are large.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;
use std::time::SystemTime;

use sha2::Digest as _;
use sha2::Sha256;

use crate::log;
use crate::sys;

/// The answers of one user's agent.
#[derive(Clone, Debug)]
pub(super) struct Cache {
    pub(super) folder: PathBuf,
    /// How long an answer is used at most.
    pub(super) longest: Duration,
}

impl Cache {
    /// The answer to this question that came a short while ago.
    pub(super) fn find(&self, address: &str, request: &[u8]) -> Option<Vec<u8>> {
        let file = self.file(address, request);
        if self.is_old(&file) {
            return None;
        }
        fs::read(file).ok()
    }

    /// Keeps an answer. What can't be kept is asked for again.
    pub(super) fn keep(&self, address: &str, request: &[u8], answer: &[u8]) {
        if self.longest.is_zero() {
            return;
        }
        if let Err(error) = self.write(address, request, answer) {
            log::note(format_args!("{}: {error}", self.folder.display()));
        }
    }

    fn write(&self, address: &str, request: &[u8], answer: &[u8]) -> std::io::Result<()> {
        sys::files::private_folder(&self.folder)?;
        let files = fs::read_dir(&self.folder)?.flatten().map(|entry| entry.path());
        files.filter(|file| self.is_old(file)).for_each(|file| {
            let _ = fs::remove_file(file);
        });
        // Whole or not at all: another check may read it now.
        let file = self.file(address, request);
        let mut name = [0; 8];
        let _ = getrandom::fill(&mut name);
        let new = file.with_extension(hex::encode(name));
        fs::write(&new, answer)?;
        fs::rename(&new, &file)
    }

    fn is_old(&self, file: &std::path::Path) -> bool {
        let age = |modified| SystemTime::now().duration_since(modified).unwrap_or(Duration::MAX);
        let modified = fs::metadata(file).and_then(|file| file.modified());
        // A clock that was set back makes it too new to be believed.
        modified.map_or(true, |modified| age(modified) >= self.longest)
    }

    fn file(&self, address: &str, request: &[u8]) -> PathBuf {
        let name = Sha256::new().chain_update(address).chain_update([0]).chain_update(request).finalize();
        self.folder.join(hex::encode(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_its_own_questions_and_not_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let cache =
            |seconds| Cache { folder: folder.path().join("answers"), longest: Duration::from_secs(seconds) };
        let fresh = cache(3_600);
        assert_eq!(fresh.find("http://a/", b"1"), None);
        fresh.keep("http://a/", b"1", b"good");
        assert_eq!(fresh.find("http://a/", b"1").as_deref(), Some(&b"good"[..]));
        assert_eq!(fresh.find("http://a/", b"2"), None);
        assert_eq!(fresh.find("http://b/", b"1"), None);
        let hour = SystemTime::now() - Duration::from_secs(3_700);
        let file = fs::File::options().write(true).open(fresh.file("http://a/", b"1")).unwrap();
        file.set_modified(hour).unwrap();
        assert_eq!(fresh.find("http://a/", b"1"), None, "too old");
        fresh.keep("http://a/", b"3", b"good");
        assert_eq!(fs::read_dir(&fresh.folder).unwrap().count(), 1, "what is too old is gone");
        cache(0).keep("http://a/", b"4", b"good");
        assert_eq!(fresh.find("http://a/", b"4"), None, "nothing is kept where nothing may be used again");
    }
}
