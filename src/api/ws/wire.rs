//! The stream below a socket. A page that has shown no token may send only so much in one message, whatever it
//! says of its frames' lengths: memory is not for whoever asks first (R19).

use std::io;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;

/// A stream that fails once more is read of it than is left.
#[derive(Debug)]
pub(super) struct Metered<S> {
    stream: S,
    left: Option<usize>,
}

impl<S> Metered<S> {
    /// So many bytes may be read, but for what was read before.
    pub(super) fn new(stream: S, left: usize) -> Self {
        Self { stream, left: Some(left) }
    }

    /// So many bytes from now on; none sets no bound.
    pub(super) fn allow(&mut self, left: Option<usize>) {
        self.left = left;
    }

    /// Gives back what a control frame took.
    pub(super) fn give_back(&mut self, bytes: usize) {
        self.left = self.left.map(|left| left + bytes);
    }

    pub(super) fn into_inner(self) -> S {
        self.stream
    }
}

/// Whether this error is the meter's.
pub(super) fn is_overdrawn(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::FileTooLarge
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.left == Some(0) {
            return Poll::Ready(Err(io::ErrorKind::FileTooLarge.into()));
        }
        let before = buf.filled().len();
        let poll = Pin::new(&mut self.stream).poll_read(cx, buf);
        let read = buf.filled().len() - before;
        // One read too many is at most what the socket's buffer holds.
        self.left = self.left.map(|left| left.saturating_sub(read));
        poll
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
