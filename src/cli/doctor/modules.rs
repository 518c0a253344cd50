//! Each library that could have been a token's, and why it is used or not.

use serde_json::{Value, json};

use super::{Finding, Mark};
use crate::domain::token::Snapshot;
use crate::sys::sandbox::Landlock;
use crate::text::Lang;
use crate::text::doctor::DoctorWords;
use crate::text::error::caused;
use crate::text::fill;
use crate::text::modules::ModuleWords;
use crate::token::discovery::vet::Unfit;
use crate::token::discovery::{Candidate, Found, Reason};

/// A configured library that can't be used is wrong; one that was found and left out is only named, since
/// nobody asked for it.
pub(super) fn findings(
    found: &Found,
    configured: bool,
    snapshot: &Snapshot,
    shut_in: &[Option<Landlock>],
    lang: Lang,
) -> Vec<Finding> {
    let (words, own) = (DoctorWords::of(lang), ModuleWords::of(lang));
    if found.modules.is_empty() && found.candidates.iter().all(|candidate| candidate.left_out.is_some()) {
        let none = Finding::wrong(words.modules, words.modules_none.to_owned(), words.module_do);
        let left = found.candidates.iter().map(|candidate| finding(candidate, None, configured, words, own));
        return left.chain([none]).collect();
    }
    // Those that were taken come first, in the order of the modules.
    let mut modules = found.modules.iter().zip(shut_in);
    let all = found.candidates.iter().map(|candidate| {
        let module = if candidate.is_among(configured) { modules.next() } else { None };
        let problem = module.and_then(|(module, _)| {
            let path = module.path.display().to_string();
            let problem = snapshot.problems.iter().find(|problem| problem.path == path)?;
            Some(caused(problem.error.code(), problem.error.cause(), lang))
        });
        let mut finding = finding(candidate, problem, configured, words, own);
        // The sandbox leaves out what is not there, and the library could not write to it later.
        let writable = module.map(|(module, _)| module.settings.writable.as_slice()).unwrap_or_default();
        for folder in writable.iter().filter(|folder| !folder.exists()) {
            let path = folder.display().to_string();
            finding.details.push(fill(own.no_folder, &[("path", &path)]).into_owned());
            finding.mark = Mark::Wrong;
            finding.todo = finding.todo.or(Some(own.no_folder_do));
        }
        if let Some((_, Some(landlock))) = module {
            let (sentence, name) = files(*landlock, own);
            finding.details.push(sentence);
            if let Some(module) = &mut finding.module {
                module["landlock"] = name;
            }
        }
        finding
    });
    all.collect()
}

/// What keeps the library from files that are none of its business; the rest of the sandbox holds in every
/// process that came up.
fn files(landlock: Landlock, own: &'static ModuleWords) -> (String, Value) {
    let (words, value) = match landlock {
        Landlock::On { abi } => (fill(own.shut_in, &[("version", &abi.to_string())]), json!(abi)),
        Landlock::Missing => (own.no_landlock.into(), json!("missing")),
        Landlock::Off => (own.landlock_off.into(), json!("off")),
    };
    let shuts_sockets = matches!(landlock, Landlock::On { abi: SHUTS_SOCKETS.. });
    (if shuts_sockets { words.into_owned() } else { format!("{words} {}", own.sockets) }, value)
}

/// From this version on Landlock is asked to keep a library from named sockets, too.
const SHUTS_SOCKETS: u32 = 9;

fn finding(
    candidate: &Candidate,
    problem: Option<String>,
    configured: bool,
    words: &'static DoctorWords,
    own: &'static ModuleWords,
) -> Finding {
    let (mark, verdict, todo) = match (&candidate.left_out, &problem) {
        (Some(reason), _) => {
            let (verdict, todo) = left_out(reason, own);
            // What to do is always said of what somebody configured.
            let todo = if configured { todo.or(Some(words.module_do)) } else { todo };
            (if configured { Mark::Wrong } else { Mark::Note }, verdict, todo)
        }
        (None, Some(why)) => {
            (Mark::Wrong, fill(own.failed, &[("why", why)]).into_owned(), Some(own.failed_do))
        }
        (None, None) => (Mark::Well, own.taken.to_owned(), None),
    };
    let path = candidate.path.display().to_string();
    let shown = if path.is_empty() { own.no_name } else { &path };
    let what = match (&candidate.vendor, &candidate.used_by) {
        (Some(vendor), Some(used_by)) => {
            fill(own.vendor, &[("path", shown), ("vendor", vendor), ("used_by", used_by)])
        }
        _ => fill(own.plain, &[("path", shown)]),
    };
    let file = candidate.file.as_ref().map(|file| file.display().to_string());
    let named_by = file.as_ref().map(|file| fill(own.named_by, &[("file", file)]).into_owned());
    let reason = candidate.left_out.as_ref().map(Reason::name).or_else(|| problem.as_ref().map(|_| "failed"));
    let module = json!({
        "path": path,
        "vendor": candidate.vendor,
        "used_by": candidate.used_by,
        "file": file,
        "used": mark == Mark::Well,
        "reason": reason,
        "why": verdict,
    });
    let details = [verdict].into_iter().chain(named_by).collect();
    Finding { topic: words.modules, mark, what: what.into_owned(), details, todo, module: Some(module) }
}

/// Why a library is not used, and what to do about it.
pub(in crate::cli) fn left_out(reason: &Reason, own: &'static ModuleWords) -> (String, Option<&'static str>) {
    let with = |sentence: &str, name: &str, value: &str| fill(sentence, &[(name, value)]).into_owned();
    match reason {
        Reason::Unfit(Unfit::Relative) => (own.relative.to_owned(), Some(own.relative_do)),
        Reason::Unfit(Unfit::Gone(why)) => (with(own.missing, "why", why), Some(own.missing_do)),
        Reason::Unfit(Unfit::NoFile) => (own.no_file.to_owned(), None),
        Reason::Unfit(Unfit::Others) => (own.others.to_owned(), Some(own.others_do)),
        Reason::Unfit(Unfit::NoLibrary) => (own.no_library.to_owned(), None),
        Reason::Unfit(Unfit::Machine(machine)) => {
            (with(own.machine, "machine", machine), Some(own.machine_do))
        }
        Reason::Unfit(Unfit::NoFunctionList) => (own.no_pkcs11.to_owned(), None),
        Reason::Elsewhere => (own.elsewhere.to_owned(), Some(own.elsewhere_do)),
        Reason::SwitchedOff => (own.switched_off.to_owned(), None),
        Reason::Trust => (own.trust.to_owned(), None),
        Reason::Remote => (own.remote.to_owned(), None),
        Reason::Proxy => (own.proxy.to_owned(), None),
        Reason::Twice(path) => (with(own.twice, "path", &path.display().to_string()), None),
        Reason::Broken(why) => (with(own.broken, "why", why), Some(own.broken_do)),
        Reason::Policy => (own.policy.to_owned(), Some(own.policy_do)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;

    #[test]
    fn what_a_library_can_still_reach_is_said() {
        for lang in [Lang::Vi, Lang::En] {
            let own = ModuleWords::of(lang);
            let said = |landlock| files(landlock, own).0;
            assert!(!said(Landlock::On { abi: 9 }).contains(own.sockets));
            assert!(said(Landlock::On { abi: 2 }).contains("(Landlock 2)"));
            for landlock in [Landlock::On { abi: 8 }, Landlock::Missing, Landlock::Off] {
                assert!(said(landlock).ends_with(own.sockets), "{landlock:?}");
            }
            let words = [Landlock::On { abi: 9 }, Landlock::Missing, Landlock::Off].map(said);
            assert!(words[0] != words[1] && words[1] != words[2], "{words:?}");
        }
    }
}
