//! A torn end: the log starts again, what was found is put aside, and the verifier says what happened (R63).

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use kyso::domain::audit::{Asked, Receipt};
use kyso::domain::policy::PairedBy;
use kyso::domain::ports::{AuditLog, Grants};
use kyso::store::verify::{Why, verify};

use super::checkpoints::{why, write};
use super::{Place, ask, origin, request, resendable, success};

/// The files of a log as a power cut left them, the last rows still in the WAL, and the receipts handed out.
async fn torn(place: &Place) -> (Vec<(PathBuf, Vec<u8>)>, Vec<Receipt>) {
    let store = place.open();
    store.pair(&origin("https://vanban.example.vn"), PairedBy::Person).await.unwrap();
    let id = ask(&store, &resendable("key", 1, 1)).await;
    let mut receipts = vec![store.close(id, success(), Some(Box::new(|_| b"reply".to_vec()))).await.unwrap()];
    receipts.extend(write(&store, 2).await);
    // Copied while the process lives, as they would be on the disk had it been cut off now.
    let files = ["audit.sqlite", "audit.sqlite-wal", "audit.head"];
    let files = files.map(|name| place.folder.path().join(name)).map(|path| {
        let bytes = std::fs::read(&path).unwrap();
        (path, bytes)
    });
    drop(store);
    (files.into(), receipts)
}

fn put_back(place: &Place, files: &[(PathBuf, Vec<u8>)]) {
    for entry in std::fs::read_dir(place.folder.path()).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    for (path, bytes) in files {
        std::fs::write(path, bytes).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
}

fn put_aside(place: &Place) -> Vec<PathBuf> {
    let files = std::fs::read_dir(place.folder.path()).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.to_string_lossy().contains("-damaged-")).collect()
}

/// The WAL cut anywhere in the last record: at every byte with `KYSO_LONG`, else at every 97th and around each frame.
#[tokio::test]
async fn r63_a_wal_cut_anywhere_in_the_last_record_is_explained() {
    let place = Place::new();
    let (files, receipts) = torn(&place).await;
    let wal = &files[1].1;
    let last = receipts.last().unwrap();
    let long = std::env::var_os("KYSO_LONG").is_some();
    // Frames of 24 bytes and a page, behind a header of 32 (https://sqlite.org/fileformat2.html#walformat).
    const FRAME: usize = 24 + 4_096;
    let frames = (wal.len() - 32) / FRAME;
    let from = 32 + frames.saturating_sub(6) * FRAME;
    let near = |at: usize| (at - 32) % FRAME < 2 || (at - 32) % FRAME > FRAME - 2;
    let mut recovered = 0;
    let points: Vec<usize> = (from..wal.len()).filter(|at| long || at % 97 == 0 || near(*at)).collect();
    for at in &points {
        put_back(&place, &files);
        std::fs::write(&files[1].0, &wal[..*at]).unwrap();
        let store = place.open();
        let id = ask(&store, &request("goes on")).await;
        let next = store.close(id, success(), None).await.unwrap();
        drop(store);
        assert!(next.sequence > last.sequence, "cut at {at}: a number was used again");
        let verified =
            verify(&place.path(), Some(next)).unwrap_or_else(|error| panic!("cut at {at}: {error:?}"));
        assert_eq!(verified.recovered.len(), 1, "cut at {at}");
        let (first, end) = verified.recovered[0].lost.unwrap();
        assert!(first <= last.sequence && end == last.sequence, "cut at {at}: {first} to {end}");
        assert_eq!(why(verify(&place.path(), Some(last.clone()))), Why::Lost, "cut at {at}");
        let aside = put_aside(&place);
        let file = place.folder.path().join(&verified.recovered[0].file);
        assert!(aside.contains(&file), "cut at {at}");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o400);
        recovered += 1;
    }
    eprintln!("{recovered} cuts of the WAL, each explained");
}

/// The file cut after any page, and pages overwritten.
#[tokio::test]
async fn r63_a_damaged_file_goes_on_with_what_can_be_read() {
    let place = Place::new();
    let store = place.open();
    let site = origin("https://vanban.example.vn");
    let bearer = store.pair(&site, PairedBy::Person).await.unwrap();
    let key = ask(&store, &resendable("key", 1, 1)).await;
    store.close(key, success(), Some(Box::new(|_| b"reply".to_vec()))).await.unwrap();
    let receipts = write(&store, 60).await;
    drop(store);
    let files: Vec<(PathBuf, Vec<u8>)> = ["audit.sqlite", "audit.head"]
        .map(|name| place.folder.path().join(name))
        .map(|path| (path.clone(), std::fs::read(&path).unwrap()))
        .into();
    let whole = &files[0].1;
    let pages = whole.len() / 4_096;
    assert!(pages > 12, "only {pages} pages");
    let (mut kept, mut all) = (0, 0);
    for page in 0..pages {
        for cut in [true, false] {
            put_back(&place, &files);
            let mut bytes = whole.clone();
            if cut {
                bytes.truncate(page * 4_096 + 7);
            } else {
                bytes[page * 4_096..(page + 1) * 4_096].fill(0xa5);
            }
            std::fs::write(place.path(), &bytes).unwrap();
            let what = format!("page {page}, {}", if cut { "cut" } else { "overwritten" });
            let store = place.try_open().unwrap_or_else(|error| panic!("{what}: {error}"));
            let again = store.ask(&resendable("key", 1, 1)).await.unwrap();
            kept += usize::from(matches!(again, Asked::Replay(_)));
            kept += usize::from(store.pairing(&site, &bearer).is_some());
            let id = ask(&store, &request("goes on")).await;
            let next = store.close(id, success(), None).await.unwrap();
            drop(store);
            let verified =
                verify(&place.path(), Some(next)).unwrap_or_else(|error| panic!("{what}: {error:?}"));
            let lost = receipts.last().unwrap();
            match verify(&place.path(), Some(lost.clone())) {
                Ok(_) => {}
                Err(_) => {
                    assert_eq!(verified.recovered.len(), 1, "{what}");
                    assert_eq!(why(verify(&place.path(), Some(lost.clone()))), Why::Lost, "{what}");
                    let aside = std::fs::read(place.folder.path().join(&verified.recovered[0].file)).unwrap();
                    assert!(aside == bytes || bytes.len() < 512, "{what}: put aside as it was");
                }
            }
            all += 1;
        }
    }
    assert!(kept > all / 2, "of {all} damaged files only {kept} pairings and replies were kept");
}

/// An old copy put in the log's place is noticed, and its numbers are not used again.
#[tokio::test]
async fn r63_an_older_copy_and_a_missing_file_are_noticed() {
    let place = Place::new();
    let store = place.open();
    write(&store, 3).await;
    drop(store);
    let old = std::fs::read(place.path()).unwrap();
    let store = place.open();
    let receipts = write(&store, 3).await;
    drop(store);
    std::fs::write(place.path(), &old).unwrap();
    assert_eq!(why(verify(&place.path(), None)), Why::Truncated);
    let store = place.open();
    drop(store);
    let verified = verify(&place.path(), None).unwrap();
    assert_eq!(verified.recovered[0].lost, Some((7, 12)));
    assert_eq!(why(verify(&place.path(), Some(receipts[0].clone()))), Why::Lost);

    std::fs::remove_file(place.path()).unwrap();
    let store = place.open();
    let next = write(&store, 1).await;
    drop(store);
    let verified = verify(&place.path(), next.last().cloned()).unwrap();
    assert_eq!(verified.recovered[0].lost, Some((1, 13)));
    assert!(Path::new(&place.folder.path().join(&verified.recovered[0].file)).exists());
}
