//! The file that this process runs.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::inotify;
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe;

/// Resolves once the file is gone, as after its package was removed. One that is put in its place, as by an upgrade, is
/// the same; where that can't be seen, this never resolves.
pub async fn gone() {
    if let Ok(path) = std::env::current_exe()
        && followed(&named(path)).await.is_ok()
    {
        return;
    }
    std::future::pending().await
}

/// As it is called, also where it is gone already (proc(5), `/proc/pid/exe`).
fn named(path: PathBuf) -> PathBuf {
    let name = path.as_os_str().as_bytes().strip_suffix(b" (deleted)").map(OsStr::from_bytes);
    name.map(PathBuf::from).unwrap_or(path)
}

/// Costs nothing while nothing in the file's folder changes (inotify(7)).
async fn followed(path: &Path) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::NotFound)?;
    let moves = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK)?;
    inotify::add_watch(&moves, folder, inotify::WatchFlags::DELETE | inotify::WatchFlags::MOVED_FROM)?;
    // What it says is looked up in the folder itself.
    let (mut moves, mut said) = (pipe::Receiver::from_file_unchecked(File::from(moves))?, [0; 4096]);
    loop {
        if !path.exists() {
            tokio::time::sleep(REPLACED_WITHIN).await;
            if !path.exists() {
                return Ok(());
            }
        }
        if moves.read(&mut said).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// What installs another file in its place has done so by then.
const REPLACED_WITHIN: Duration = Duration::from_secs(10);
