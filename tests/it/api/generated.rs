//! Requests that schemathesis makes up from `openapi.json`, thousands of them, to the simulator: no answer but a documented
//! one, of its schema, and no failure of the server's. `KYSO_LONG=1` makes 10,000.

use std::process::Command;

use crate::support::agent::rows;
use crate::support::figures::print;
use crate::support::scripts;
use crate::support::simulator::Simulator;

#[test]
fn r66_generated_requests_get_documented_answers() {
    let program = scripts::root().join("target/contract/bin/schemathesis");
    assert!(program.exists(), "{} is missing; tests/run.sh makes it", program.display());
    let wanted = if std::env::var_os("KYSO_LONG").is_some() { 10_000 } else { 2_000 };
    let simulator = Simulator::start();
    let page = simulator.page("https://vanban.example.vn");
    let certificates = page.get("/v1/certificates");
    let ids = certificates["certificates"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap());
    let operations = 10;
    let run = Command::new(program)
        .current_dir(simulator.folder())
        .arg("run")
        .arg(scripts::root().join("src/api/openapi.json"))
        .args(["--url", &format!("http://127.0.0.1:{}", simulator.port)])
        .args(["--checks", CHECKS, "--phases", "examples,coverage,fuzzing", "--warnings", "off"])
        .args(["--max-examples", &(wanted / operations).to_string(), "--request-timeout", "60"])
        .args(["--continue-on-failure", "--no-shrink", "--suppress-health-check", "all", "--no-color"])
        .env("SCHEMATHESIS_HOOKS", scripts::root().join("tests/contract/hooks.py"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("KYSO_CERTIFICATES", ids.collect::<Vec<_>>().join(","))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{said}\n{}", String::from_utf8_lossy(&run.stderr));
    let generated =
        said.lines().find_map(|line| line.trim().split_once(" generated")).map(|(count, _)| count);
    let generated: usize = generated.and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("{said}"));
    assert!(generated >= wanted, "{generated} cases: {said}");
    // They were let in and understood, not all refused at the door.
    let log = rows(&simulator.log());
    let signed = log.iter().filter(|(kind, _)| kind == "signed").count();
    print(&format!("{generated} generated requests, each answer documented, {signed} of them signed"));
    assert!(signed >= wanted / 100, "{signed} signed of {generated}");
}

/// Lengths, patterns and formats, too, by the validator that schemathesis has.
#[test]
fn every_example_is_of_its_schema() {
    let run = Command::new(scripts::root().join("target/contract/bin/python"))
        .arg(scripts::root().join("tests/contract/examples.py"))
        .arg(scripts::root().join("src/api/openapi.json"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .expect("target/contract is missing; tests/run.sh makes it");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let held: usize = String::from_utf8_lossy(&run.stdout).trim().parse().unwrap();
    assert!(held > 190, "{held}");
}

const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance";
