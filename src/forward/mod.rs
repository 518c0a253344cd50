//! Tells the collectors that an office runs of what the log says: the journal of this machine, a syslog server.
//!
//! Each collector has its own task and its own place in the log, kept in the log's file, and no closed file is removed
//! before that, so nothing is lost while one is away, however long. The place moves on once the collector has taken the
//! rows; whatever ends in between has them told again: at least once, and the row's number and hash tell a repetition.
//! Rows that can't be read any more are told as such, and those after them go on. Signing waits for none of it.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::error::AuditError;
use crate::domain::forwarding::{Entry, Unread};
use crate::domain::ports::{BoxFuture, Feed};
use crate::domain::retention::Forward;
use crate::log;

mod journal;
mod syslog;

pub use journal::Journal;
pub use syslog::Syslog;

/// Whoever is told.
pub trait Collector: Send + Sync {
    /// Names its place in the log.
    fn name(&self) -> String;
    /// Resolves once it has taken all of them; an error, and it may have taken some.
    fn deliver<'a>(&'a self, entries: &'a [Entry]) -> BoxFuture<'a, std::io::Result<()>>;
}

/// Those that the machine's rules name.
pub fn collectors(rules: &Forward) -> Vec<Box<dyn Collector>> {
    let mut all: Vec<Box<dyn Collector>> = Vec::new();
    if rules.journald {
        all.push(Box::new(Journal::system()));
    }
    if let Some(address) = rules.server() {
        all.push(Box::new(Syslog::at(address)));
    }
    all
}

/// Tells this collector, for as long as it is polled.
pub async fn tell(feed: Arc<dyn Feed>, collector: Box<dyn Collector>) {
    let name = collector.name();
    let mut failing = false;
    let mut cursor = loop {
        match feed.cursor(&name).await {
            Ok(cursor) => break cursor,
            Err(AuditError(why)) => {
                if !failing {
                    log::warn(format_args!(
                        "{name}: its place in the log can't be kept: {why}; it is tried again"
                    ));
                }
                failing = true;
                tokio::time::sleep(FIRST_PAUSE).await;
            }
        }
    };
    let mut state = 0;
    loop {
        state = feed.grown(state).await;
        let mut tries = 0;
        loop {
            let heard = match feed.after(cursor, BATCH).await {
                Ok(heard) => heard,
                Err(AuditError(why)) => {
                    if !failing {
                        log::warn(format_args!("{name}: the log can't be read: {why}; it is tried again"));
                    }
                    failing = true;
                    tokio::time::sleep(FIRST_PAUSE).await;
                    continue;
                }
            };
            failing = false;
            if heard.last == cursor {
                break;
            }
            if let Some(Unread { first, last, why }) = &heard.unread {
                // What is in the way for a moment only is no loss.
                tries += 1;
                if tries < TRIES {
                    tokio::time::sleep(FIRST_PAUSE).await;
                    continue;
                }
                log::warn(format_args!(
                    "{name}: rows {first} to {last} of the log can't be read: {why}; it is told so, and what comes after them"
                ));
            }
            tries = 0;
            if !heard.entries.is_empty() {
                insist(&*collector, &name, &heard.entries).await;
            }
            cursor = heard.last;
            // On a full disk they may be told again after a restart.
            let _ = feed.keep(&name, cursor).await;
        }
    }
}

/// Tries until they are taken.
async fn insist(collector: &dyn Collector, name: &str, entries: &[Entry]) {
    let mut pause = FIRST_PAUSE;
    let mut away = false;
    while let Err(error) = collector.deliver(entries).await {
        if !away {
            log::note(format_args!("{name}: {error}; what it has not heard is kept"));
            away = true;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    if away {
        log::note(format_args!("{name}: is back"));
    }
}

/// Rows at a time.
const BATCH: usize = 200;
/// As often rows are looked for before they count as lost.
const TRIES: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
