//! The service above a token that signs nonsense.

use std::sync::Arc;

use kyso::domain::caller::Caller;
use kyso::domain::error::{ErrorCode, SignError};
use kyso::domain::filter::Filter;
use kyso::domain::form::Form;
use kyso::domain::ports::{Presence, Tokens};
use kyso::domain::request::{Item, Items, RequestId, SignRequest, Wanted};
use kyso::domain::scheme::Encoding;
use kyso::domain::validation::Unchecked;
use kyso::sign::{Context, Parts, SigningService};
use kyso::store::Store;
use kyso::store::read::{Range, ReadError, Reader};
use tempfile::TempDir;

use super::{Desk, digests};
use crate::support::hostile::Hostile;
use crate::support::person::{Act, Person};
use crate::support::softhsm::SoftHsm;

/// The module's signatures are as long as they should be and verify nowhere.
#[tokio::test(flavor = "multi_thread")]
async fn r32_a_signature_that_does_not_verify_is_not_released() {
    let hostile = Hostile::new();
    let Desk { hub } = Desk::new([hostile.always("")]);
    let folder = TempDir::new().unwrap();
    let log = folder.path().join("audit.sqlite");
    let store = Arc::new(Store::open(&log).unwrap());
    let person = Person::new([Act::Pin(SoftHsm::PIN)]);
    let tokens: Arc<dyn Tokens> = Arc::new(hub);
    let service = SigningService::new(Parts {
        tokens,
        prompter: Arc::new(person.clone()),
        audit: Arc::clone(&store) as _,
        grants: Arc::clone(&store) as _,
        tries: store,
        validator: Arc::new(Unchecked),
        rules: Arc::default(),
    });
    let context = Context { presence: Arc::new(Here), prompter: None, render: |_| Vec::new(), watcher: None };
    let ended = service.sign(request(3), context).await;
    assert!(matches!(ended, Err(SignError::SignatureInvalid { item: 0 })), "{ended:?}");
    assert_eq!(hostile.count("C_Sign"), 3, "the token did sign");
    let code = ErrorCode::SignatureInvalid;
    assert_eq!(person.seen().states.last(), Some(&format!("failed {code}")));

    let mut rows = Vec::new();
    let read: Result<(), ReadError> = Reader::open(&log).unwrap().each(&Range::default(), |row| {
        rows.push(format!("{row:?}"));
        Ok(())
    });
    read.unwrap();
    assert!(rows.last().is_some_and(|row| row.contains(code.as_str())), "{rows:?}");
}

struct Here;

impl Presence for Here {
    fn holds(&self) -> Result<(), SignError> {
        Ok(())
    }
}

fn request(count: usize) -> SignRequest {
    let items = digests(count).into_iter().map(|digest| Item { name: "a.pdf".to_owned(), digest });
    SignRequest {
        id: RequestId::random(),
        caller: Caller::CommandLine,
        wanted: Wanted::Choice(Filter::default()),
        scheme: None,
        encoding: Encoding::Der,
        items: Items::new(items.collect()).unwrap(),
        form: Form::Raw,
        timeout: SignRequest::DEFAULT_TIMEOUT,
        idempotency: None,
    }
}
