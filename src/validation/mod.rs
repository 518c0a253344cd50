//! How certificates stand before they sign: their path to an anchor of this machine, and what those on it say of
//! revocation. Paths, lists and responses are judged by the crate `certval`, which opens no connection; what it
//! judges is fetched here, from the addresses that the certificates of a valid path name.

pub mod anchors;
mod cache;
mod fetch;
mod path;
mod revocation;
mod signature;
mod silent;
mod when;

use std::path::PathBuf;
use std::sync::Arc;

use time::OffsetDateTime;

use self::cache::Cache;
use self::fetch::Fetcher;
use self::path::Path;
use self::silent::Silent;
use crate::domain::certificate::Certificate;
use crate::domain::ports::BoxFuture;
use crate::domain::ports::Validator;
use crate::domain::validation::Rules;
use crate::domain::validation::Standing;
use crate::log;
use crate::sys::machine::Folder;

/// Where a checker finds anchors and keeps answers, and whom it may ask.
#[derive(Clone, Debug)]
pub struct Places {
    /// Where the machine's administrator keeps anchors.
    pub machine: Folder,
    /// The folder of answers; made when the first is kept.
    pub answers: PathBuf,
    /// Whether an address of this very machine may be asked. No authority's is, so only a test's are.
    pub loopback: bool,
}

/// Looks at certificates as the rules say.
#[derive(Clone, Debug)]
pub struct Checker {
    rules: Rules,
    places: Arc<Places>,
    silent: Silent,
}

impl Checker {
    /// Reads nothing yet: anchors are read for each certificate, so a new one counts from then on.
    pub fn new(rules: Rules, places: Places) -> Self {
        Self { rules, places: Arc::new(places), silent: Silent::default() }
    }

    fn path(&self, certificate: &Certificate) -> Option<Path> {
        let anchors = match anchors::read(&self.places.machine) {
            Ok(anchors) => anchors,
            Err(error) => {
                log::note(format_args!("anchors: {error}"));
                return None;
            }
        };
        let anchors: Vec<Vec<u8>> = anchors.into_iter().map(|anchor| anchor.der).collect();
        Path::find(certificate, &anchors, OffsetDateTime::now_utc())
    }
}

impl Validator for Checker {
    fn rules(&self) -> Rules {
        self.rules
    }

    fn at_once(&self, certificate: &Certificate) -> Standing {
        if !self.rules.want_path() {
            return Standing::NotChecked;
        }
        match self.path(certificate) {
            None => Standing::NoPath,
            Some(_) if self.rules.want_revocation() => Standing::Checking,
            Some(_) => Standing::Good,
        }
    }

    fn verdict(&self, certificate: Arc<Certificate>) -> BoxFuture<'static, Standing> {
        let checker = self.clone();
        Box::pin(async move {
            if !checker.rules.want_revocation() {
                return checker.at_once(&certificate);
            }
            let Some(path) = checker.path(&certificate) else { return Standing::NoPath };
            let asking = revocation::Asking {
                rules: checker.rules,
                fetcher: Fetcher { loopback: checker.places.loopback, patience: checker.rules.timeout },
                cache: Cache { folder: checker.places.answers.clone(), longest: checker.rules.cache },
                silent: checker.silent.clone(),
            };
            asking.ask(Arc::new(path)).await
        })
    }
}
