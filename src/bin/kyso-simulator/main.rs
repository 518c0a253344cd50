//! `kyso-simulator`: Kyso for the tests of document systems. The API, the gate, the flow and the log are the real
//! ones; the token is made of keys in memory, and a script answers in the person's place.
//!
//! All of it is this program's own. The library that the other programs are made of has no part of it, so none of them
//! can be told to approve anything by itself.

mod answer;
mod arguments;
mod authority;
mod keys;
mod person;
mod run;
mod script;
mod token;

fn main() -> std::process::ExitCode {
    run::main()
}
