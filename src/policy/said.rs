//! What policy files say, each setting with the line that says it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::domain::certificate::Purpose;
use crate::domain::dn::DistinguishedName;
use crate::domain::origin::Origin;
use crate::domain::rules::{Access, Keep};
use crate::domain::validation::{Chain, Offline, Revocation};

/// A value, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At<T> {
    /// What is said.
    pub value: T,
    /// In this file …
    pub file: Arc<Path>,
    /// … on this line, counted from 1.
    pub line: usize,
}

/// What files say of each setting: at most once a file, in the order of the files.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "each is the setting of its name, whose words stand in text/policy.rs")]
pub struct Said {
    pub by_users: Vec<At<bool>>,
    pub sites: Vec<Site>,
    pub allow_modules: Vec<At<Vec<PathBuf>>>,
    pub refuse_modules: Vec<At<Vec<PathBuf>>>,
    pub issuers: Vec<At<Vec<DistinguishedName>>>,
    pub rsa_bits: Vec<At<u64>>,
    pub ec_bits: Vec<At<u64>>,
    pub sign_in_with_both: Vec<At<bool>>,
    pub prompt_timeout: Vec<At<u64>>,
    pub batch: Vec<At<u64>>,
    pub keep_login: Vec<At<Keep>>,
    pub chain: Vec<At<Chain>>,
    pub revocation: Vec<At<Revocation>>,
    pub offline: Vec<At<Offline>>,
    pub timeout: Vec<At<u64>>,
    pub cache: Vec<At<u64>>,
    pub rotate_rows: Vec<At<u64>>,
    pub keep_days: Vec<At<u64>>,
    pub most_megabytes: Vec<At<u64>>,
    pub journald: Vec<At<bool>>,
    pub syslog: Vec<At<String>>,
}

/// One `[[sites]]`.
#[derive(Clone, Debug)]
pub struct Site {
    /// Which.
    pub origin: At<Origin>,
    /// Whether it may ask.
    pub access: At<Access>,
    /// Only with certificates of these issuers.
    pub issuers: Option<At<Vec<DistinguishedName>>>,
    /// Only for these.
    pub purposes: Option<At<Vec<Purpose>>>,
}

impl<T> At<T> {
    /// `FILE:LINE`.
    pub fn place(&self) -> String {
        format!("{}:{}", self.file.display(), self.line)
    }
}

impl Said {
    /// What this site is told, in the order of the files.
    pub fn of<'a>(&'a self, origin: &'a Origin) -> impl Iterator<Item = &'a Site> {
        self.sites.iter().filter(move |site| site.origin.value == *origin)
    }

    /// With what another file says.
    pub(super) fn add(&mut self, more: Self) {
        self.by_users.extend(more.by_users);
        self.sites.extend(more.sites);
        self.allow_modules.extend(more.allow_modules);
        self.refuse_modules.extend(more.refuse_modules);
        self.issuers.extend(more.issuers);
        self.rsa_bits.extend(more.rsa_bits);
        self.ec_bits.extend(more.ec_bits);
        self.sign_in_with_both.extend(more.sign_in_with_both);
        self.prompt_timeout.extend(more.prompt_timeout);
        self.batch.extend(more.batch);
        self.keep_login.extend(more.keep_login);
        self.chain.extend(more.chain);
        self.revocation.extend(more.revocation);
        self.offline.extend(more.offline);
        self.timeout.extend(more.timeout);
        self.cache.extend(more.cache);
        self.rotate_rows.extend(more.rotate_rows);
        self.keep_days.extend(more.keep_days);
        self.most_megabytes.extend(more.most_megabytes);
        self.journald.extend(more.journald);
        self.syslog.extend(more.syslog);
    }
}
