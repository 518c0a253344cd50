//! PINs that may still come for what was sealed to.

use std::sync::Arc;

use crate::domain::ports::Tokens;

/// While this lives, PINs may come for the targets that tokens gave out.
pub(super) struct Pledges(pub(super) Arc<dyn Tokens>);

impl Drop for Pledges {
    fn drop(&mut self) {
        self.0.let_go();
    }
}
