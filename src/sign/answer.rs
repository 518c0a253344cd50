//! The person's answer, and those who queue up behind it meanwhile.

use tokio::sync::watch;

use super::standing::Standings;
use crate::domain::approval::{Answer, DialogState, SignQuestion};
use crate::domain::error::SignError;
use crate::domain::ports::Dialog;

/// The person's next answer. Until it comes the window shows how many requests wait behind this one, `inside`
/// counting this one, too, and how its certificates stand.
pub(super) async fn wait(
    (question, standings): (&mut SignQuestion, &mut Standings),
    dialog: &mut dyn Dialog,
    inside: &mut watch::Receiver<usize>,
) -> Result<Answer, SignError> {
    loop {
        tokio::select! {
            biased;
            answer = dialog.answer() => return Ok(answer?),
            Ok(()) = inside.changed() => {
                let waiting = inside.borrow_and_update().saturating_sub(1);
                dialog.show(DialogState::Waiting(waiting)).await?;
            }
            news = standings.next() => standings.take(news, question, dialog).await?,
        }
    }
}
