//! Which stores trust the authority in use, and having them do so.

use std::path::Path;

use super::Authority;
use crate::sys::trust::{Kind, Places, Store, TrustError};

/// A store and what it holds of Kyso's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The store.
    pub store: Store,
    /// What it holds, or why that can't be seen.
    pub held: Result<Holding, TrustError>,
}

/// What a store holds of Kyso's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    /// It trusts the authority in use.
    pub current: bool,
    /// Authorities of former times, or ones that are not trusted.
    pub former: Vec<String>,
}

/// Looks into every store of this user's and of the system.
pub fn look(places: &Places, current: Option<&Authority>) -> Vec<Look> {
    let name = current.map(Authority::name);
    let look = |store: Store| {
        let held = store.held().map(|held| {
            let current = held.iter().any(|held| held.trusted && Some(&held.name) == name.as_ref());
            let former = held.into_iter().filter(|held| !held.trusted || Some(&held.name) != name.as_ref());
            Holding { current, former: former.map(|held| held.name).collect() }
        });
        Look { store, held }
    };
    places.browsers().into_iter().chain([places.system()]).map(look).collect()
}

impl Look {
    /// Nothing is to be done about it. Where TLS is on the browsers want the authority; the system's store may
    /// do without it.
    pub fn is_well(&self, on: bool) -> bool {
        let wanted = on && self.store.kind != Kind::System;
        match &self.held {
            Ok(holding) => holding.former.is_empty() && (holding.current || !wanted),
            Err(_) => !wanted,
        }
    }

    /// It holds authorities of former times.
    pub fn holds_former(&self) -> bool {
        self.held.as_ref().is_ok_and(|holding| !holding.former.is_empty())
    }

    /// It holds anything of Kyso's.
    pub fn holds_any(&self) -> bool {
        self.holds_former() || self.held.as_ref().is_ok_and(|holding| holding.current)
    }

    /// It may do without, and does.
    pub fn is_spare(&self) -> bool {
        self.store.kind == Kind::System && !self.holds_any()
    }

    /// Adds the authority in use where it is missing; `file` is where its certificate stands, for those who
    /// add it by hand.
    ///
    /// # Errors
    /// [`TrustError`].
    pub fn add(&self, authority: &Authority, file: &Path) -> Result<(), TrustError> {
        match &self.held {
            Ok(holding) if holding.current => Ok(()),
            Ok(_) => self.store.add(&authority.name(), &authority.pem(), file),
            Err(error) => Err(error.clone()),
        }
    }

    /// Takes every former one out, as far as it goes.
    ///
    /// # Errors
    /// The first [`TrustError`].
    pub fn clean(&self) -> Result<(), TrustError> {
        let holding = self.held.as_ref().map_err(Clone::clone)?;
        let results: Vec<_> = holding.former.iter().map(|name| self.store.remove(name)).collect();
        results.into_iter().collect()
    }
}
