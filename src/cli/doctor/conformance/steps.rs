//! What was told of a library's steps, looked up by step.

use std::time::Duration;

use super::mask::Mask;
use super::report::Row;
use crate::domain::error::TokenError;
use crate::token::trace::Mark;
use crate::token::trace::Step;

/// Marks in their order.
pub(super) struct Steps(pub(super) Vec<Mark>);

/// A step that is over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Done<'a> {
    pub(super) took: Duration,
    pub(super) answer: Option<&'a str>,
}

/// What ended a look.
pub(super) struct Failure {
    pub(super) code: &'static str,
    pub(super) cause: String,
}

impl Failure {
    pub(super) fn of(error: &TokenError, mask: &Mask) -> Self {
        Self { code: error.code().as_str(), cause: mask.cause(error.cause()) }
    }
}

impl Steps {
    /// Each time that the step came to its end, in order.
    pub(super) fn all(&self, wanted: Step) -> impl Iterator<Item = Done<'_>> {
        self.0.iter().filter_map(move |mark| match mark {
            Mark::Ended { step, micros, answer } if *step == wanted => {
                Some(Done { took: Duration::from_micros(*micros), answer: answer.as_deref() })
            }
            Mark::Ended { .. } | Mark::Begun(_) => None,
        })
    }

    pub(super) fn last(&self, wanted: Step) -> Option<Done<'_>> {
        self.all(wanted).last()
    }

    /// All the time in these steps.
    pub(super) fn total(&self, wanted: &[Step]) -> Duration {
        wanted.iter().flat_map(|step| self.all(*step)).map(|done| done.took).sum()
    }

    /// The first of these that began and never ended.
    pub(super) fn unfinished(&self, among: &[Step]) -> Option<Step> {
        let begun = |step: Step| self.0.iter().filter(|mark| **mark == Mark::Begun(step)).count();
        among.iter().copied().find(|step| begun(*step) > self.all(*step).count())
    }

    /// The answer of the first of these that failed and did not succeed later.
    pub(super) fn refusal(&self, among: &[Step]) -> Option<&str> {
        among.iter().find_map(|step| self.last(*step)?.answer)
    }

    /// Fills in how a step went: nothing was heard of it, or it ended, or `error` ended it.
    pub(super) fn fill(&self, row: Row, step: Step, error: Option<&Failure>) -> Option<Row> {
        if let Some(done) = self.last(step) {
            let row = row.taking(done.took);
            return Some(match done.answer {
                Some(answer) => row.failed(answer),
                None => row,
            });
        }
        let error = error.filter(|_| self.unfinished(&[step]).is_some())?;
        Some(row.failed(error.code).adding(&error.cause))
    }

    /// These marks cut before each time that a step begins; what comes before the first is left out.
    pub(super) fn each(&self, step: Step) -> Vec<Self> {
        let mut parts: Vec<Self> = Vec::new();
        for mark in &self.0 {
            if *mark == Mark::Begun(step) {
                parts.push(Self(Vec::new()));
            }
            if let Some(part) = parts.last_mut() {
                part.0.push(mark.clone());
            }
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(step: Step, answer: Option<&str>) -> Mark {
        Mark::Ended { step, micros: 1_000, answer: answer.map(str::to_owned) }
    }

    #[test]
    fn a_step_without_an_end_is_where_it_crashed() {
        let mut steps = Steps(vec![
            Mark::Begun(Step::Login),
            ended(Step::Login, Some("C_Login: CKR_PIN_INCORRECT")),
            Mark::Begun(Step::Login),
            ended(Step::Login, None),
            Mark::Begun(Step::Sign),
            ended(Step::Sign, None),
        ]);
        assert_eq!(steps.unfinished(&[Step::Login, Step::Sign]), None);
        assert_eq!(steps.refusal(&[Step::Login]), None, "the second PIN was right");
        steps.0.push(Mark::Begun(Step::Sign));
        assert_eq!(steps.unfinished(&[Step::Login, Step::Sign]), Some(Step::Sign));
        assert_eq!(steps.total(&[Step::Login, Step::Sign]), Duration::from_millis(3));
        assert_eq!(steps.each(Step::Login).len(), 2);
    }
}
