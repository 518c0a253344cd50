//! Where a PIN is while it is being typed: one fixed block that is never swapped, never grows, and is
//! wiped as it empties (R35).

use std::fmt;

use zeroize::Zeroize;
use zeroize::Zeroizing;

use crate::domain::seal::Pin;

/// A PIN being typed: UTF-8, at most [`Pin::MAX`] bytes.
pub(super) struct PinField {
    /// Unlocks before the block is freed: fields are dropped in order.
    _lock: region::LockGuard,
    bytes: Box<[u8; Pin::MAX]>,
    len: usize,
}

impl PinField {
    /// # Errors
    /// The system locks no memory for this user.
    pub(super) fn new() -> Result<Self, region::Error> {
        let bytes = Box::new([0; Pin::MAX]);
        let lock = region::lock(bytes.as_ptr(), bytes.len())?;
        Ok(Self { _lock: lock, bytes, len: 0 })
    }

    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(self.bytes.get(..self.len).unwrap_or_default()).unwrap_or_default()
    }

    /// Whether it has letters outside ASCII, as a Vietnamese keyboard makes them.
    pub(super) fn has_marks(&self) -> bool {
        !self.as_str().is_ascii()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Inserts at a character's place. False, and nothing changes, if it holds control characters or
    /// does not fit: half a paste is no PIN.
    pub(super) fn insert(&mut self, text: &str, at: usize) -> bool {
        let end = self.len + text.len();
        if end > Pin::MAX || text.chars().any(char::is_control) {
            return false;
        }
        let at = self.byte(at);
        self.bytes.copy_within(at..self.len, at + text.len());
        self.bytes[at..at + text.len()].copy_from_slice(text.as_bytes());
        self.len = end;
        true
    }

    /// Removes the characters from one place to before another.
    pub(super) fn delete(&mut self, from: usize, to: usize) {
        let (from, to) = (self.byte(from), self.byte(to.max(from)));
        self.bytes.copy_within(to..self.len, from);
        let len = self.len - (to - from);
        self.bytes[len..self.len].zeroize();
        self.len = len;
    }

    /// Removes everything.
    pub(super) fn clear(&mut self) {
        self.bytes.zeroize();
        self.len = 0;
    }

    /// The PIN typed, if any; the field is empty afterwards.
    pub(super) fn take(&mut self) -> Option<Pin> {
        let pin = Pin::new(Zeroizing::new(self.as_str().as_bytes().to_vec()));
        self.clear();
        pin
    }

    /// Where a character begins; the end for one past the last.
    fn byte(&self, character: usize) -> usize {
        self.as_str().char_indices().nth(character).map_or(self.len, |(at, _)| at)
    }
}

impl Drop for PinField {
    fn drop(&mut self) {
        self.clear();
    }
}

impl fmt::Debug for PinField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PinField(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deleting_wipes() {
        let mut field = PinField::new().unwrap();
        assert!(field.insert("abcđ9", 0));
        field.delete(1, 5);
        assert_eq!(field.as_str(), "a");
        assert!(field.bytes[1..].iter().all(|byte| *byte == 0));
    }

    #[test]
    fn edits_at_any_place() {
        let mut field = PinField::new().unwrap();
        assert!(field.insert("đ3", 0) && field.insert("12", 1) && field.insert("4", 99));
        assert_eq!(field.as_str(), "đ1234");
        field.delete(3, 1);
        assert_eq!(field.as_str(), "đ1234");
    }

    #[test]
    fn takes_all_or_nothing() {
        let mut field = PinField::new().unwrap();
        assert!(!field.insert(&"1".repeat(256), 0) && !field.insert("1\n", 0));
        assert!(field.is_empty() && field.take().is_none());
        assert!(field.insert(&"1".repeat(255), 0) && !field.insert("2", 0));
        assert_eq!(field.take().unwrap().bytes().len(), 255);
        assert!(field.bytes.iter().all(|byte| *byte == 0));
    }

    #[test]
    fn r35_is_locked_in_memory() {
        let locked = || {
            let status = std::fs::read_to_string("/proc/self/status").unwrap();
            let line = status.lines().find(|line| line.starts_with("VmLck:")).unwrap().to_owned();
            line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
        };
        let _field = PinField::new().unwrap();
        assert!(locked() > 0);
    }
}
