//! What a module sees of the process that loaded it.

use std::ffi::CStr;
use std::io::Read;
use std::os::fd::BorrowedFd;
use std::ptr;

use cryptoki_sys::CK_C_INITIALIZE_ARGS;
use rustix::process::Resource;

use crate::note;

/// The string that `C_Initialize` was given beside its flags, as NSS takes one.
///
/// # Safety
/// `arguments` is null or valid, and what is reserved in it is null or a C string.
pub(crate) unsafe fn reserved(arguments: *const CK_C_INITIALIZE_ARGS) {
    let Some(arguments) = (unsafe { arguments.as_ref() }) else { return };
    if !arguments.pReserved.is_null() {
        let text = unsafe { CStr::from_ptr(arguments.pReserved.cast()) };
        note(&format!("reserved {}", text.to_string_lossy()));
    }
}

/// What protects the process: dumps, core files, locked memory, what a child would inherit.
pub(crate) fn protection() {
    note(&format!("pid {}", std::process::id()));
    note(&format!("dumpable {:?}", rustix::process::dumpable_behavior().unwrap()));
    note(&format!("core {:?}", rustix::process::getrlimit(Resource::Core).current));
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    note(status.lines().find(|line| line.starts_with("VmLck")).unwrap());
    let apart = rustix::process::getpgrp() == rustix::process::getpid();
    note(&format!("apart {apart}"));
    // Anything the host did not keep for itself.
    note(&format!("input {}", std::io::stdin().read(&mut [0; 64]).unwrap()));
    for number in 3..256 {
        // SAFETY: a number that is no open file is answered with an error.
        let flags = rustix::io::fcntl_getfd(unsafe { BorrowedFd::borrow_raw(number) });
        if flags.is_ok_and(|flags| !flags.contains(rustix::io::FdFlags::CLOEXEC)) {
            note(&format!("inheritable {number}"));
        }
    }
    for task in std::fs::read_dir("/proc/self/task").unwrap() {
        let children = std::fs::read_to_string(task.unwrap().path().join("children")).unwrap_or_default();
        children.split_whitespace().for_each(|child| note(&format!("child {child}")));
    }
}

/// Looks through all writable memory for the reverse of `KYSO_HOSTILE_TOKEN`.
pub(crate) fn scan(function: &str) {
    let reversed = std::env::var("KYSO_HOSTILE_TOKEN").unwrap().into_bytes();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let mut found = 0;
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let (range, _) = line.split_once(' ').unwrap();
        let (start, end) = range.split_once('-').unwrap();
        let [start, end] = [start, end].map(|address| usize::from_str_radix(address, 16).unwrap());
        // SAFETY: the range is mapped for reading, and the host's other thread only waits for its pipe.
        let bytes =
            unsafe { std::slice::from_raw_parts(ptr::with_exposed_provenance::<u8>(start), end - start) };
        found += occurrences(bytes, &reversed);
    }
    note(&format!("scan {function} {found}"));
}

fn occurrences(bytes: &[u8], reversed: &[u8]) -> usize {
    // Most of memory is empty, and comparing whole pages is fast even without optimisation.
    const PAGE: usize = 4096;
    let starts = (0..bytes.len()).step_by(PAGE);
    let pages = starts.map(|start| &bytes[start..bytes.len().min(start + PAGE + reversed.len() - 1)]);
    pages
        .filter(|page| **page != [0; 2 * PAGE][..page.len()])
        .map(|page| page.windows(reversed.len()).filter(|part| part.iter().rev().eq(reversed)).count())
        .sum()
}
