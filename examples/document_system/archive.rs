//! The documents, and the order in which they are signed: the leader, then number and date, then the seal.
//!
//! What is signed is this server's copy, what is verified is this server's copy, and a file whose new
//! signature does not verify is never kept.

use std::collections::BTreeSet;
use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::SystemTime;

use serde::Serialize;
use time::OffsetDateTime;
use time::UtcOffset;

use crate::pdf::appearance;
use crate::pdf::field::Field;
use crate::pdf::update;
use crate::pdf::update::Prepared;
use crate::refusal::Refusal;
use crate::samples::Draft;
use crate::verify::Anchors;
use crate::verify::Holder;
use crate::verify::Role;
use crate::verify::Verdict;
use crate::verify::chain::Signer;

/// All documents, in memory: each start begins anew.
#[derive(Debug)]
pub(crate) struct Archive(Mutex<Kept>);

#[derive(Debug)]
struct Kept {
    documents: Vec<Document>,
    prepared: VecDeque<Preparation>,
    last_number: u32,
    last_preparation: u64,
}

#[derive(Debug)]
struct Document {
    draft: Draft,
    stage: Stage,
    /// Number and symbol, date; once they are given.
    issued: Option<(String, String)>,
    file: Vec<u8>,
}

/// How far a document has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    /// Waits for the leader.
    Draft,
    /// Waits for number and date.
    Signed,
    /// Waits for the seal.
    Numbered,
    /// Is done.
    Sealed,
}

/// Files that wait for their signatures.
#[derive(Debug)]
struct Preparation {
    id: u64,
    role: Role,
    /// Whose name the files show, DER.
    certificate: Vec<u8>,
    /// Each with its document, and how long that document's file was.
    files: Vec<(usize, usize, Prepared)>,
}

/// A document as lists show it.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    pub(crate) id: usize,
    pub(crate) kind: &'static str,
    pub(crate) about: String,
    /// What Kyso's window calls it.
    pub(crate) title: String,
    pub(crate) to: Option<String>,
    /// The title of the leader who is to sign.
    pub(crate) signatory: &'static str,
    pub(crate) stage: Stage,
    pub(crate) number: Option<String>,
    pub(crate) date: Option<String>,
}

/// What is to be signed: for Kyso, the digest alone.
#[derive(Debug)]
pub(crate) struct ToSign {
    pub(crate) preparation: u64,
    /// Document, its name, SHA-256.
    pub(crate) items: Vec<(usize, String, [u8; 32])>,
}

impl Archive {
    /// With these drafts.
    pub(crate) fn new(drafts: Vec<(Draft, Vec<u8>)>) -> Self {
        let document = |(draft, file)| Document { draft, stage: Stage::Draft, issued: None, file };
        Self(Mutex::new(Kept {
            documents: drafts.into_iter().map(document).collect(),
            prepared: VecDeque::new(),
            last_number: LAST_NUMBER,
            last_preparation: 0,
        }))
    }

    /// All of them.
    pub(crate) fn list(&self) -> Vec<Summary> {
        self.kept().documents.iter().enumerate().map(|(id, document)| document.summary(id)).collect()
    }

    /// One of them, and its file.
    ///
    /// # Errors
    /// [`Refusal::NotFound`].
    pub(crate) fn document(&self, id: usize) -> Result<(Summary, Vec<u8>), Refusal> {
        let kept = self.kept();
        let document = kept.documents.get(id).ok_or(Refusal::NotFound)?;
        Ok((document.summary(id), document.file.clone()))
    }

    /// Makes room in these documents for a signature with this certificate (DER), and shows its holder's name.
    ///
    /// # Errors
    /// Whose turn it is, or whose certificate is needed.
    pub(crate) fn prepare(&self, role: Role, ids: &[usize], certificate: &[u8]) -> Result<ToSign, Refusal> {
        let signer = Signer::read(certificate).ok_or(Refusal::Bad("not a certificate"))?;
        each_once(ids)?;
        if signer.kind != role.holder() {
            return Err(match role.holder() {
                Holder::Person => Refusal::PersonWanted,
                Holder::Organisation => Refusal::OrganisationWanted,
            });
        }
        let mut kept = self.kept();
        let now = vietnam(SystemTime::now());
        let mut files = Vec::new();
        for id in ids {
            let document = kept.documents.get(*id).ok_or(Refusal::NotFound)?;
            document.awaits(role)?;
            let appearance = match role {
                Role::Leader => appearance::signature(&signer.name, now),
                Role::Clerk => appearance::seal(&signer.name, now),
            };
            let prepared = update::prepare(&document.file, role.field(), appearance, &signer.name, now);
            files.push((*id, document.file.len(), prepared.map_err(Refusal::pdf)?));
        }
        let name = |id: usize| kept.documents.get(id).map(|document| document.name()).unwrap_or_default();
        let items = files.iter().map(|(id, _, prepared)| (*id, name(*id), prepared.digest())).collect();
        kept.last_preparation += 1;
        let id = kept.last_preparation;
        kept.prepared.push_back(Preparation { id, role, certificate: certificate.to_vec(), files });
        if kept.prepared.len() > MOST_PREPARED {
            kept.prepared.pop_front();
        }
        Ok(ToSign { preparation: id, items })
    }

    /// Puts signatures where there is room for them, verifies the files, and keeps them: all or none.
    ///
    /// # Errors
    /// [`Refusal::NotValid`] with the first that does not verify; [`Refusal::OtherCertificate`] if it is not by
    /// the one whose name the file shows; [`Refusal::Changed`] if a document is not what it was when the
    /// signature was prepared.
    pub(crate) fn complete(
        &self,
        preparation: u64,
        signatures: &[Vec<u8>],
        anchors: &Anchors,
    ) -> Result<Vec<(usize, Verdict)>, Refusal> {
        let mut kept = self.kept();
        let at = kept.prepared.iter().position(|prepared| prepared.id == preparation);
        let prepared = at.and_then(|at| kept.prepared.remove(at)).ok_or(Refusal::NotFound)?;
        if prepared.files.len() != signatures.len() {
            return Err(Refusal::Bad("one signature for each document"));
        }
        let mut done = Vec::new();
        for ((id, length, file), signature) in prepared.files.iter().zip(signatures) {
            let document = kept.documents.get(*id).ok_or(Refusal::NotFound)?;
            if document.file.len() != *length {
                return Err(Refusal::Changed);
            }
            let file = file.embed(signature).ok_or(Refusal::Bad("a signature that is too large"))?;
            let verdict = anchors.judge(&file, SystemTime::now()).map_err(Refusal::pdf)?;
            if !verdict.valid {
                return Err(Refusal::NotValid(*id, verdict));
            }
            let made = verdict.signatures.iter().find(|found| found.role == prepared.role);
            if made.and_then(|made| made.certificate.as_ref()) != Some(&prepared.certificate) {
                return Err(Refusal::OtherCertificate);
            }
            done.push((*id, file, verdict));
        }
        let mut verdicts = Vec::new();
        for (id, file, verdict) in done {
            if let Some(document) = kept.documents.get_mut(id) {
                document.file = file;
                document.stage = if prepared.role == Role::Leader { Stage::Signed } else { Stage::Sealed };
            }
            verdicts.push((id, verdict));
        }
        Ok(verdicts)
    }

    /// Gives these documents the next numbers and today's date.
    ///
    /// # Errors
    /// Whose turn it is.
    pub(crate) fn number(&self, ids: &[usize]) -> Result<(), Refusal> {
        each_once(ids)?;
        let mut kept = self.kept();
        for id in ids {
            kept.documents.get(*id).ok_or(Refusal::NotFound)?.awaits_number()?;
        }
        let today = vietnam(SystemTime::now());
        let (day, month, year) = (today.day(), u8::from(today.month()), today.year());
        let date = format!("ngày {day:02} tháng {month:02} năm {year}");
        for id in ids {
            kept.last_number += 1;
            let number = kept.last_number.to_string();
            let Some(document) = kept.documents.get_mut(*id) else { continue };
            let values = [(Field::Number, number.as_str()), (Field::Date, date.as_str())];
            document.file = update::fill(&document.file, &values).map_err(Refusal::pdf)?;
            document.stage = Stage::Numbered;
            let date = format!("{day:02}/{month:02}/{year}");
            document.issued = Some((format!("{number}/{}", document.draft.symbol), date));
        }
        Ok(())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Document {
    fn awaits(&self, role: Role) -> Result<(), Refusal> {
        match (role, self.stage) {
            (Role::Leader, Stage::Draft) | (Role::Clerk, Stage::Numbered) => Ok(()),
            (Role::Leader, Stage::Signed | Stage::Numbered | Stage::Sealed)
            | (Role::Clerk, Stage::Sealed) => Err(Refusal::AlreadyDone),
            (Role::Clerk, Stage::Draft) => Err(Refusal::LeaderFirst),
            (Role::Clerk, Stage::Signed) => Err(Refusal::NumberFirst),
        }
    }

    fn awaits_number(&self) -> Result<(), Refusal> {
        match self.stage {
            Stage::Draft => Err(Refusal::LeaderFirst),
            Stage::Signed => Ok(()),
            Stage::Numbered | Stage::Sealed => Err(Refusal::AlreadyDone),
        }
    }

    /// What Kyso's window shows: with the number, once there is one.
    fn name(&self) -> String {
        match &self.issued {
            Some((number, _)) => format!("{} số {number} {}.pdf", self.draft.kind.name(), self.draft.about()),
            None => format!("{}.pdf", self.draft.title()),
        }
    }

    fn summary(&self, id: usize) -> Summary {
        Summary {
            id,
            kind: self.draft.kind.name(),
            about: self.draft.about(),
            title: self.name(),
            to: self.draft.to.clone(),
            signatory: self.draft.signatory[1],
            stage: self.stage,
            number: self.issued.as_ref().map(|(number, _)| number.clone()),
            date: self.issued.as_ref().map(|(_, date)| date.clone()),
        }
    }
}

/// A document that is named twice would take two numbers.
fn each_once(ids: &[usize]) -> Result<(), Refusal> {
    let different: BTreeSet<_> = ids.iter().collect();
    if different.len() == ids.len() { Ok(()) } else { Err(Refusal::Bad("a document is named twice")) }
}

/// A moment by Vietnam's clocks.
fn vietnam(now: SystemTime) -> OffsetDateTime {
    let offset = UtcOffset::from_hms(7, 0, 0).unwrap_or(UtcOffset::UTC);
    OffsetDateTime::from(now).to_offset(offset)
}

/// What the office had given before today.
const LAST_NUMBER: u32 = 2480;
const MOST_PREPARED: usize = 32;
