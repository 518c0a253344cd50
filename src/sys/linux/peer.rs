//! Filled in by the API.
