//! The table that lists closed files against what the chain's rows say of them: nothing else stands behind the table.

use super::chain::RECOVERY;
use super::{Broken, Why};
use crate::store::archive::{Closed, FileBody};
use crate::store::body::Body;
use crate::store::read::RowRef;

/// The files so far.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// The closed file that rows come from.
    present: Option<Closed>,
    /// What of it was there.
    seen: Seen,
    /// The one before, which the next row names.
    unnamed: Option<Closed>,
    /// Those that rows name and that should be removed.
    removed: Vec<FileBody>,
    /// Whether the log went on after damage, which may have cost the table some of its rows.
    recovered: bool,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Seen {
    #[default]
    Nothing,
    Start,
    End,
}

impl Files {
    /// The next rows are those of this file.
    pub(super) fn begin(&mut self, closed: &Closed) -> Result<(), Broken> {
        self.end()?;
        self.present = Some(closed.clone());
        Ok(())
    }

    /// Takes the next row, which is one of the chain.
    pub(super) fn add(&mut self, row: RowRef<'_>) -> Result<(), Broken> {
        if self.present.as_ref().is_some_and(|closed| row.sequence > closed.last) {
            self.end()?;
        }
        self.recovered |= row.kind == RECOVERY;
        let named = matches!(row.kind, "rotated" | "removed")
            .then(|| serde_json::from_str::<Body>(row.body).ok()?.file)
            .flatten();
        match self.unnamed.take() {
            // Lost with the damaged file.
            Some(_) if row.kind == RECOVERY => {}
            Some(closed) if row.kind != "rotated" || named != Some(closed.body()) => return not_so(&closed),
            Some(_) => {}
            None => self.removed.extend(named),
        }
        if let Some(closed) = &self.present {
            if self.seen == Seen::Nothing && row.sequence != closed.first {
                return not_so(closed);
            }
            self.seen = Seen::Start;
            if row.sequence == closed.last {
                if row.hash != closed.head || row.time != closed.ended {
                    return not_so(closed);
                }
                self.seen = Seen::End;
            }
        }
        Ok(())
    }

    /// After the last row, of a log whose first row has this number and which lists these files as removed.
    pub(super) fn finish(mut self, first: i64, listed: &[Closed]) -> Result<(), Broken> {
        self.end()?;
        if let Some(closed) = self.unnamed {
            return Err(Broken { sequence: closed.last + 1, why: Why::Truncated });
        }
        let mut next = 1;
        for closed in listed {
            if closed.first < next || closed.last < closed.first || closed.last >= first {
                return not_so(closed);
            }
            next = closed.last + 1;
        }
        for named in &self.removed {
            let listed = listed.iter().find(|closed| Some(closed.first) == named.first);
            if listed.map_or(!self.recovered, |closed| closed.body() != *named) {
                return Err(Broken { sequence: named.first.unwrap_or(first), why: Why::File });
            }
        }
        Ok(())
    }

    /// No more rows of a file come.
    fn end(&mut self) -> Result<(), Broken> {
        let Some(closed) = self.present.take() else { return Ok(()) };
        if std::mem::take(&mut self.seen) != Seen::End || self.unnamed.is_some() {
            return not_so(&closed);
        }
        self.unnamed = Some(closed);
        Ok(())
    }
}

fn not_so(closed: &Closed) -> Result<(), Broken> {
    Err(Broken { sequence: closed.first, why: Why::File })
}
