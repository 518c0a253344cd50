//! What a site may do, and which lines decide it.

use super::InForce;
use super::said::{At, Site};
use super::settings::{self, shown};
use crate::domain::origin::Origin;
use crate::domain::rules::Access;
use crate::text::policy::PolicyWords;
use crate::text::{Lang, fill};

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// In words.
    pub what: String,
    /// The lines that decide it, `FILE:LINE`; none where no file does.
    pub by: Vec<String>,
}

/// Whether the site may ask, with which certificates, for what, and within which limits.
pub fn site(policy: &InForce, origin: &Origin, lang: Lang) -> Vec<Answer> {
    let words = PolicyWords::of(lang);
    let sites: Vec<&Site> = policy.said.of(origin).collect();
    let mut answers = vec![access(policy, &sites, origin, words)];
    if policy.rules.access(origin) == Some(Access::Refuse) {
        return answers;
    }
    for list in sites.iter().filter_map(|site| site.issuers.as_ref()) {
        let value = shown(&list.value, |name| name.to_string());
        answers.push(narrowed(words.site_issuers, &value, list));
    }
    for list in sites.iter().filter_map(|site| site.purposes.as_ref()) {
        let value = shown(&list.value, settings::purpose);
        answers.push(narrowed(words.site_purposes, &value, list));
    }
    for decided in settings::decided(&policy.said) {
        if ["certificates.", "limits.", "validation."].iter().any(|part| decided.name.starts_with(part)) {
            let what = format!("{} = {}", decided.name, decided.value);
            answers.push(Answer { what, by: decided.at });
        }
    }
    answers
}

fn access(policy: &InForce, sites: &[&Site], origin: &Origin, words: &PolicyWords) -> Answer {
    let by = |access: Access| -> Vec<String> {
        let deciding = sites.iter().filter(move |site| site.access.value == access);
        deciding.map(|site| site.access.place()).collect()
    };
    let (sentence, by) = match policy.rules.access(origin) {
        Some(Access::Refuse) if sites.is_empty() => {
            let deciding = policy.said.by_users.iter().filter(|said| !said.value);
            (words.may_not_by_users, deciding.map(At::place).collect())
        }
        Some(Access::Refuse) => (words.may_not, by(Access::Refuse)),
        Some(Access::Allow) => (words.may, by(Access::Allow)),
        None if origin.may_pair() => (words.may_if_person, Vec::new()),
        None => (words.may_not_http, Vec::new()),
    };
    Answer { what: fill(sentence, &[("origin", origin.as_str())]).into_owned(), by }
}

fn narrowed<T>(sentence: &str, value: &str, at: &At<T>) -> Answer {
    Answer { what: fill(sentence, &[("list", value)]).into_owned(), by: vec![at.place()] }
}
