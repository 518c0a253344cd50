//! What can be chosen, and what agreeing seals.

use zeroize::Zeroizing;

use super::*;
use crate::domain::seal::SealingKey;
use crate::text::Lang;
use crate::ui::sample;

fn pin() -> Pin {
    Pin::new(Zeroizing::new(b"123456".to_vec())).unwrap()
}

fn talk(candidates: Vec<crate::domain::approval::Candidate>) -> Talk {
    let mut question = sample::question(2);
    question.candidates = candidates;
    Talk::new(Sign::new(&question, Lang::Vi))
}

#[test]
fn what_was_shown_is_what_is_sealed() {
    let host = SealingKey::generate();
    let mut question = sample::question(2);
    question.candidates[0].seal = Some(SealTarget { key: host.public(), nonce: [5; 32] });
    let mut talk = Talk::new(Sign::new(&question, Lang::Vi));
    let Some(FromPrompt::Sign { certificate, pin: Some(sealed) }) = talk.agree(Some(&pin())) else {
        panic!("no answer");
    };
    let binding = Job::binding(&question.job(question.candidate(certificate).unwrap()).frame());
    assert_eq!(host.open(&sealed, &[5; 32], &binding).unwrap().bytes(), b"123456");
    question.items = sample::question(1).items;
    let other = Job::binding(&question.job(&question.candidates[0]).frame());
    assert!(host.open(&sealed, &[5; 32], &other).is_err());
    assert!(talk.agree(Some(&pin())).is_none(), "one answer to one question");
}

#[test]
fn chooses_only_where_there_is_no_choice() {
    let expired = || {
        let mut candidate = sample::candidate(2, "B");
        candidate.unfit = Some(Unfit::Expired);
        candidate.seal = None;
        candidate
    };
    let fit = |id| sample::candidate(id, "A");
    assert_eq!(talk(vec![fit(1), fit(3)]).means(), Means::Choose);
    assert_eq!(talk(vec![expired(), fit(1)]).means(), Means::Pin);
    assert_eq!(talk(vec![expired()]).means(), Means::Never(Obstacle::Unfit(Unfit::Expired)));
    let mut both = talk(vec![expired(), fit(1), fit(3)]);
    assert!(!both.choose(0) && both.choose(2) && !both.choose(9));
    assert!(both.is_chosen(2));
}

#[test]
fn a_wrong_pin_leads_to_the_last_and_to_none() {
    let mut talk = talk(vec![sample::candidate(1, "A")]);
    let wrong = |pin| ToPrompt::WrongPin {
        certificate: CertId([1; 32]),
        pin,
        seal: SealTarget { key: [1; 32], nonce: [2; 32] },
    };
    assert!(talk.hear(wrong(PinState::FinalTry)) && talk.was_wrong());
    assert_eq!(talk.means(), Means::LastPin);
    assert!(talk.hear(wrong(PinState::Locked)));
    assert_eq!(talk.means(), Means::Never(Obstacle::Locked));
    assert!(talk.agree(Some(&pin())).is_none());
}

/// R40: what was agreed to was no last try.
#[test]
fn r40_a_try_that_has_become_the_last_is_agreed_to_anew() {
    let mut talk = talk(vec![sample::candidate(1, "A")]);
    assert!(talk.agree(Some(&pin())).is_some());
    let seal = SealTarget { key: [1; 32], nonce: [2; 32] };
    let news = ToPrompt::LastTry { certificate: CertId([1; 32]), pin: PinState::FinalTry, seal };
    assert!(talk.hear(news) && !talk.was_wrong(), "nothing was tried");
    assert_eq!((talk.phase, talk.means()), (Phase::Asking, Means::LastPin));
    assert!(talk.agree(Some(&pin())).is_some());
}

#[test]
fn a_wrong_pin_is_the_tokens_whichever_certificate_it_was_for() {
    let mut talk = talk(vec![sample::candidate(1, "A"), sample::candidate(2, "B")]);
    let seal = SealTarget { key: [1; 32], nonce: [2; 32] };
    let wrong = ToPrompt::WrongPin { certificate: CertId([1; 32]), pin: PinState::FinalTry, seal };
    assert!(talk.choose(0) && talk.hear(wrong) && talk.choose(1));
    assert_eq!(talk.means(), Means::LastPin);
    assert_eq!(talk.chosen().and_then(|choice| choice.seal), Some(seal));
}

/// The host can tell whether the wish to keep the login was the person's (R38).
#[test]
fn r38_the_wish_to_keep_a_login_is_sealed_with_the_pin() {
    let host = SealingKey::generate();
    let limits = KeepLimits::new(60, 600).unwrap();
    let mut question = sample::question(1);
    question.candidates[0].seal = Some(SealTarget { key: host.public(), nonce: [5; 32] });
    question.candidates[0].keeping = Keeping::Offered(limits);
    let frame = question.job(&question.candidates[0]).frame();
    let bindings = [Job::binding(&frame), Job::binding_to_keep(&frame, limits)];
    for keep in [false, true] {
        let mut talk = Talk::new(Sign::new(&question, Lang::Vi));
        assert!(!talk.keep, "nobody is made to keep it");
        talk.keep = keep;
        let sealed = match talk.agree(Some(&pin())) {
            Some(FromPrompt::Sign { pin: Some(sealed), .. }) if !keep => sealed,
            Some(FromPrompt::SignAndKeep { pin: Some(sealed), .. }) if keep => sealed,
            answer => panic!("{answer:?}"),
        };
        let opens = bindings.map(|binding| host.open(&sealed, &[5; 32], &binding).is_ok());
        assert_eq!(opens, [!keep, keep]);
    }
}

#[test]
fn r38_a_kept_login_takes_a_word_until_it_has_ended() {
    let mut candidate = sample::candidate(1, "A");
    candidate.keeping = Keeping::Kept { left: std::time::Duration::from_secs(60) };
    let mut talk = talk(vec![candidate]);
    assert_eq!(talk.means(), Means::Confirm);
    assert!(talk.agree(Some(&pin())).is_none(), "no PIN is taken that was not asked for");
    assert!(matches!(talk.agree(None), Some(FromPrompt::Confirm { .. })));
    assert!(talk.hear(ToPrompt::LoginEnded { certificate: CertId([1; 32]) }) && talk.has_ended());
    assert_eq!(talk.means(), Means::Pin);
    assert!(talk.agree(None).is_none());
    assert!(matches!(talk.agree(Some(&pin())), Some(FromPrompt::Sign { pin: Some(_), .. })));
}

#[test]
fn a_reader_takes_no_pin() {
    let mut candidate = sample::candidate(1, "A");
    candidate.seal = None;
    for (state, means) in [
        (PinState::Reader, Means::Reader),
        (PinState::ReaderDoubted, Means::LastReader),
        (PinState::ReaderFinal, Means::LastReader),
    ] {
        candidate.token.pin = state;
        let mut talk = talk(vec![candidate.clone()]);
        assert_eq!(talk.means(), means);
        assert!(talk.agree(Some(&pin())).is_none());
        assert!(matches!(talk.agree(None), Some(FromPrompt::Sign { pin: None, .. })));
    }
}

#[test]
fn what_is_learned_of_a_certificate_is_shown_and_may_bar_it() {
    use crate::domain::validation::Standing;
    let (mut first, second) = (sample::candidate(1, "A"), sample::candidate(2, "B"));
    first.standing = Standing::Checking;
    let mut talk = talk(vec![first, second]);
    assert!(talk.choose(0) && talk.means() == Means::Pin, "nobody waits for it to choose");
    let certificate = CertId([1; 32]);
    let news = |standing, barred| ToPrompt::Standing { certificate, standing, barred };
    assert!(talk.hear(news(Standing::Offline, false)));
    assert_eq!((talk.chosen().unwrap().standing, talk.means()), (Standing::Offline, Means::Pin));
    let revoked = Standing::Revoked { when: time::OffsetDateTime::UNIX_EPOCH };
    assert!(talk.hear(news(revoked, true)));
    assert_eq!(talk.means(), Means::Never(Obstacle::Unfit(Unfit::Barred)));
    assert!(talk.agree(Some(&pin())).is_none());
    assert!(!talk.choose(0) && talk.choose(1) && talk.means() == Means::Pin);
}
