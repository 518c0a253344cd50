//! `kyso-simulator`, for the tests of document systems: real API, gate, flow and log; scripted answers, test keys.

mod answers;
mod apart;
mod certificates;
mod process;
mod script;
mod socket;

/// Every test's page is one of its own: what was refused is counted by origin (R22).
fn origin(name: &str) -> String {
    format!("https://{name}.example.gov.vn")
}
