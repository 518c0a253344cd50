//! One PKCS#11 module, from the inside of the token host.

mod batch;
mod describe;
mod error;
mod info;
mod kept;
mod key;
mod load;
pub(super) mod login;
mod objects;
pub(super) mod pin;
mod places;
mod raw;
pub(super) mod sign;

pub(super) use load::Module;
