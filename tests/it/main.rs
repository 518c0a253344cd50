//! One test binary: linking is what tests spend their time on.
#![allow(clippy::unwrap_used, reason = "a test that can't go on should say where")]
#![allow(missing_docs, reason = "a test's name is its documentation")]

mod api;
mod browser;
mod card;
mod demonstration;
mod documents;
mod flow;
mod forward;
mod office;
mod pdf;
mod policy;
mod process;
mod prompt;
mod report;
mod simulator;
mod source;
mod store;
mod support;
mod tls;
mod token;
mod tray;
mod validity;
mod verify;
