//! A collector that was away, and what became of the log meanwhile.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use kyso::domain::audit::Asked;
use kyso::domain::error::AuditError;
use kyso::domain::forwarding::{Entry, Heard, Unread};
use kyso::domain::ports::{AuditLog, BoxFuture, Feed};
use kyso::domain::retention::{Forward, Rules};
use kyso::forward::{Collector, tell};
use kyso::log;
use kyso::store::Store;
use rusqlite::Connection;
use tempfile::TempDir;

use super::{on, request, sign, success, until};

/// A collector in this process.
#[derive(Clone, Default)]
struct Ear {
    name: String,
    away: Arc<AtomicBool>,
    heard: Arc<Mutex<Vec<Entry>>>,
}

impl Ear {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    fn heard(&self) -> Vec<Entry> {
        self.heard.lock().unwrap().clone()
    }

    /// Numbers of the rows of signatures.
    fn signed(&self) -> Vec<i64> {
        self.heard().iter().filter(|entry| entry.kind == "signed").map(|entry| entry.sequence).collect()
    }

    /// The first and last number of what can't be read.
    fn unreadable(&self) -> Vec<(i64, i64)> {
        let told = self.heard().into_iter().filter(|entry| entry.kind == "unreadable");
        let number = |entry: &Entry, name| {
            let (_, value) = entry.fields.iter().find(|(known, _)| *known == name).unwrap();
            value.parse().unwrap()
        };
        told.map(|entry| (number(&entry, "first"), number(&entry, "last"))).collect()
    }
}

impl Collector for Ear {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn deliver<'a>(&'a self, entries: &'a [Entry]) -> BoxFuture<'a, std::io::Result<()>> {
        Box::pin(async move {
            if self.away.load(Ordering::SeqCst) {
                return Err(std::io::ErrorKind::ConnectionRefused.into());
            }
            self.heard.lock().unwrap().extend_from_slice(entries);
            Ok(())
        })
    }
}

/// The closed files, by the number of their first and last row.
fn closed(place: &TempDir) -> Vec<(i64, i64, PathBuf)> {
    let log = Connection::open(place.path().join("audit.sqlite")).unwrap();
    let sql = "SELECT first, last, name FROM files WHERE removed = 0 ORDER BY first";
    let mut files = log.prepare(sql).unwrap();
    let files = files
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, place.path().join(row.get::<_, String>(2)?))));
    files.unwrap().map(Result::unwrap).collect()
}

fn lines_with(part: &str) -> Vec<String> {
    log::last().into_iter().filter(|line| line.contains(part)).collect()
}

/// One closed file is gone, another is no log any more: what they held is told as lost, and all else is heard.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_file_ends_nothing_but_itself() {
    let place = tempfile::tempdir().unwrap();
    let store = on(&place, Rules::default());
    let ear = Ear::new("ear of the lost");
    assert_eq!(store.cursor(&ear.name).await.unwrap(), 0);
    let mut signed = Vec::new();
    for _ in 0..60 {
        signed.push(sign(&store).await);
    }
    let files = closed(&place);
    assert!(files.len() >= 5, "{files:?}");
    std::fs::remove_file(&files[1].2).unwrap();
    overwrite(&files[3].2, b"no database");
    let lost = [(files[1].0, files[1].1), (files[3].0, files[3].1)];

    let telling = tokio::spawn(tell(Arc::new(store.clone()), Box::new(ear.clone())));
    let is_lost = |row: &i64| lost.iter().any(|(first, last)| (first..=last).contains(&row));
    let rest: Vec<i64> = signed.iter().copied().filter(|row| !is_lost(row)).collect();
    assert!(rest.len() < signed.len());
    until(|| ear.signed() == rest).await;
    assert_eq!(ear.unreadable(), lost);
    let heard = ear.heard();
    let file = |at: usize| ("file", files[at].2.file_name().unwrap().to_str().unwrap().to_owned());
    let named = |file| heard.iter().any(|entry| entry.kind == "unreadable" && entry.fields.contains(&file));
    assert!(named(file(1)) && named(file(3)), "{heard:?}");
    // It goes on, and says it once.
    let later = sign(&store).await;
    until(|| ear.signed().last() == Some(&later)).await;
    assert_eq!(ear.unreadable(), lost);
    for (first, last) in lost {
        let said = lines_with(&format!("{}: rows {first} to {last} of the log can't be read", ear.name));
        assert!(said.len() == 1 && said[0].contains(" warn "), "{said:?}");
    }
    telling.abort();
}

/// A log in which a file can't be read for a moment.
struct Hiccup {
    store: Store,
    bad: AtomicU32,
}

impl Feed for Hiccup {
    fn after(&self, sequence: i64, most: usize) -> BoxFuture<'_, Result<Heard, AuditError>> {
        let is_bad = |left: u32| left.checked_sub(1);
        if self.bad.fetch_update(Ordering::SeqCst, Ordering::SeqCst, is_bad).is_err() {
            return self.store.after(sequence, most);
        }
        let unread =
            Unread { first: sequence + 1, last: sequence + 9, why: "too many open files".to_owned() };
        let entry = Entry {
            sequence: unread.last,
            time: String::new(),
            kind: "unreadable".to_owned(),
            fields: Vec::new(),
        };
        let heard = Heard { entries: vec![entry], last: unread.last, unread: Some(unread) };
        Box::pin(async move { Ok(heard) })
    }

    fn cursor(&self, collector: &str) -> BoxFuture<'_, Result<i64, AuditError>> {
        self.store.cursor(collector)
    }

    fn keep(&self, collector: &str, sequence: i64) -> BoxFuture<'_, Result<(), AuditError>> {
        self.store.keep(collector, sequence)
    }

    fn grown(&self, since: u64) -> BoxFuture<'_, u64> {
        self.store.grown(since)
    }
}

/// What can be read a moment later is not lost.
#[tokio::test(flavor = "multi_thread")]
async fn rows_are_looked_for_again_before_they_count_as_lost() {
    let place = tempfile::tempdir().unwrap();
    let store = on(&place, Rules::default());
    let ear = Ear::new("ear of the patient");
    store.cursor(&ear.name).await.unwrap();
    let signed = [sign(&store).await, sign(&store).await];
    let hiccup = Hiccup { store, bad: AtomicU32::new(2) };
    let telling = tokio::spawn(tell(Arc::new(hiccup), Box::new(ear.clone())));
    until(|| !ear.heard().is_empty()).await;
    assert_eq!((ear.signed(), ear.unreadable()), (signed.to_vec(), Vec::new()));
    telling.abort();
}

/// A file that is damaged in one place still has its other rows.
#[tokio::test(flavor = "multi_thread")]
async fn around_a_damaged_page_rows_are_told() {
    let place = tempfile::tempdir().unwrap();
    let store = on(&place, Rules { rotate_rows: 200, ..Rules::default() });
    let ear = Ear::new("ear of the damaged");
    store.cursor(&ear.name).await.unwrap();
    let mut signed = Vec::new();
    for _ in 0..110 {
        signed.push(sign(&store).await);
    }
    let files = closed(&place);
    let [(first, last, file)] = &files[..] else { panic!("{files:?}") };
    let mut bytes = std::fs::read(file).unwrap();
    let pages = bytes.len() / PAGE;
    assert!(pages > 10, "{pages} pages");
    bytes[pages / 2 * PAGE..][..PAGE].fill(0);
    overwrite(file, &bytes);

    let telling = tokio::spawn(tell(Arc::new(store.clone()), Box::new(ear.clone())));
    until(|| ear.signed().last() == signed.last()).await;
    let unreadable = ear.unreadable();
    let [(from, to)] = unreadable[..] else { panic!("{unreadable:?}") };
    assert!(*first < from && from <= to && to < *last, "{from} to {to} of {first} to {last}");
    let rest: Vec<i64> = signed.into_iter().filter(|row| !(from..=to).contains(row)).collect();
    assert_eq!(ear.signed(), rest);
    telling.abort();
}

/// A log above its share, by files that are kept for a collector alone: it comes, and signing goes on by itself.
#[tokio::test(flavor = "multi_thread")]
async fn r62_a_collector_that_comes_makes_room() {
    let place = tempfile::tempdir().unwrap();
    let store = full(&place).await;
    let ear = Ear::new("journald");
    ear.away.store(true, Ordering::SeqCst);
    let telling = tokio::spawn(tell(Arc::new(store.clone()), Box::new(ear.clone())));
    assert!(store.ask(&request("a")).await.is_err());
    let rows = rows(&place);
    ear.away.store(false, Ordering::SeqCst);
    // Nobody asks anything meanwhile.
    until(|| closed(&place).is_empty()).await;
    let heard: Vec<i64> = ear.heard().iter().map(|entry| entry.sequence).collect();
    assert!(rows.iter().all(|row| heard.contains(row)), "it has not heard all");
    assert!(matches!(store.ask(&request("a")).await, Ok(Asked::New(_))));
    telling.abort();
}

/// What may go goes before somebody is refused for it, however lately it was looked for.
#[tokio::test(flavor = "multi_thread")]
async fn r62_room_is_made_before_a_request_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let store = full(&place).await;
    let log = Connection::open(place.path().join("audit.sqlite")).unwrap();
    log.execute("UPDATE cursors SET sequence = 1000000", []).unwrap();
    assert!(matches!(store.ask(&request("a")).await, Ok(Asked::New(_))));
    assert!(closed(&place).is_empty());
}

/// An address that was corrected is the same office's collector: nothing is lost between the two.
#[tokio::test(flavor = "multi_thread")]
async fn a_corrected_address_goes_on_where_the_wrong_one_was() {
    let place = tempfile::tempdir().unwrap();
    let to = |address: &str| Forward { syslog: Some(address.to_owned()), ..Forward::default() };
    let told = |address: &str| on(&place, Rules { keep_days: 0, forward: to(address), ..Rules::default() });
    let wrong = "syslog logs.example:6o1";
    let store = told("logs.example:6o1");
    let first = sign(&store).await;
    assert_eq!(store.cursor(wrong).await.unwrap(), first);
    for _ in 0..30 {
        sign(&store).await;
    }
    drop(store);
    assert!(!closed(&place).is_empty(), "nobody has heard them");
    let store = told("logs.example:601");
    assert_eq!(store.cursor("syslog logs.example:601").await.unwrap(), first);
    assert!(!closed(&place).is_empty(), "they are the new one's to hear");
    let heard = store.after(first, 1_000).await.unwrap();
    assert_eq!(heard.entries.iter().filter(|entry| entry.kind == "signed").count(), 30);
    // Its own place is what a later change goes on from; the wrong one's is none any more.
    store.keep("syslog logs.example:601", heard.last).await.unwrap();
    drop(store);
    let store = told("logs2.example:601");
    assert_eq!(store.cursor("syslog logs2.example:601").await.unwrap(), heard.last);
    drop(store);
    let store = on(&place, Rules { forward: Forward { journald: true, ..to("") }, ..Rules::default() });
    assert!(store.cursor("journald").await.unwrap() > heard.last, "the journal is no syslog server");
}

/// Signs until the log is above its share, all of whose closed files may go but for the journal, which hears nothing.
async fn full(place: &TempDir) -> Store {
    let forward = Forward { journald: true, ..Forward::default() };
    let store = on(place, Rules { most_megabytes: 1, keep_days: 0, forward, ..Rules::default() });
    store.cursor("journald").await.unwrap();
    while let Ok(asked) = store.ask(&request(&"tên tài liệu ".repeat(19))).await {
        let Asked::New(id) = asked else { panic!("not new") };
        store.close(id, success(), None).await.unwrap();
    }
    assert!(!closed(place).is_empty());
    store
}

/// Numbers of all rows of signatures.
fn rows(place: &TempDir) -> Vec<i64> {
    use kyso::store::read::{Range, ReadError, Reader};
    let mut rows = Vec::new();
    let read: Result<(), ReadError> =
        Reader::open(&place.path().join("audit.sqlite")).unwrap().each(&Range::default(), |row| {
            rows.extend((row.kind == "signed").then_some(row.sequence));
            Ok(())
        });
    read.unwrap();
    rows
}

fn overwrite(file: &Path, bytes: &[u8]) {
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(file, bytes).unwrap();
}

const PAGE: usize = 4_096;
