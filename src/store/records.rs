//! What rows say, for statistics: one pass that proves the chain on its way.

use std::borrow::Cow;
use std::path::Path;

use serde::Deserialize;

use super::StoreError;
use super::clock::{LocalClock, seconds};
use super::read::{Reader, RowRef};
use super::verify;
use super::verify::{Broken, Chain, Expected, Verified};
use crate::domain::certificate::Holder;
use crate::domain::form::SignIn;
use crate::domain::record::{Happened, Record};

/// What reading the whole log found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survey {
    /// How many rows there are.
    pub rows: u64,
    /// How many of them say nothing that is understood.
    pub unclear: u64,
    /// Whether they are one unbroken chain.
    pub proof: Result<Verified, Broken>,
}

/// Reads the whole log as of now, changed or not, and hands over what each row says.
///
/// # Errors
/// The file's.
pub fn survey(
    path: &Path,
    clock: &mut LocalClock,
    mut take: impl FnMut(&Record<'_>),
) -> Result<Survey, StoreError> {
    let reader = Reader::open(path)?;
    let expected = Expected::default();
    let mut chain = None;
    let (mut rows, mut unclear, mut broken, mut damaged) = (0, 0, None, None);
    reader.look_by_file(
        |closed| {
            damaged = damaged.take().or_else(|| verify::whole(closed).err());
            Ok(())
        },
        |row| {
            rows += 1;
            if broken.is_none() {
                broken = chain.get_or_insert_with(|| Chain::of_log(row, &expected)).add(row).err();
            }
            match record(row, None, clock) {
                Some(record) => take(&record),
                None => unclear += 1,
            }
            Ok::<(), StoreError>(())
        },
    )?;
    let chain = chain.unwrap_or_else(|| Chain::from_start(&expected));
    let proof = broken.or(damaged).map_or_else(|| chain.finish(), Err);
    Ok(Survey { rows, unclear, proof })
}

/// What a row says; `facts` is its body where it is known already. Nothing if the row is not understood.
pub(super) fn record<'a>(
    row: RowRef<'a>,
    facts: Option<Facts<'a>>,
    clock: &mut LocalClock,
) -> Option<Record<'a>> {
    let local = clock.show(seconds(row.time)?)?;
    let happened = Happened::of_kind(row.kind);
    let facts = match (facts, happened) {
        // What statistics count is all in the rows of ends.
        (_, Happened::Asked | Happened::Replayed | Happened::Other) => Facts::default(),
        (Some(facts), _) => facts,
        (None, _) => serde_json::from_str(row.body).ok()?,
    };
    Some(Record {
        happened,
        date: local.date,
        hour: local.hour,
        caller: own(facts.caller),
        outcome: own(facts.outcome),
        made: facts.made.unwrap_or_default(),
        wrong_pins: facts.wrong_pins,
        prompt_ms: facts.prompt_ms,
        token_ms: facts.token_ms,
        token: own(facts.token),
        certificate: own(facts.certificate),
        subject: own(facts.subject),
        holder: facts.holder.and_then(|name| Holder::parse(&name.0)),
        expires: own(facts.expires),
        sign_in: facts.form.is_some_and(|form| form.0 == SignIn::NAME),
    })
}

/// The parts of a body that are counted; newer versions may say more.
#[derive(Default, Deserialize)]
pub(super) struct Facts<'a> {
    #[serde(borrow, default)]
    pub(super) caller: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) outcome: Option<Text<'a>>,
    #[serde(default)]
    pub(super) made: Option<u64>,
    #[serde(default)]
    pub(super) wrong_pins: Option<u64>,
    #[serde(default)]
    pub(super) prompt_ms: Option<u64>,
    #[serde(default)]
    pub(super) token_ms: Option<u64>,
    #[serde(borrow, default)]
    pub(super) token: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) certificate: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) subject: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) holder: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) expires: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) form: Option<Text<'a>>,
}

/// Borrowed where JSON needs no unescaping; serde does not borrow an optional `Cow` by itself.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

fn own(text: Option<Text<'_>>) -> Option<Cow<'_, str>> {
    text.map(|text| text.0)
}
