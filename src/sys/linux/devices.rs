//! Device files of tokens that need no reader, as they come and go. The reader stack knows nothing of them.

use std::mem::MaybeUninit;
use std::sync::OnceLock;

use rustix::fs::inotify;
use rustix::io::Errno;
use tokio::sync::watch;

/// Changes with them. One thread of the process waits in the kernel (inotify(7)) and costs nothing in between;
/// where it can't, this never changes.
pub fn watch() -> watch::Receiver<u64> {
    static MOVES: OnceLock<watch::Sender<u64>> = OnceLock::new();
    let begin = || {
        let moves = watch::Sender::new(0);
        let tell = moves.clone();
        std::thread::spawn(move || follow(&tell));
        moves
    };
    MOVES.get_or_init(begin).subscribe()
}

/// Whether a device file with this name may be a token's: HID, those that pretend to be a CD drive (SCSI), TPM.
pub fn is_tokens(name: &str) -> bool {
    ["hidraw", "sg", "tpm"].iter().any(|kind| name.starts_with(kind))
}

fn follow(tell: &watch::Sender<u64>) -> rustix::io::Result<()> {
    let folder = inotify::init(inotify::CreateFlags::CLOEXEC)?;
    // The person is given the right to use it a moment after it was made, which changes an attribute.
    let what = inotify::WatchFlags::CREATE | inotify::WatchFlags::DELETE | inotify::WatchFlags::ATTRIB;
    inotify::add_watch(&folder, "/dev", what)?;
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut events = inotify::Reader::new(folder, &mut buffer);
    loop {
        match events.next() {
            Ok(event) if event.file_name().is_some_and(|name| is_tokens(&name.to_string_lossy())) => {
                tell.send_modify(|moves| *moves += 1);
            }
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
}
