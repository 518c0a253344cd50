//! The browser's own question whether a page may reach this machine: open, answered, set by an administrator's tool.

use std::net::TcpListener;

use crate::support::agent::rows;
use crate::support::browsing::{Kind, Local, Setup};
use crate::support::desktop::Desktop;
use crate::support::pages::Pages;
use crate::support::simulator::Simulator;
use crate::support::site::Site;

#[test]
fn r23_chromiums_question_is_told_as_such_and_its_answer_taken() {
    r23_the_question_is_told_as_such_and_its_answer_taken(Kind::Chromium);
}

#[test]
fn r23_firefoxs_question_is_told_as_such_and_its_answer_taken() {
    r23_the_question_is_told_as_such_and_its_answer_taken(Kind::Firefox);
}

fn r23_the_question_is_told_as_such_and_its_answer_taken(kind: Kind) {
    let desktop = Desktop::start();
    let (pages, simulator) = (Pages::start(), Simulator::start());
    let display = Some(desktop.display());
    let browser =
        kind.start(Setup { pages: &pages, local: Local::Asks, display, policy: None, programs: None });
    let connect = format!("page.connect({}, {{ signal }})", simulator.port);
    let begin = || browser.run(&format!("page.begin((signal) => {connect})"));
    let state =
        "return navigator.permissions.query({ name: 'loopback-network' }).then((found) => found.state)";
    let is_asked = "return page.states.includes('permission')";

    browser.open(&pages.office());
    assert_eq!(browser.run(state), "prompt");
    begin();
    browser.until(is_asked);
    assert!(browser.run("return page.done").is_null(), "nobody has answered");
    browser.run("page.leave()");
    assert_eq!(browser.until("return page.done")["code"], "permission_pending");

    browser.open(&pages.office());
    begin();
    browser.until(is_asked);
    browser.answer(&desktop, true);
    let done = browser.until("return page.done");
    assert!(done["value"].is_string(), "{done}");
    assert_eq!(browser.run(state), "granted");
    let states = browser.run("return page.states.join()");
    assert_eq!(states, "searching,permission,idle");
    assert_eq!(
        browser.run("return page.outcome(() => page.kyso.pair())"),
        serde_json::json!({ "value": null })
    );
    let before = rows(&simulator.log()).len();

    // Another page, another answer.
    browser.open(&pages.foreign());
    assert_eq!(browser.run(state), "prompt");
    begin();
    browser.until(is_asked);
    browser.answer(&desktop, false);
    assert_eq!(browser.until("return page.done")["code"], "permission_denied");
    assert_eq!(browser.run(state), "denied");
    begin();
    assert_eq!(browser.until("return page.done")["code"], "permission_denied");
    assert_eq!(browser.run("return page.states.join()"), "searching,idle", "nobody is asked twice");
    assert_eq!(rows(&simulator.log()).len(), before, "nothing came through");
}

#[test]
fn r23_what_is_set_for_a_page_of_chromium_holds() {
    r23_what_is_set_for_a_page_holds(Kind::Chromium);
}

#[test]
fn r23_what_is_set_for_a_page_of_firefox_holds() {
    r23_what_is_set_for_a_page_holds(Kind::Firefox);
}

fn r23_what_is_set_for_a_page_holds(kind: Kind) {
    let (pages, simulator) = (Pages::start(), Simulator::start());
    let browser = kind.headless(&pages, Local::Asks);
    browser.open(&pages.office());
    for (state, code) in [("denied", "permission_denied"), ("granted", ""), ("denied", "permission_denied")] {
        browser.permit(state);
        browser.run(&format!("page.begin(() => page.connect({}))", simulator.port));
        let done = browser.until("return page.done");
        assert_eq!(done["code"].as_str().unwrap_or_default(), code, "{state}: {done}");
        assert_eq!(browser.run("return page.states.join()"), "searching,idle", "nobody is asked");
    }
}

#[test]
fn r23_chromium_has_no_kyso_for_a_page_without_tls() {
    r23_a_page_without_tls_is_told_what_it_lacks(Kind::Chromium);
}

#[test]
fn r23_firefox_has_no_kyso_for_a_page_without_tls() {
    r23_a_page_without_tls_is_told_what_it_lacks(Kind::Firefox);
}

/// Where the browser itself says that the page's context is not a secure one.
fn r23_a_page_without_tls_is_told_what_it_lacks(kind: Kind) {
    let (pages, simulator) = (Pages::start(), Simulator::start());
    let before = rows(&simulator.log()).len();
    let browser = kind.headless(&pages, Local::Allows);
    browser.open(&pages.unencrypted());
    assert_eq!(browser.run("return globalThis.isSecureContext"), false);
    browser.run(&format!("page.begin(() => page.connect({}))", simulator.port));
    assert_eq!(browser.until("return page.done")["code"], "insecure_context");
    assert_eq!(rows(&simulator.log()).len(), before, "nothing was asked of the agent");
}

#[test]
fn chromium_asks_a_page_of_this_machine_nothing() {
    a_page_of_this_machine_is_asked_nothing(Kind::Chromium);
}

#[test]
fn firefox_asks_a_page_of_this_machine_nothing() {
    a_page_of_this_machine_is_asked_nothing(Kind::Firefox);
}

/// The permission says `prompt` there for ever, and a program that never answers is no question of the browser's.
fn a_page_of_this_machine_is_asked_nothing(kind: Kind) {
    let (pages, simulator) = (Pages::start(), Simulator::start());
    let site = Site::start(&simulator.root());
    let browser = kind.headless(&pages, Local::Asks);
    browser.go(&site.url);
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for (port, wanted) in [
        (nobody, "not_installed"),
        (silent.local_addr().unwrap().port(), "not_installed"),
        (simulator.port, "http"),
    ] {
        browser.run(&format!(
            "window.found = undefined; window.states = []; \
             const onState = (state) => window.states.push(state); \
             void import('/kyso.js') \
               .then(({{ Kyso }}) => Kyso.connect({{ name: 'x', agent: {{ ports: [{port}] }}, onState }})) \
               .then((kyso) => kyso.transport, (error) => error.code ?? String(error)) \
               .then((found) => (window.found = found))"
        ));
        assert_eq!(browser.until("return window.found"), wanted);
        assert_eq!(browser.run("return window.states.join()"), "searching,idle", "{wanted}");
    }
}
