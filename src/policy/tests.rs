use std::path::Path;
use std::sync::Arc;

use super::fault::What;
use super::said::Said;
use super::{read, settings, settle};
use crate::config::Misread;
use crate::domain::kept::KeepLimits;
use crate::domain::rules::{Access, Keep, Rules};
use crate::domain::validation::{Chain, Offline, Revocation};
use crate::text::Lang;

fn said(files: &[&str]) -> Said {
    let mut said = Said::default();
    for (number, text) in files.iter().enumerate() {
        let file: Arc<Path> = Arc::from(Path::new(&format!("/p/{number}.toml")));
        said.add(read::said(text, &file).unwrap_or_else(|faults| panic!("{text}: {faults:?}")));
    }
    said
}

fn rules(files: &[&str]) -> Rules {
    settle::rules(&said(files))
}

fn faults(text: &str, lang: Lang) -> Vec<String> {
    let file: Arc<Path> = Arc::from(Path::new("/p.toml"));
    let faults = read::said(text, &file).expect_err(text);
    faults.iter().map(|fault| fault.told(lang)).collect()
}

#[test]
fn an_empty_file_narrows_nothing() {
    assert_eq!(rules(&[""]), Rules::default());
    assert_eq!(rules(&[]), Rules::default());
}

/// The example that is installed shows every setting, with what it says where it is left out.
#[test]
fn the_example_names_every_setting_and_changes_nothing() {
    let example = include_str!("../../packaging/policy.toml");
    assert_eq!(rules(&[example]), Rules::default(), "all is commented out");
    let shown: String =
        example.lines().map(|line| format!("{}\n", line.strip_prefix("# ").unwrap_or(line))).collect();
    let used: String =
        shown.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect();
    let said = said(&[&used]);
    for decided in settings::decided(&said) {
        assert!(settings::ALL.iter().any(|(name, _)| *name == decided.name), "{decided:?}");
    }
    for (name, _) in settings::ALL.iter().filter(|(name, _)| !name.starts_with("sites.")) {
        assert!(
            settings::decided(&said).iter().any(|decided| decided.name == *name),
            "no {name} in the example"
        );
    }
    let site = &said.sites[0];
    assert!(site.issuers.is_some() && site.purposes.is_some());
}

#[test]
fn the_strictest_of_two_files_decides() {
    let strict = "pairing.by_users = false\n[certificates]\nrsa_bits = 3072\nec_bits = 384\nsign_in_with_both = false\n\
        [limits]\nprompt_timeout = 30\nbatch = 5\nkeep_login = { idle = 60, most = 600 }\n\
        [validation]\nchain = \"require\"\nrevocation = \"ocsp\"\noffline = \"refuse\"\ntimeout = 3\ncache = 60\n\
        [log]\nrotate_rows = 50\nkeep_days = 4000\nmost_megabytes = 10\nforward.journald = true\nforward.syslog = \"a:601\"\n";
    let loose = "pairing.by_users = true\n[certificates]\nrsa_bits = 2048\nec_bits = 256\nsign_in_with_both = true\n\
        [limits]\nprompt_timeout = 300\nbatch = 100\nkeep_login = { idle = 30, most = 7200 }\n\
        [validation]\nchain = \"warn\"\nrevocation = \"any\"\noffline = \"warn\"\ntimeout = 10\ncache = 600\n\
        [log]\nrotate_rows = 500\nkeep_days = 400\nmost_megabytes = 100\nforward.journald = false\nforward.syslog = \"\"\n";
    for order in [[strict, loose], [loose, strict]] {
        let rules = rules(&order);
        assert!(!rules.by_users && !rules.certificates.sign_in_with_both);
        assert_eq!((rules.certificates.rsa_bits, rules.certificates.ec_bits), (3_072, 384));
        assert_eq!((rules.limits.prompt_timeout.as_secs(), rules.limits.batch), (30, 5));
        assert_eq!(rules.limits.keep_login, Keep::Most(KeepLimits::new(30, 600).expect("limits")));
        let validation = rules.validation;
        assert_eq!((validation.chain, validation.revocation), (Chain::Require, Revocation::Ocsp));
        assert_eq!(validation.offline, Offline::Refuse);
        assert_eq!((validation.timeout.as_secs(), validation.cache.as_secs()), (3, 60));
        assert_eq!((rules.log.rotate_rows, rules.log.keep_days, rules.log.most_megabytes), (50, 4_000, 10));
        assert!(rules.log.forward.journald);
        assert_eq!(rules.log.forward.syslog.as_deref(), Some("a:601"));
    }
    let never = rules(&["limits.keep_login = false", "limits.keep_login = { idle = 300, most = 7200 }"]);
    assert_eq!(never.limits.keep_login, Keep::Never);
    let disagree = said(&["log.forward.syslog = \"a:1\"", "log.forward.syslog = \"b:1\""]);
    assert_eq!(settle::disagreements(&disagree).len(), 1);
}

#[test]
fn refusals_win_and_sites_add_up() {
    let site = |origin: &str, access: &str, more: &str| {
        format!("[[sites]]\norigin = \"{origin}\"\naccess = \"{access}\"\n{more}\n")
    };
    let first = site("https://a.vn", "allow", "issuers = [\"CN=x\"]\npurposes = [\"sign\", \"sign_in\"]")
        + &site("https://b.vn", "allow", "");
    let second = site("https://a.vn", "allow", "issuers = [\"CN=y\"]\npurposes = [\"sign\"]")
        + &site("https://b.vn", "refuse", "")
        + &site("http://c.vn", "allow", "");
    let rules = rules(&[&first, &second]);
    let at = |origin: &str| &rules.sites[&origin.parse().expect("an origin")];
    assert_eq!((at("https://a.vn").access, at("https://b.vn").access), (Access::Allow, Access::Refuse));
    assert_eq!((at("http://c.vn").access, rules.sites.len()), (Access::Allow, 3));
    assert_eq!(at("https://a.vn").issuers.0.len(), 2, "a certificate has to be in both lists");
    assert_eq!(at("https://a.vn").purposes.as_ref().map(Vec::len), Some(1));
    let rules = rules_of_modules();
    assert!(rules.modules.admit(Path::new("/m/both.so")));
    for refused in ["/m/one.so", "/m/other.so", "/m/refused.so", "/m/unnamed.so"] {
        assert!(!rules.modules.admit(Path::new(refused)), "{refused}");
    }
}

fn rules_of_modules() -> Rules {
    rules(&[
        "[modules]\nallow = [\"/m/both.so\", \"/m/one.so\", \"/m/refused.so\"]",
        "[modules]\nallow = [\"/m/both.so\", \"/m/other.so\", \"/m/refused.so\"]\nrefuse = [\"/m/refused.so\"]",
    ])
}

#[test]
fn every_fault_is_told_with_its_line() {
    let text = "[pairing]\nby_usrs = false\n[[sites]]\norigin = \"https://A.vn/\"\naccess = \"maybe\"\n\
        [limits]\nbatch = 0\nprompt_timeout = \"x\"\nkeep_login = true\n[certificates]\nissuers = [\n  \"CN=a\",\n  \"nobody\"]\n\
        [modules]\nallow = [\"x.so\"]\n[log.forward]\nsyslog = \"collector\"\n[other]\n";
    for lang in Lang::ALL {
        let told = faults(text, lang);
        let lines: Vec<usize> = told
            .iter()
            .map(|told| {
                let rest = told.split_once(if lang == Lang::Vi { "dòng " } else { "line " }).expect(told).1;
                rest.split(' ').next().and_then(|number| number.parse().ok()).expect(told)
            })
            .collect();
        assert_eq!(lines, [2, 4, 5, 7, 8, 9, 13, 15, 17, 18], "{told:?}");
        assert!(
            told[0].contains("by_usrs") && told[0].contains("by_users") && told[0].starts_with("/p.toml: ")
        );
        assert!(told[3].contains("1000") && told[4].contains("«prompt_timeout") || lang == Lang::En);
    }
}

#[test]
fn what_may_not_stand_there() {
    for (text, part) in [
        ("x = 1", "pairing"),
        ("a b", "TOML"),
        ("pairing = 1", "another kind"),
        ("[[sites]]\norigin = \"https://a.vn\"", "'access' is missing"),
        ("[[sites]]\naccess = \"allow\"", "'origin' is missing"),
        (
            "[[sites]]\norigin = \"https://a.vn\"\naccess = \"allow\"\n[[sites]]\norigin = \"https://a.vn\"\naccess = \"refuse\"",
            "names https://a.vn above",
        ),
        ("[[sites]]\norigin = \"https://a.vn\"\naccess = \"allow\"\npurposes = [\"seal\"]", "sign, sign_in"),
        ("limits.keep_login = { idle = 301, most = 60 }", "1 to 300"),
        ("limits.keep_login = { idle = 30 }", "'most' is missing"),
        ("limits.keep_login = { idle = 30, most = 60, pin = 1 }", "'pin'"),
        ("certificates.rsa_bits = 512", "1024"),
        ("certificates.ec_bits = 521", "384"),
        ("limits.prompt_timeout = 601", "600"),
        ("limits.batch = 1001", "1000"),
        ("validation.chain = \"always\"", "off, warn, require"),
        ("validation.revocation = true", "another kind"),
        ("log.keep_days = -1", "36500"),
    ] {
        let told = faults(text, Lang::En);
        assert!(told.iter().any(|told| told.contains(part)), "{text}: {told:?}");
    }
}

/// In both languages each setting has its sentence, and the manual its line.
#[test]
fn no_setting_lacks_its_sentence() {
    for lang in Lang::ALL {
        let page = super::manual::page(lang);
        for (name, about) in settings::ALL {
            let sentence = about(crate::text::settings::SettingWords::of(lang));
            assert!(page.contains(&format!(".B {name}\n")), "{name}");
            assert!(sentence.len() > 20 && page.contains(&super::manual::escaped(sentence)), "{name}");
        }
    }
}

/// What may stand in a table, as the reader says where something else does.
fn known(text: &str) -> Vec<String> {
    let faults = read::said(text, &Arc::from(Path::new("/p.toml"))).expect_err("zz is no setting");
    let names = faults.into_iter().find_map(|fault| {
        let What::Misread(Misread::Unknown(name, known)) = fault.what else { return None };
        (name == "zz").then_some(known)
    });
    names.expect("zz is told of")
}

/// All that is read is in the list of settings, and so in the manual and in what `kyso policy show` prints.
#[test]
fn what_is_read_is_in_the_list() {
    let mut found = Vec::new();
    for table in known("zz = 1") {
        let text =
            if table == "sites" { "[[sites]]\nzz = 1".to_owned() } else { format!("[{table}]\nzz = 1") };
        for name in known(&text) {
            match name.as_str() {
                "forward" => found.extend(
                    known("[log.forward]\nzz = 1").into_iter().map(|key| format!("log.forward.{key}")),
                ),
                name => found.push(format!("{table}.{name}")),
            }
        }
    }
    assert!(found.iter().map(String::as_str).eq(settings::ALL.map(|(name, _)| name)), "{found:?}");
}
