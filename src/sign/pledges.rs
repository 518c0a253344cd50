//! PINs that may still come for what was sealed to.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::domain::ports::Tokens;

/// While this lives, PINs may come for the targets that these modules gave out to it.
pub(super) struct Pledges {
    tokens: Arc<dyn Tokens>,
    modules: Mutex<Vec<usize>>,
}

impl Pledges {
    pub(super) fn new(tokens: &Arc<dyn Tokens>) -> Self {
        Self { tokens: Arc::clone(tokens), modules: Mutex::default() }
    }

    /// The module is about to give one out.
    pub(super) fn add(&self, module: usize) {
        let mut modules = self.modules();
        if !modules.contains(&module) {
            modules.push(module);
        }
    }

    /// None will come for another module's any more.
    pub(super) fn keep_only(&self, module: usize) {
        self.modules().retain(|known| {
            if *known != module {
                self.tokens.let_go(*known);
            }
            *known == module
        });
    }

    fn modules(&self) -> MutexGuard<'_, Vec<usize>> {
        self.modules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pledges {
    fn drop(&mut self) {
        self.modules().iter().for_each(|module| self.tokens.let_go(*module));
    }
}
