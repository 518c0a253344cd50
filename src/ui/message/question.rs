//! The two questions, as the prompt shows them.

use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;
use time::OffsetDateTime;

use super::form::RawForm;
use super::wire;
use crate::domain::approval::Candidate;
use crate::domain::approval::PairQuestion;
use crate::domain::approval::SignQuestion;
use crate::domain::caller::Caller;
use crate::domain::certificate::CertId;
use crate::domain::certificate::Holder;
use crate::domain::certificate::Unfit;
use crate::domain::digest::Digest;
use crate::domain::digest::DigestAlgorithm;
use crate::domain::form::Form;
use crate::domain::job::Job;
use crate::domain::kept::Keeping;
use crate::domain::origin::Origin;
use crate::domain::request::Item;
use crate::domain::request::Items;
use crate::domain::scheme::Scheme;
use crate::domain::seal::SealTarget;
use crate::domain::token::PinState;
use crate::domain::token::TokenSerial;
use crate::domain::validation::Standing;
use crate::text::Lang;

/// May this be signed. Has at least one item and one choice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawSign", into = "RawSign")]
pub struct Sign {
    /// Language of the prompt.
    pub lang: Lang,
    /// Who asks.
    pub caller: Caller,
    /// What.
    pub items: Items,
    /// In which form the signatures are wanted.
    pub form: Form,
    /// With what it could be signed.
    pub choices: Vec<Choice>,
    /// The person's time.
    pub time: Duration,
    /// How many requests wait behind this one.
    pub waiting: usize,
    /// How often the person said no to this caller; from one on, a no can be for good.
    pub refusals: usize,
}

/// A certificate and its token, in the facts that the prompt shows and the job needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The certificate.
    #[serde(with = "wire::text")]
    pub certificate: CertId,
    /// Whom it names, in one line.
    pub name: String,
    /// The position, where it states one.
    pub title: Option<String>,
    /// The organisation, where it states one.
    pub organisation: Option<String>,
    /// Who issued it, in one line.
    pub issuer: String,
    /// First moment of validity, Unix seconds.
    #[serde(with = "wire::moment")]
    pub not_before: OffsetDateTime,
    /// Last moment of validity, Unix seconds.
    #[serde(with = "wire::moment")]
    pub not_after: OffsetDateTime,
    /// For whom it speaks.
    #[serde(with = "wire::HolderKind")]
    pub holder: Holder,
    /// The token's label.
    pub token: String,
    /// The token's serial number.
    pub serial: String,
    /// `CKA_ID` of the certificate on it.
    #[serde(with = "wire::bytes")]
    pub key: Vec<u8>,
    /// With which scheme it would sign.
    #[serde(with = "wire::SchemeName")]
    pub scheme: Scheme,
    /// What is known of the token's PIN.
    #[serde(with = "wire::Pin")]
    pub pin: PinState,
    /// Why it can't be chosen, if so.
    #[serde(with = "wire::unfit")]
    pub unfit: Option<Unfit>,
    /// Where to seal the PIN to; none if it is unfit or the PIN is typed on the reader.
    #[serde(with = "wire::seal")]
    pub seal: Option<SealTarget>,
    /// Whether its token is logged in already, or could stay so.
    #[serde(default, skip_serializing_if = "is_never", with = "wire::KeepingName")]
    pub keeping: Keeping,
    /// How it stands, as far as that is known.
    #[serde(default, skip_serializing_if = "is_unchecked", with = "wire::text")]
    pub standing: Standing,
}

/// May this site ask from now on. What the page calls itself is not carried: it is not shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// Language of the prompt.
    #[serde(with = "wire::Language")]
    pub lang: Lang,
    /// The site.
    #[serde(with = "wire::text")]
    pub origin: Origin,
    /// The person's time, in milliseconds.
    pub milliseconds: u64,
    /// How many requests wait behind this one.
    pub waiting: usize,
    /// As in [`Sign`].
    pub refusals: usize,
}

impl Sign {
    /// From the agent's question.
    pub fn new(question: &SignQuestion, lang: Lang) -> Self {
        Self {
            lang,
            caller: question.caller.clone(),
            items: question.items.clone(),
            form: question.form.clone(),
            choices: question.candidates.iter().map(Choice::new).collect(),
            time: question.time,
            waiting: question.waiting,
            refusals: question.refusals,
        }
    }

    /// Whether the person is to sign in, and no document is signed.
    pub fn is_sign_in(&self) -> bool {
        matches!(self.form, Form::SignIn(_))
    }

    /// The job that agreeing with this choice approves: what was shown, and nothing else.
    pub fn job(&self, choice: &Choice) -> Job {
        Job {
            certificate: choice.certificate,
            token: TokenSerial(choice.serial.clone()),
            key: choice.key.clone(),
            scheme: choice.scheme,
            digests: self.form.to_sign(self.items.digests(), choice.certificate),
        }
    }
}

impl Choice {
    fn new(candidate: &Candidate) -> Self {
        let certificate = &candidate.certificate;
        Self {
            certificate: certificate.id,
            name: certificate.subject.short().to_owned(),
            title: certificate.subject.title.clone(),
            organisation: certificate.subject.organisation.clone(),
            issuer: certificate.issuer.short().to_owned(),
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            holder: certificate.holder,
            token: candidate.token.label.clone(),
            serial: candidate.token.serial.0.clone(),
            key: certificate.key_id.clone(),
            scheme: candidate.scheme,
            pin: candidate.token.pin,
            unfit: candidate.unfit,
            seal: candidate.seal,
            keeping: candidate.keeping,
            standing: candidate.standing,
        }
    }
}

impl Pair {
    /// From the agent's question.
    pub fn new(question: &PairQuestion, lang: Lang) -> Self {
        let milliseconds = u64::try_from(question.time.as_millis()).unwrap_or(u64::MAX);
        let (origin, waiting) = (question.origin.clone(), question.waiting);
        Self { lang, origin, milliseconds, waiting, refusals: question.refusals }
    }
}

fn is_never(keeping: &Keeping) -> bool {
    *keeping == Keeping::Never
}

fn is_unchecked(standing: &Standing) -> bool {
    *standing == Standing::NotChecked
}

/// [`Sign`] as it stands on the line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSign {
    #[serde(with = "wire::Language")]
    lang: Lang,
    /// None is the command line.
    origin: Option<String>,
    items: Vec<RawItem>,
    #[serde(default, skip_serializing_if = "RawForm::is_raw")]
    form: RawForm,
    choices: Vec<Choice>,
    milliseconds: u64,
    waiting: usize,
    refusals: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawItem {
    name: String,
    #[serde(with = "wire::Algorithm")]
    algorithm: DigestAlgorithm,
    digest: String,
}

impl From<Sign> for RawSign {
    fn from(sign: Sign) -> Self {
        let item = |item: &Item| RawItem {
            name: item.name.clone(),
            algorithm: item.digest.algorithm(),
            digest: hex::encode(item.digest.value()),
        };
        Self {
            lang: sign.lang,
            origin: match sign.caller {
                Caller::CommandLine => None,
                Caller::Web(origin) => Some(origin.to_string()),
            },
            items: sign.items.as_slice().iter().map(item).collect(),
            form: RawForm::from(&sign.form),
            choices: sign.choices,
            milliseconds: u64::try_from(sign.time.as_millis()).unwrap_or(u64::MAX),
            waiting: sign.waiting,
            refusals: sign.refusals,
        }
    }
}

impl TryFrom<RawSign> for Sign {
    type Error = &'static str;

    fn try_from(raw: RawSign) -> Result<Self, &'static str> {
        let caller = match raw.origin {
            None => Caller::CommandLine,
            Some(text) => Caller::Web(text.parse().map_err(|_| "not an origin")?),
        };
        let items = raw.items.into_iter().map(RawItem::parse).collect::<Result<Vec<_>, _>>()?;
        if raw.choices.is_empty() {
            return Err("nothing to sign with");
        }
        let items = Items::new(items).ok_or("no items, too many, or too long a name")?;
        Ok(Self {
            lang: raw.lang,
            form: raw.form.parse(&caller, &items)?,
            caller,
            items,
            choices: raw.choices,
            time: Duration::from_millis(raw.milliseconds),
            waiting: raw.waiting,
            refusals: raw.refusals,
        })
    }
}

impl RawItem {
    fn parse(self) -> Result<Item, &'static str> {
        let value = hex::decode(self.digest).map_err(|_| "digest is not hex")?;
        let digest = Digest::new(self.algorithm, value).map_err(|_| "digest of another length")?;
        Ok(Item { name: self.name, digest })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::ToPrompt;
    use super::super::line;
    use crate::domain::approval::Answer;
    use crate::domain::approval::Consent;
    use crate::domain::certificate::Unfit;
    use crate::domain::kept::KeepLimits;
    use crate::domain::kept::Keeping;
    use crate::domain::seal::SealedPin;
    use crate::domain::token::PinState;
    use crate::ui::sample;

    #[test]
    fn a_question_comes_back_as_it_went() {
        for count in [1, 1_000] {
            let question = ToPrompt::Sign(sample::sign(count));
            assert_eq!(ToPrompt::parse(&line(&question)).unwrap(), question);
        }
    }

    #[test]
    fn the_prompt_approves_the_job_that_the_agent_means() {
        let question = sample::question(3);
        let shown = super::Sign::new(&question, crate::text::Lang::Vi);
        assert_eq!(shown.job(&shown.choices[0]), question.job(&question.candidates[0]));
    }

    #[test]
    fn a_kept_login_and_the_offer_of_one_come_back_as_they_went() {
        let offer = KeepLimits::new(60, 600).map(Keeping::Offered).unwrap();
        for keeping in [Keeping::Never, offer, Keeping::Kept { left: Duration::from_secs(90) }] {
            let mut question = sample::sign(1);
            question.choices[0].keeping = keeping;
            let text = line(&ToPrompt::Sign(question.clone()));
            assert_eq!(ToPrompt::parse(&text).unwrap(), ToPrompt::Sign(question));
        }
        let mut question = sample::sign(1);
        question.choices[0].keeping = offer;
        let longer = line(&ToPrompt::Sign(question)).replace("\"idle\":60", "\"idle\":301");
        assert!(ToPrompt::parse(&longer).is_err(), "no longer than allowed");
    }

    #[test]
    fn a_question_with_a_bad_part_is_none() {
        let good = line(&ToPrompt::Sign(sample::sign(1)));
        for (from, to) in [
            ("https://", "ftp://"),
            ("sha256\"", "md5\""),
            ("\"digest\":\"", "\"digest\":\"00"),
            ("\"waiting\"", "\"approve\":true,\"waiting\""),
        ] {
            let bad = good.replace(from, to);
            assert_ne!(bad, good, "{from}");
            assert!(ToPrompt::parse(&bad).is_err(), "{from} → {to}");
        }
    }

    /// What was not on offer approves nothing (R38).
    #[test]
    fn r38_a_word_alone_approves_only_where_a_login_is_kept() {
        let limits = KeepLimits::new(60, 600).expect("short");
        let kept = Keeping::Kept { left: Duration::from_secs(60) };
        let pin = || SealedPin(vec![1]);
        for (keeping, confirm, keep) in
            [(Keeping::Never, false, false), (Keeping::Offered(limits), false, true), (kept, true, false)]
        {
            let mut question = sample::question(1);
            question.candidates[0].keeping = keeping;
            let approves = |consent| {
                let certificate = question.candidates[0].certificate.id;
                Answer::Allow { certificate, consent }.into_approved(&question).is_some()
            };
            assert_eq!(approves(Consent::Confirm), confirm, "{keeping:?}");
            assert_eq!(approves(Consent::PinToKeep(pin())), keep, "{keeping:?}");
            assert!(approves(Consent::Pin(pin())), "a PIN always does");
            question.candidates[0].unfit = Some(Unfit::Expired);
            let certificate = question.candidates[0].certificate.id;
            let unfit = Answer::Allow { certificate, consent: Consent::Confirm };
            assert!(unfit.into_approved(&question).is_none());
        }
    }

    /// It is shown greyed, with its reason; nothing that a prompt could say makes a job of it.
    #[test]
    fn a_candidate_whose_pin_is_locked_or_must_change_is_never_approved() {
        for pin in [PinState::Locked, PinState::MustChange] {
            let mut question = sample::question(1);
            (question.candidates[0].token.pin, question.candidates[0].seal) = (pin, None);
            let certificate = question.candidates[0].certificate.id;
            let sealed = || SealedPin(vec![1]);
            for consent in
                [Consent::Pin(sealed()), Consent::PinToKeep(sealed()), Consent::Reader, Consent::Confirm]
            {
                let answer = Answer::Allow { certificate, consent };
                assert!(answer.into_approved(&question).is_none(), "{pin:?}");
            }
        }
    }

    #[test]
    fn a_login_ends_for_all_certificates_of_its_token() {
        let mut question = sample::question(1);
        let mut other = question.candidates[0].clone();
        other.token.serial.0.push('x');
        let kept = Keeping::Kept { left: Duration::from_secs(60) };
        question.candidates = vec![question.candidates[0].clone(), question.candidates[0].clone(), other];
        for candidate in &mut question.candidates {
            candidate.keeping = kept;
        }
        question.end_login(question.candidates[0].certificate.id);
        let keepings: Vec<Keeping> = question.candidates.iter().map(|candidate| candidate.keeping).collect();
        assert_eq!(keepings, [Keeping::Never, Keeping::Never, kept]);
    }
}
