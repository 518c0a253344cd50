//! Filled in by the terminal prompt.
