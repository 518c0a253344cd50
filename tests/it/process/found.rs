//! Modules that nobody configured: p11-kit's files, and what the doctor says of them.

use serde_json::Value;

use super::{PAGE, SECONDS, answer, ask, one, sha256};
use crate::support::desk::Desk;
use crate::support::softhsm::{self, SoftHsm};
