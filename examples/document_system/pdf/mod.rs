//! The PDF part: drafts with empty fields, and updates that are appended to them.
//!
//! A file is never written anew. What is signed, filled or sealed comes behind what was there
//! (ISO 32000-1 §7.5.6), so that an earlier signature still covers the bytes that it was made over; and
//! the fields are there from the draft on, so that nothing but filling them is ever needed afterwards.

pub(crate) mod appearance;
pub(crate) mod canvas;
pub(crate) mod draft;
pub(crate) mod field;
pub(crate) mod font;
pub(crate) mod signatures;
pub(crate) mod update;

/// What goes wrong in a PDF, in the library's words.
pub(crate) type Result<T> = std::result::Result<T, lopdf::Error>;
