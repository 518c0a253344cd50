//! Each setting of the policy has a test that lays it down, and looks at what an agent then does.

use crate::support::scripts::root;

/// A setting, the file of its test under `tests/it`, and the function there whose policy file lays it down.
const TRIED: [(&str, &str, &str); 24] = [
    ("pairing.by_users", "policy.rs", "users_let_in_no_sites_where_policy_says_so"),
    ("sites.origin", "policy.rs", "r25_an_http_origin_pairs_only_where_policy_names_it"),
    ("sites.access", "policy.rs", "a_refused_site_may_not_ask"),
    ("sites.issuers", "policy.rs", "a_site_sees_and_uses_the_certificates_that_are_its_own"),
    ("sites.purposes", "policy.rs", "a_site_sees_and_uses_the_certificates_that_are_its_own"),
    ("modules.allow", "policy/commands.rs", "modules_are_used_as_policy_lets_them"),
    ("modules.refuse", "policy/commands.rs", "modules_are_used_as_policy_lets_them"),
    ("certificates.issuers", "policy.rs", "only_certificates_of_these_issuers_sign"),
    ("certificates.rsa_bits", "policy.rs", "keys_that_are_too_small_do_not_sign"),
    ("certificates.ec_bits", "policy.rs", "keys_that_are_too_small_do_not_sign"),
    (
        "certificates.sign_in_with_both",
        "policy/both.rs",
        "a_certificate_for_both_signs_in_where_the_machines_policy_lets_it",
    ),
    ("limits.prompt_timeout", "policy.rs", "a_prompt_stays_no_longer_than_policy_lets_it"),
    ("limits.batch", "policy.rs", "a_request_holds_no_more_than_policy_lets_it"),
    ("limits.keep_login", "process/kept.rs", "r38_the_machines_policy_has_the_last_word"),
    ("validation.chain", "validity/machine.rs", "chain"),
    ("validation.revocation", "validity/machine.rs", "revocation"),
    ("validation.offline", "validity/machine.rs", "offline"),
    ("validation.timeout", "validity/machine.rs", "timeout"),
    ("validation.cache", "validity/machine.rs", "cache"),
    ("log.rotate_rows", "policy/log.rs", "rotate_rows_begins_a_new_file"),
    ("log.keep_days", "policy/log.rs", "keep_days_removes_what_is_older"),
    ("log.most_megabytes", "policy/log.rs", "most_megabytes_refuses_to_sign"),
    ("log.forward.journald", "policy/log.rs", "the_journal_is_told"),
    ("log.forward.syslog", "policy/log.rs", "a_syslog_server_is_told"),
];

#[test]
fn no_setting_goes_untried() {
    let known = kyso::policy::settings::ALL.map(|(name, _)| name);
    assert_eq!(TRIED.map(|(setting, ..)| setting), known, "one line for each setting");
    for (setting, file, test) in TRIED {
        let source = std::fs::read_to_string(root().join("tests/it").join(file)).unwrap();
        let body = function(&source, test).unwrap_or_else(|| panic!("{setting}: {file} has no {test}"));
        let laid_down = literals(body).iter().any(|text| lays_down(text, setting));
        assert!(laid_down, "{setting}: no policy file of {test} in {file} lays it down");
    }
}

#[test]
fn a_setting_is_told_from_others_of_its_name() {
    for (text, setting, is_it) in [
        ("[validation]\nchain = {x}\ntimeout = 1\n", "validation.timeout", true),
        ("[limits]\nprompt_timeout = 10\n", "limits.timeout", false),
        ("timeout = 1\n", "validation.timeout", false),
        ("[validation]\n[limits]\ntimeout = 1\n", "validation.timeout", false),
        ("[certificates]\nissuers = []\n", "sites.issuers", false),
        ("[[sites]]\norigin = \"x\"\nissuers = []\n", "sites.issuers", true),
        ("[[sites]]\nissuers = []\n", "certificates.issuers", false),
        ("[log]\nsyslog = \"\"\n", "log.forward.syslog", false),
    ] {
        assert_eq!(lays_down(text, setting), is_it, "{setting} in {text}");
    }
    let source =
        "fn other() {\n    \"[a]\\nb = 1\"\n}\n\nfn one() {\n    \"[c]\\n\\\n     d = \\\"{x}\\\"\"\n}\n";
    assert_eq!(literals(function(source, "one").unwrap()), ["[c]\nd = \"{x}\""]);
    assert_eq!(function(source, "on"), None);
}

/// From its name to the end of its body.
fn function<'a>(source: &'a str, name: &str) -> Option<&'a str> {
    let from = source.find(&format!("fn {name}("))?;
    let to = source[from..].find("\n}\n")?;
    Some(&source[from..from + to])
}

/// The strings in it as the program sees them, but for what `format!` puts in.
fn literals(code: &str) -> Vec<String> {
    let (mut found, mut letters) = (Vec::new(), code.chars().peekable());
    while letters.any(|letter| letter == '"') {
        let mut text = String::new();
        while let Some(letter) = letters.next().filter(|letter| *letter != '"') {
            match (letter, letters.peek()) {
                ('\\', Some('\n')) => while letters.next_if(|next| next.is_whitespace()).is_some() {},
                ('\\', Some('n')) => {
                    letters.next();
                    text.push('\n');
                }
                ('\\', Some(_)) => text.extend(letters.next()),
                _ => text.push(letter),
            }
        }
        found.push(text);
    }
    found
}

/// Whether this text of a policy file has the setting, in its own table.
fn lays_down(text: &str, setting: &str) -> bool {
    let (table, key) = setting.rsplit_once('.').unwrap();
    let mut within = "";
    text.lines().map(str::trim).any(|line| {
        if line.starts_with('[') {
            within = line.trim_matches(['[', ']']);
        }
        within == table && line.split_once('=').is_some_and(|(name, _)| name.trim() == key)
    })
}
