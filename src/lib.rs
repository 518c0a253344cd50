//! Kyso.
pub mod api;
pub mod cli;
pub mod domain;
pub mod sign;
pub mod store;
pub mod sys;
pub mod text;
pub mod token;
pub mod ui;
