//! A syslog server, by RFC 5424 over TCP with octets counted (RFC 6587 §3.4.1).
//!
//! Syslog over TCP acknowledges nothing, and what a system's own buffers took may never reach the collector. So each
//! batch has a connection of its own, which we close to one side and which counts once the collector, having read it to
//! its end, closes the other: one that dies with unread bytes resets it instead.

use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Collector;
use crate::domain::forwarding::{Entry, severity};
use crate::domain::ports::BoxFuture;
use crate::domain::retention::syslog_at;
use crate::sys;

/// The server.
#[derive(Debug)]
pub struct Syslog {
    address: String,
    host: String,
}

impl Syslog {
    /// At `HOST:PORT`.
    pub fn at(address: &str) -> Self {
        Self { address: address.to_owned(), host: header(&sys::user::host(), 255) }
    }

    async fn send(&self, bytes: &[u8]) -> io::Result<()> {
        let mut stream = TcpStream::connect(&self.address).await?;
        stream.write_all(bytes).await?;
        stream.shutdown().await?;
        // Whatever it says is not for us; its end is.
        let mut said = [0; 256];
        while stream.read(&mut said).await? > 0 {}
        // One that closed before it read anything has its reset on the way behind that end.
        tokio::time::sleep(AFTERMATH).await;
        stream.take_error()?.map_or(Ok(()), Err)
    }
}

impl Collector for Syslog {
    fn name(&self) -> String {
        syslog_at(&self.address)
    }

    fn deliver<'a>(&'a self, entries: &'a [Entry]) -> BoxFuture<'a, io::Result<()>> {
        let frames: String = entries.iter().map(|entry| frame(entry, &self.host)).collect();
        Box::pin(async move {
            match tokio::time::timeout(PATIENCE, self.send(frames.as_bytes())).await {
                Ok(sent) => sent,
                Err(_) => Err(io::ErrorKind::TimedOut.into()),
            }
        })
    }
}

/// `LENGTH SP MESSAGE`.
fn frame(entry: &Entry, host: &str) -> String {
    let priority = FACILITY * 8 + severity(&entry.kind);
    let kind = header(&entry.kind, 32);
    let process = std::process::id();
    let mut message = format!("<{priority}>1 {} {host} kyso {process} {kind} [{SD_ID}", entry.time);
    for (name, value) in &entry.fields {
        let _ = write!(message, " {name}=\"{}\"", escaped(value));
    }
    let _ = write!(message, "] {kind}");
    format!("{} {message}", message.len())
}

/// RFC 5424 §6.3.3.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for letter in value.chars() {
        if matches!(letter, '"' | '\\' | ']') {
            text.push('\\');
        }
        text.push(letter);
    }
    text
}

/// Printable ASCII, or `-` (RFC 5424 §6).
fn header(text: &str, longest: usize) -> String {
    let kept: String = text.chars().filter(char::is_ascii_graphic).take(longest).collect();
    if kept.is_empty() { "-".to_owned() } else { kept }
}

/// The number is the one for examples (RFC 5612): Kyso has none of its own.
const SD_ID: &str = "kyso@32473";
/// `authpriv`: security messages.
const FACILITY: u8 = 10;
const PATIENCE: Duration = Duration::from_secs(15);
const AFTERMATH: Duration = Duration::from_millis(200);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_counted_in_octets_and_escaped() {
        let entry = Entry {
            sequence: 7,
            time: "2026-11-26T17:25:46.999Z".to_owned(),
            kind: "failed".to_owned(),
            fields: vec![("caller", "a\"]\\é".to_owned())],
        };
        let frame = frame(&entry, "desk");
        let (count, message) = frame.split_once(' ').expect("a count");
        assert_eq!(count.parse(), Ok(message.len()));
        let process = std::process::id();
        assert_eq!(
            message,
            format!(
                "<84>1 2026-11-26T17:25:46.999Z desk kyso {process} failed [kyso@32473 caller=\"a\\\"\\]\\\\é\"] failed"
            )
        );
        assert_eq!(header("desk 1", 255), "desk1");
        assert_eq!(header("\u{7f}", 255), "-");
    }
}
