//! The real programs, as they run on a desk: `kyso` in a terminal, its token host, its prompt.

mod clock;
mod command_line;
mod disk;
pub(crate) mod doctor_module;
mod environment;
mod found;
mod handouts;
mod kept;
mod killed;
mod launch;
mod others;
mod pin;
mod pin_command;
mod setup;
mod starts;
pub(crate) mod watching;
mod windows;

use serde_json::Value;

use crate::support::desk::Desk;
use crate::support::http::{Reply, Request, connect};
use crate::support::terminal::Terminal;

/// What the terminal prompt asks for.
const ASKS_PIN: &str = "Token PIN (Enter: sign, Esc: cancel): ";

/// The page of these tests.
const PAGE: &str = "https://vanban.example.gov.vn";

/// Asks for signatures from another thread; the answer comes when the person has typed.
/// Connected before it returns, so that whoever kills the agent next kills one that was there.
fn ask(port: u16, bearer: &str, body: &Value) -> std::thread::JoinHandle<Option<Reply>> {
    send(port, &Request::new("POST", "/v1/signatures", port, PAGE).bearer(bearer).json(body))
}

/// Sends from another thread.
fn send(port: u16, request: &Request) -> std::thread::JoinHandle<Option<Reply>> {
    let request = request.bytes();
    let mut stream = connect(port);
    std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        stream.write_all(&request).ok()?;
        let mut reply = Vec::new();
        let _ = stream.read_to_end(&mut reply);
        Reply::parse(&reply)
    })
}

/// Ends an agent as a session's end does, and waits for it.
fn stop(agent: &mut Terminal) -> u32 {
    terminate(agent);
    agent.exit_code()
}

/// Asks a program to end.
fn terminate(program: &Terminal) {
    let id = rustix::process::Pid::from_raw(i32::try_from(program.id()).unwrap()).unwrap();
    rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
}

/// Kills a process, as a crash would.
fn kill(id: u32) {
    let id = rustix::process::Pid::from_raw(i32::try_from(id).unwrap()).unwrap();
    rustix::process::kill_process(id, rustix::process::Signal::KILL).unwrap();
}

/// Processes below this one whose command line has this word.
pub(crate) fn descendants(id: u32, word: &str) -> Vec<u32> {
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{id}/task")) else {
        return Vec::new();
    };
    let of =
        |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
    let children: Vec<String> = tasks.filter_map(Result::ok).map(of).collect();
    let children = children.iter().flat_map(|ids| ids.split_whitespace()).filter_map(|id| id.parse().ok());
    let mut found = Vec::new();
    for child in children {
        let line = std::fs::read_to_string(format!("/proc/{child}/cmdline")).unwrap_or_default();
        if line.split('\0').any(|part| part == word) {
            found.push(child);
        }
        found.extend(descendants(child, word));
    }
    found
}

/// Everything that Kyso wrote, whole.
fn written(desk: &Desk) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut folders = vec![desk.folder().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.is_file() {
                bytes.extend(std::fs::read(path).unwrap());
            }
        }
    }
    bytes
}
