//! Waiting for the person's answer, while others queue up behind.

use tokio::sync::watch;

use crate::domain::approval::{Answer, DialogState};
use crate::domain::error::PromptError;
use crate::domain::ports::Dialog;

/// The person's next answer. Until it comes the window shows how many requests wait behind this one; `inside`
/// counts this one, too.
pub(super) async fn wait(
    dialog: &mut dyn Dialog,
    inside: &mut watch::Receiver<usize>,
) -> Result<Answer, PromptError> {
    loop {
        tokio::select! {
            biased;
            answer = dialog.answer() => return answer,
            Ok(()) = inside.changed() => {
                let waiting = inside.borrow_and_update().saturating_sub(1);
                dialog.show(DialogState::Waiting(waiting)).await?;
            }
        }
    }
}
