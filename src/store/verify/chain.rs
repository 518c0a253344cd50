//! Rows as they are read, each against the one before.

use super::{Broken, Expected, Recovered, Signed, Verified, Why};
use crate::domain::audit::Receipt;
use crate::store::archive::FileBody;
use crate::store::body::Body;
use crate::store::chain;
use crate::store::checkpoint;
use crate::store::read::RowRef;

/// The rows so far.
#[derive(Debug)]
pub(in crate::store) struct Chain {
    expected: Expected,
    /// Whether rows before the first one must be declared removed.
    from_one: bool,
    first: i64,
    /// `previous` of the first.
    before: Vec<u8>,
    next: i64,
    previous: Vec<u8>,
    rows: u64,
    signed: Option<Signed>,
    /// Number and hash of the last row of each file that is declared removed.
    removed: Vec<(i64, String)>,
    recovered: Vec<Recovered>,
}

impl Chain {
    /// Of a log from its first row on.
    pub(in crate::store) fn from_start(expected: &Expected) -> Self {
        Self {
            expected: expected.clone(),
            from_one: true,
            first: 1,
            before: chain::START.to_vec(),
            next: 1,
            previous: chain::START.to_vec(),
            rows: 0,
            signed: None,
            removed: Vec::new(),
            recovered: Vec::new(),
        }
    }

    /// Of a log, whose oldest rows may have been removed after their time.
    pub(in crate::store) fn of_log(row: RowRef<'_>, expected: &Expected) -> Self {
        // The very first may be a recovery, which says itself what is lost before it.
        if row.sequence <= 1 || row.kind == RECOVERY {
            return Self::from_start(expected);
        }
        Self {
            first: row.sequence,
            before: row.previous.to_vec(),
            next: row.sequence,
            previous: row.previous.to_vec(),
            ..Self::from_start(expected)
        }
    }

    /// Takes the first row's word for what came before; row 1 has nothing before it.
    pub(in crate::store) fn of_export(row: RowRef<'_>, expected: &Expected) -> Self {
        Self { from_one: false, ..Self::of_log(row, expected) }
    }

    /// The number that the next row should have.
    pub(in crate::store) fn next(&self) -> i64 {
        self.next
    }

    /// Takes the next row; one that is refused changes nothing.
    pub(in crate::store) fn add(&mut self, row: RowRef<'_>) -> Result<(), Broken> {
        let hashed = || chain::hash(row.sequence, row.time, row.kind, row.body, row.previous);
        self.link(row, || row.hash == hashed())
    }

    /// Takes the next row of an export that does not hold all that was hashed: its place alone is proven.
    pub(in crate::store) fn add_unproven(&mut self, row: RowRef<'_>) -> Result<(), Broken> {
        self.link(row, || true)
    }

    fn link(&mut self, row: RowRef<'_>, whole: impl FnOnce() -> bool) -> Result<(), Broken> {
        let sequence = self.next;
        let broken = |why| Err(Broken { sequence, why });
        let file = || serde_json::from_str::<Body>(row.body).unwrap_or_default().file.unwrap_or_default();
        let recovery = (row.kind == RECOVERY).then(file);
        // Numbers are passed over only where the row itself says that theirs are lost.
        let lost = recovery.as_ref().and_then(|file| file.first.zip(file.last));
        if row.sequence != sequence
            && !(row.sequence > sequence && lost == Some((sequence, row.sequence - 1)))
            && !(row.sequence > sequence && recovery.is_some() && row.body.is_empty())
        {
            return broken(Why::Sequence);
        }
        if row.previous != self.previous {
            return broken(Why::Previous);
        }
        if !whole() {
            return broken(Why::Hash);
        }
        let differs =
            |receipt: &Receipt| receipt.sequence == row.sequence && receipt.head[..] != row.hash[..];
        if self.expected.receipts.iter().any(differs) {
            return broken(Why::Receipt);
        }
        match row.kind {
            checkpoint::KIND if !row.body.is_empty() => {
                let body: Body = serde_json::from_str(row.body).unwrap_or_default();
                let signer =
                    body.checkpoint.and_then(|checkpoint| checkpoint.signer(row.sequence - 1, row.previous));
                let Some(key) = signer else { return broken(Why::Checkpoint) };
                self.signed = Some(Signed { sequence: row.sequence, key });
            }
            "removed" => {
                let FileBody { last, head, .. } = file();
                self.removed.extend(last.zip(head));
            }
            _ => {}
        }
        if let Some(file) = recovery {
            self.recovered.push(Recovered { sequence: row.sequence, lost, file: file.name });
        }
        self.previous.clear();
        self.previous.extend_from_slice(row.hash);
        self.next = row.sequence.saturating_add(1);
        self.rows += 1;
        Ok(())
    }

    pub(in crate::store) fn finish(self) -> Result<Verified, Broken> {
        let last = self.next - 1;
        let broken = |sequence, why| Err(Broken { sequence, why });
        let before = hex::encode(&self.before);
        let declared = self.removed.iter().any(|(end, head)| *end == self.first - 1 && *head == before);
        if self.from_one && self.first > 1 && !declared {
            return broken(1, Why::Sequence);
        }
        for Receipt { sequence, .. } in &self.expected.receipts {
            let lost = |recovered: &Recovered| {
                recovered.lost.is_some_and(|(from, to)| (from..=to).contains(sequence))
            };
            if *sequence > last {
                return broken(self.next, Why::Truncated);
            }
            if self.recovered.iter().any(lost) {
                return broken(*sequence, Why::Lost);
            }
            if *sequence < self.first {
                return broken(*sequence, if declared { Why::Removed } else { Why::Receipt });
            }
        }
        match (&self.signed, self.expected.key) {
            (Some(signed), Some(key)) if signed.key != key => return broken(signed.sequence, Why::Key),
            (None, _) if self.expected.signed => return broken(last.max(1), Why::Unsigned),
            _ => {}
        }
        let head = self.previous.try_into().unwrap_or(chain::START);
        let sequence = if self.rows == 0 { 0 } else { last };
        Ok(Verified {
            rows: self.rows,
            first: self.first,
            head: Receipt { sequence, head },
            signed: self.signed,
            removed: declared.then_some(self.first - 1),
            recovered: self.recovered,
        })
    }
}

pub(super) const RECOVERY: &str = "recovery";
