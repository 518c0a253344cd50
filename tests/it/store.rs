//! The log and the grants on a real file.

mod agent;
mod audit_command;
mod checkpoints;
mod grants;
mod log;
mod migrations;
mod recovery;
mod rotation;
mod tamper;

use std::time::Duration;

use kyso::domain::audit::{Asked, AuditId, GivenBy, Outcome, Receipt, Signer};
use kyso::domain::caller::Caller;
use kyso::domain::certificate::{CertId, Holder};
use kyso::domain::digest::{Digest, DigestAlgorithm};
use kyso::domain::error::ErrorCode;
use kyso::domain::form::Form;
use kyso::domain::origin::Origin;
use kyso::domain::policy::PairingId;
use kyso::domain::ports::AuditLog;
use kyso::domain::request::{Idempotency, Item, Items, RequestId, SignRequest, Wanted};
use kyso::domain::retention::Rules;
use kyso::domain::scheme::{Encoding, Scheme};
use kyso::domain::token::TokenSerial;
use kyso::store::read::{Range, ReadError, Reader, Row};
use kyso::store::{Store, StoreError, Terms};
use tempfile::TempDir;

/// A folder with the path of a log in it.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("audit.sqlite")
    }

    fn open(&self) -> Store {
        Store::open(&self.path()).unwrap()
    }

    fn try_open(&self) -> Result<Store, StoreError> {
        Store::open(&self.path())
    }

    fn open_with(&self, rules: Rules) -> Store {
        Store::open_on(&self.path(), Terms { rules, notary: None }).unwrap()
    }

    /// The rows as another process sees them.
    fn rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        let reader = Reader::open(&self.path()).unwrap();
        let read: Result<(), ReadError> = reader.each(&Range::default(), |row| {
            rows.push(row);
            Ok(())
        });
        read.unwrap();
        rows
    }

    fn kinds(&self) -> Vec<String> {
        self.rows().into_iter().map(|row| row.kind).collect()
    }

    /// Some requests with their outcomes: ten rows.
    async fn fill(&self) -> Receipt {
        let store = self.open();
        let mut receipt = None;
        for name in ["a", "b", "c", "d", "e"] {
            let id = ask(&store, &request(name)).await;
            receipt = Some(store.close(id, success(), None).await.unwrap());
        }
        receipt.unwrap()
    }
}

fn origin(text: &str) -> Origin {
    text.parse().unwrap()
}

pub(crate) fn request(name: &str) -> SignRequest {
    let digest = Digest::new(DigestAlgorithm::Sha256, vec![7; 32]).unwrap();
    SignRequest {
        id: RequestId::random(),
        caller: Caller::Web(origin("https://vanban.example.vn")),
        wanted: Wanted::Certificate(CertId([3; 32])),
        scheme: Some(Scheme::RsaPss),
        encoding: Encoding::Der,
        items: Items::new(vec![Item { name: name.to_owned(), digest }]).unwrap(),
        form: Form::Raw,
        timeout: Duration::from_secs(60),
        idempotency: None,
    }
}

fn resendable(key: &str, pairing: i64, body: u8) -> SignRequest {
    let idempotency = Idempotency { key: key.to_owned(), pairing: PairingId(pairing), body: [body; 32] };
    SignRequest { idempotency: Some(idempotency), ..request("a") }
}

pub(crate) fn success() -> Outcome {
    Outcome {
        error: None,
        cause: None,
        made: 1,
        signer: Some(Signer {
            certificate: CertId([3; 32]),
            subject: "CN=Nguyễn Thị Ánh,O=UBND,C=VN".to_owned(),
            token: TokenSerial("0123456789abcdef".to_owned()),
            scheme: Scheme::RsaPss,
            holder: Holder::Person,
            expires: time::macros::datetime!(2027-03-01 16:59:59 UTC),
        }),
        consent: Some(GivenBy::Pin),
        wrong_pins: 1,
        validation: None,
        prompt: Duration::from_millis(4_200),
        token: Duration::from_millis(310),
    }
}

pub(crate) fn failure(error: ErrorCode) -> Outcome {
    Outcome {
        error: Some(error),
        cause: Some("CKR_X".to_owned()),
        made: 0,
        signer: None,
        consent: None,
        ..success()
    }
}

async fn ask(store: &Store, request: &SignRequest) -> AuditId {
    let asked = store.ask(request).await.unwrap();
    let Asked::New(id) = asked else {
        panic!("not a new request: {asked:?}");
    };
    id
}
