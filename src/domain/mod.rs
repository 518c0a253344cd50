//! What signing means, as values: who asks, what is asked, what the person answered, what happened.
//!
//! No IO, no runtime, no wire formats here. Everything a request needs is parsed into these types
//! once, at the edge; inside, no string is an origin, a digest or a fingerprint.

pub mod activity;
pub mod approval;
pub mod attributes;
pub mod audit;
pub mod caller;
pub mod certificate;
pub mod digest;
pub mod dn;
pub mod error;
pub mod filter;
pub mod form;
pub mod forwarding;
pub mod issuance;
pub mod job;
pub mod kept;
pub mod module;
pub mod origin;
pub mod pin_task;
pub mod policy;
pub mod ports;
pub mod record;
pub mod request;
pub mod retention;
pub mod rules;
pub mod scheme;
pub mod seal;
pub mod subject;
pub mod token;
pub mod validation;
